"""Connections that lead only where they may, and that never outlive their deadline."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import httpcore
import httpx

from digest.clock import Clock
from digest.network import Network, may_connect

Resolve = Callable[[str, int], list[str]]
"""Returns every address of a host; raises OSError when there is none."""


class RefusedError(OSError):
    """The host has an address that is not public; nothing was connected."""


def resolve_by_system(host: str, port: int) -> list[str]:
    """Ask the system for all addresses of a host."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Deadline:
    """The moment at which a fetch ends, whatever it is doing then."""

    def __init__(self, seconds: float, *, clock: Clock) -> None:
        self._clock = clock
        self._start = clock.monotonic()
        self._end = self._start + seconds

    def passed(self) -> float:
        """Return the seconds since the start."""
        return self._clock.monotonic() - self._start

    def left(self, *, at_most: float | None = None) -> float:
        """Return the seconds left, never 0; raise TimeoutError when there are none."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left if at_most is None else min(left, at_most)


class GuardedTransport(httpx.BaseTransport):
    """Carries the requests of one fetch; each connection is new, checked and pinned."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext,
        deadline: Deadline,
        connect_timeout: float,
        resolve: Resolve,
        allowed: Sequence[Network],
    ) -> None:
        backend = _Backend(
            deadline=deadline, connect_timeout=connect_timeout, resolve=resolve, allowed=allowed
        )
        # A wide keep-alive pool is slower than closing: it looks at all of them for each request.
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, max_keepalive_connections=0, network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; errors of the wire are those of httpcore."""
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer)
        )

    def close(self) -> None:
        """Close what is still open."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.NetworkBackend):
    """Opens sockets: resolves once, judges every answer, connects to a judged address.

    A name that has one public and one private address is refused whole: the attacker would only
    have to wait for the right one.
    """

    def __init__(
        self,
        *,
        deadline: Deadline,
        connect_timeout: float,
        resolve: Resolve,
        allowed: Sequence[Network],
    ) -> None:
        self._deadline = deadline
        self._connect_timeout = connect_timeout
        self._resolve = resolve
        self._allowed = allowed
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline decides
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in self._addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    address,
                    port,
                    timeout=self._deadline.left(at_most=self._connect_timeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, deadline=self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        found = _resolve_in_time(self._resolve, host, port, deadline=self._deadline)
        for address in found:
            if not may_connect(address, port, allowed=self._allowed):
                raise RefusedError(
                    f"{host} leads to {address}, port {port}, which is not on the open web; "
                    "if you trust it, name its network in [http] allow_networks"
                )
        return found


class _Stream(httpcore.NetworkStream):
    """A socket whose every operation ends at the deadline: a drip cannot hold it open."""

    def __init__(self, stream: httpcore.NetworkStream, *, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        return self._stream.read(max_bytes, timeout=self._deadline.left(at_most=timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._stream.write(buffer, timeout=self._deadline.left(at_most=timeout))

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Shake hands; the certificate must fit the host's name, not its address."""
        left = self._deadline.left(at_most=timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout=left)
        return _Stream(stream, deadline=self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Pass on what the socket knows."""
        return self._stream.get_extra_info(info)


def _resolve_in_time(resolve: Resolve, host: str, port: int, *, deadline: Deadline) -> list[str]:
    """Resolve a name in a thread of its own: the system's resolver cannot be interrupted."""
    found: list[str] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(resolve(host, port))
        except (OSError, ValueError) as error:  # ValueError: a label that IDNA cannot carry
            failures.append(error)

    thread = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if thread.is_alive():
        raise TimeoutError(f"the name {host} was not resolved in time")
    if failures:
        raise httpcore.ConnectError(f"the name has no address: {failures[0]}") from failures[0]
    return found
