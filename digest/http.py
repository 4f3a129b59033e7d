"""The one guarded web client: checked addresses, a total deadline, and bounded bodies."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpcore
import httpx

from digest.clock import Clock
from digest.connection import Deadline, GuardedTransport, RefusedError, Resolve, resolve_by_system
from digest.errors import DigestError
from digest.inflate import DamagedError, TooLargeError, gunzip
from digest.network import networks
from digest.reading import HttpSettings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_SECRET_HEADERS = frozenset({"authorization", "cookie"})
_CHUNK = 65_536  # bytes
_HOST = re.compile(rb"[A-Za-z0-9._:-]+")  # after IDNA; httpx lets brackets and more through
_PORTS = 65_536


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer. ``url`` is where it was found; header names are lower case.

    ``content`` is unfolded, and empty for an error status. ``permanent_url`` is the new address
    when the site says that it moved for good.
    """

    status: int
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    permanent_url: str | None = None


class FetchError(DigestError, OSError):
    """The page could not be had; ``state`` is one word for it, ``retry_after`` is in seconds."""

    def __init__(self, message: str, *, state: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.state = state
        self.retry_after = retry_after


class Client:
    """Fetches pages; one object serves any number of threads."""

    def __init__(
        self,
        settings: HttpSettings,
        *,
        resolve: Resolve = resolve_by_system,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._clock = clock or Clock()
        self._allowed = networks(settings.allow_networks)
        self._tls = httpx.create_ssl_context()

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch a page; raise `FetchError` for anything that is no answer.

        Redirects are followed and every hop is checked like the first. An answer with an error
        status is returned, not raised.
        """
        return self._ask("GET", url, headers=headers or {})

    def head(self, url: str) -> Response:
        """Ask for a page's headers alone, as `get` does for all of it."""
        return self._ask("HEAD", url, headers={})

    def post(
        self, url: str, *, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a form, and return the answer as `get` does.

        A redirect is returned, not followed: what the form holds is for this address alone.
        """
        kind = {"content-type": "application/x-www-form-urlencoded"}
        content = urlencode(form).encode("ascii")
        return self._ask("POST", url, headers=kind | dict(headers or {}), content=content)

    def _ask(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None = None
    ) -> Response:
        address = _checked(url)
        deadline = Deadline(self._settings.deadline, clock=self._clock)
        transport = GuardedTransport(
            tls=self._tls,
            deadline=deadline,
            connect_timeout=self._settings.connect_timeout,
            resolve=self._resolve,
            allowed=self._allowed,
        )
        try:
            with httpx.Client(transport=transport, trust_env=False) as client:
                return _follow(
                    client,
                    address,
                    headers,
                    settings=self._settings,
                    method=method,
                    content=content,
                )
        except RefusedError as error:
            raise FetchError(str(error), state="address refused") from error
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise FetchError(
                f"{address.host} gave no whole answer within {deadline.passed():.0f} seconds",
                state="timed out",
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            reason = str(error) or type(error).__name__
            raise FetchError(
                f"{address.host} cannot be read ({reason[:200]})", state="unreachable"
            ) from error


def _checked(url: str | httpx.URL) -> httpx.URL:
    """Return the address, or raise when it is not one of the web.

    Names and passwords in an address are refused: they end up in logs and in links.
    """
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError("this is no web address; correct it", state="address refused") from error
    if address.scheme not in {"http", "https"}:
        raise FetchError(
            f"only http and https addresses are read, not {address.scheme or 'a path'!r}",
            state="address refused",
        )
    if not _HOST.fullmatch(address.raw_host) or not 0 < (address.port or 80) < _PORTS:
        raise FetchError("this address names no host; correct it", state="address refused")
    if address.userinfo:
        raise FetchError(
            f"the address at {address.host} carries a name or password; remove it",
            state="address refused",
        )
    return address


def _follow(
    client: httpx.Client,
    address: httpx.URL,
    headers: Mapping[str, str],
    *,
    settings: HttpSettings,
    method: str,
    content: bytes | None,
) -> Response:
    """Ask, and follow redirects up to the cap; none of them with a ``content``."""
    asked = {"accept-encoding": "gzip", "user-agent": settings.user_agent} | dict(headers)
    permanent: httpx.URL | None = None
    only_permanent = True
    for _ in range(settings.max_redirects + 1):
        request = client.build_request(method, address, headers=asked, content=content)
        response = client.send(request, stream=True)
        try:
            found = _headers(response, settings=settings)
            leads_on = response.status_code in _REDIRECTS and "location" in found
            if not leads_on or content is not None:
                return Response(
                    status=response.status_code,
                    url=str(address),
                    headers=found,
                    content=b"" if method == "HEAD" else _body(response, settings=settings),
                    permanent_url=str(permanent) if permanent else None,
                )
        finally:
            response.close()
        target = _target(address, found["location"])
        only_permanent &= response.status_code in _PERMANENT and not _is_downgrade(address, target)
        permanent = target if only_permanent else permanent
        if target.netloc != address.netloc:
            asked = {name: asked[name] for name in asked if name.lower() not in _SECRET_HEADERS}
        address = target
    raise FetchError(
        f"{address.host} sends us on more than {settings.max_redirects} times",
        state="too many redirects",
    )


def _target(address: httpx.URL, location: str) -> httpx.URL:
    try:
        return _checked(address.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(
            f"{address.host} sends us on to something that is no address", state="address refused"
        ) from error


def _is_downgrade(address: httpx.URL, target: httpx.URL) -> bool:
    return address.scheme == "https" and target.scheme == "http"


def _headers(response: httpx.Response, *, settings: HttpSettings) -> dict[str, str]:
    size = sum(len(name) + len(value) for name, value in response.headers.raw)
    if size > settings.max_header_bytes:
        raise FetchError(f"the headers are {size} bytes long", state="too large")
    return {name.lower(): value for name, value in response.headers.items()}


def _body(response: httpx.Response, *, settings: HttpSettings) -> bytes:
    """Read the body of a good answer, as sent, and unfold it within the limit."""
    if not response.is_success:
        return b""
    encoding = response.headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise FetchError(
            f"the body is compressed as {encoding[:40]!r}, though only gzip was asked for",
            state="http error",
        )
    limit = settings.max_bytes
    try:
        _refuse_announced(response, limit=limit)
        chunks = _bounded(response.iter_raw(_CHUNK), limit=limit)
        return _joined(chunks) if encoding == "identity" else gunzip(chunks, limit=limit)
    except TooLargeError as error:
        raise FetchError(str(error), state="too large") from error
    except DamagedError as error:
        raise FetchError(str(error), state="unreachable") from error


def _refuse_announced(response: httpx.Response, *, limit: int) -> None:
    """Raise before anything is read, when the site says that its body is too long."""
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise TooLargeError(f"the body is longer than {limit} bytes")


def _joined(chunks: Iterable[bytes]) -> bytes:
    """Return the body, which is held once only: a list of its chunks would hold it twice."""
    content = io.BytesIO()
    for chunk in chunks:
        content.write(chunk)
    return content.getvalue()


def _bounded(chunks: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f"the body is longer than {limit} bytes")
        yield chunk
