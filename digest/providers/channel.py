"""The wire under mail APIs: one HTTP/1.1 connection whose every step has a total time limit."""

import select
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpcore

from digest.clock import Clock
from digest.errors import ConfigurationError, DigestError
from digest.mail.outcome import Stage
from digest.providers.endpoint import ApiSettings, Base
from digest.providers.party import Answer, Request

_MOST_BYTES = 4_000_000  # of an answer
_IDLE_SECONDS = 2.0  # after that the other end may be closing just when a request leaves
_CHUNK = 1 << 18  # bytes of a request that are sent at once


class UnreachedError(DigestError, ConnectionError):
    """No connection: nothing of the request has left. ``ours``: until somebody mends it."""

    def __init__(self, message: str, *, stage: Stage, ours: bool = False) -> None:
        super().__init__(message)
        self.stage = stage
        self.ours = ours


class CutError(DigestError, ConnectionError):
    """No whole answer. ``whole``: all of the request had left, so it may have been obeyed."""

    def __init__(self, message: str, *, whole: bool) -> None:
        super().__init__(message)
        self.whole = whole


class Channel:
    """Asks one API, request by request; a connection that broke is made anew for the next."""

    def __init__(self, base: Base, *, settings: ApiSettings, clock: Clock) -> None:
        self._base = base
        self._settings = settings
        self._turn = _Turn(clock)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls_context(settings) if base.scheme == "https" else None,
            max_connections=1,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_Backend(self._turn, settings=settings),
        )

    def ask(self, request: Request, *, gate: Callable[[], None] = lambda: None) -> Answer:
        """Return the whole answer; raise `UnreachedError` or `CutError` when there is none.

        ``gate`` is called once connected, right before the first byte of the body; what it raises
        comes through, and the request is broken off where nobody can obey it.
        """
        self._turn.begin(self._settings.connect)
        body = _Body(request.parts, turn=self._turn, settings=self._settings, gate=gate)
        try:
            with self._answered(request, body) as answer:
                return Answer(
                    status=answer.status,
                    headers={
                        name.decode("latin-1").lower(): value.decode("latin-1")
                        for name, value in answer.headers
                    },
                    body=b"".join(_bounded(answer.iter_stream())),
                )
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise self._broken(error, body) from error

    @contextmanager
    def _answered(self, request: Request, body: "_Body") -> Iterator[httpcore.Response]:
        base = self._base
        lines = (
            ("Host", base.authority),
            ("User-Agent", "Digest"),
            ("Accept-Encoding", "identity"),
            *((("Content-Length", str(request.size)),) if request.size else ()),
            *request.headers,
        )
        url = httpcore.URL(
            scheme=base.scheme.encode("ascii"),
            host=base.host.encode("ascii"),
            port=base.port,
            target=(base.path + request.target).encode("ascii"),
        )
        with self._pool.stream(
            request.method, url, headers=list(lines), content=iter(body) if request.size else b""
        ) as answer:
            yield answer

    def _broken(self, error: Exception, body: "_Body") -> DigestError:
        reason = str(error) or type(error).__name__
        if not body.began:
            ours = isinstance(self._turn.fault, ssl.SSLCertVerificationError)
            stage = Stage.TLS if self._turn.fault else Stage.CONNECT
            return UnreachedError(f"{self._base.host}: {reason}", stage=stage, ours=ours)
        return CutError(f"{self._base.host}: {reason}", whole=body.whole)

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._pool.close()


class _Turn:
    """The time limit of the step that is under way, and what TLS found wrong in it.

    The HTTP library drops the causes of errors on their way.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._end = 0.0
        self.fault: ssl.SSLError | None = None

    def begin(self, seconds: float) -> None:
        """Begin a step that may take so long."""
        self._end = self._clock.monotonic() + seconds
        self.fault = None

    def left(self) -> float:
        """Return the seconds left; raise TimeoutError when none are."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Body:
    """The body of a request, which knows how far it came."""

    def __init__(
        self,
        parts: Sequence[bytes],
        *,
        turn: _Turn,
        settings: ApiSettings,
        gate: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._turn = turn
        self._settings = settings
        self._gate = gate
        self.began = self.whole = False

    def __iter__(self) -> Iterator[bytes]:
        self._gate()
        self.began = True
        self._turn.begin(self._settings.request)
        yield from _chunks(self._parts)
        self.whole = True
        self._turn.begin(self._settings.answer)


def _chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Join the parts, a few hundred kilobytes at a time."""
    chunk: list[bytes] = []
    size = 0
    for part in parts:
        chunk.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield b"".join(chunk)
            chunk, size = [], 0
    yield b"".join(chunk)


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _MOST_BYTES:
            raise httpcore.RemoteProtocolError("the answer is too large")
        yield chunk


def _tls_context(settings: ApiSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        reason = error.strerror or "not a file of PEM certificates"
        raise ConfigurationError(f"[carrier.api] ca_file: {settings.ca_file}: {reason}") from error


@contextmanager
def _as(network: type[Exception], overdue: type[Exception]) -> Iterator[None]:
    """Turn the system's errors into those that the HTTP library expects of a wire."""
    try:
        yield
    except TimeoutError as error:
        raise overdue("no answer within the time limit") from error
    except (OSError, UnicodeError) as error:
        raise network(_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{error.verify_message} (is the address right, and ca_file?)"
    return getattr(error, "strerror", None) or str(error)


class _Backend(httpcore.NetworkBackend):
    """Opens sockets for the channel."""

    def __init__(self, turn: _Turn, *, settings: ApiSettings) -> None:
        self._turn = turn
        self._settings = settings

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the turn decides
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        with _as(httpcore.ConnectError, httpcore.ConnectTimeout):
            sock = socket.create_connection((host, port), timeout=self._turn.left())
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Stream(sock, turn=self._turn)


class _Stream(httpcore.NetworkStream):
    """A socket, plain or TLS, that looks at the limit of its turn and at no other."""

    def __init__(self, sock: socket.socket, *, turn: _Turn) -> None:
        self._socket = sock
        self._turn = turn

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Read what is there."""
        with _as(httpcore.ReadError, httpcore.ReadTimeout):
            self._socket.settimeout(self._turn.left())
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Write all of it; the library's own way copies what is left at every step."""
        view = memoryview(buffer)
        with _as(httpcore.WriteError, httpcore.WriteTimeout):
            while view:
                self._socket.settimeout(self._turn.left())
                view = view[self._socket.send(view) :]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Shake hands, and check the certificate against the host's name."""
        with _as(httpcore.ConnectError, httpcore.ConnectTimeout):
            self._socket.settimeout(self._turn.left())
            try:
                secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
            except ssl.SSLError as error:
                self._turn.fault = error
                raise
        return _Stream(secured, turn=self._turn)

    def get_extra_info(self, info: str) -> Any:
        """Tell whether the other side closed or spoke unasked."""
        if info == "is_readable":
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(0))
        return None
