"""A fake web on loopback: pages that answer, fail, drip, bomb, move and change as told."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

Bodies = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that reached the web; header names are lower case."""

    path: str
    headers: dict[str, str]
    method: str = "GET"


@dataclass(frozen=True, kw_only=True)
class Route:
    """What one path answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    etag: str | None = None
    last_modified: str | None = None
    stream: Bodies | None = None  # instead of the body, without a Content-Length
    before: Callable[[], object] | None = None  # called when asked, before the answer

    def is_fresh(self, asked: Asked) -> bool:
        """Whether the asker has this version already (RFC 9110, 13.2.2)."""
        if "if-none-match" in asked.headers:
            return self.etag is not None and asked.headers["if-none-match"] == self.etag
        since = asked.headers.get("if-modified-since")
        return self.last_modified is not None and since == self.last_modified


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: a client that hangs up early is what many tests are about."""


class Internet:
    """One web server; every path is another site's page as far as a test is concerned."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._routes: dict[str, Route] = {}
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        """Return the address of a path."""
        return f"http://{host}:{self.port}{path}"

    def requests(self, path: str) -> list[Asked]:
        """Return what was asked of a path, in order."""
        return [asked for asked in self.asked if asked.path == path]

    def serve(self, path: str, body: bytes | str = b"", **settings: Any) -> str:
        """Answer with this body (and any setting of `Route`); return the address."""
        content = body.encode() if isinstance(body, str) else body
        self._routes[path] = Route(body=content, **settings)
        return self.url(path)

    def serve_gzip(self, path: str, body: bytes, **settings: Any) -> str:
        """Answer with this body, compressed."""
        headers = {"Content-Encoding": "gzip"} | settings.pop("headers", {})
        return self.serve(path, gzip.compress(body), headers=headers, **settings)

    def redirect(self, path: str, to: str, *, status: int = 302) -> str:
        """Send the asker on."""
        return self.serve(path, status=status, headers={"Location": to})

    def drip(self, path: str, *, piece: bytes = b"<", pause: float = 0.05) -> str:
        """Answer with a piece after each pause (seconds), for ever."""

        def pieces() -> Iterator[bytes]:
            while not self._closing.wait(pause):
                yield piece

        return self.serve(path, stream=pieces)

    def endless(self, path: str) -> str:
        """Answer as fast as the asker reads, for ever."""

        def pieces() -> Iterator[bytes]:
            while not self._closing.is_set():
                yield b"<item/>" * 10_000

        return self.serve(path, stream=pieces)

    def bomb(self, path: str, *, unfolded: int = 300_000_000) -> str:
        """Answer with a small gzip body that unfolds to so many bytes of zeros."""
        return self.serve_gzip(path, bytes(unfolded))

    def silent(self, path: str, *, seconds: float = 30.0) -> str:
        """Take the request and say nothing for so long."""
        return self.serve(path, before=lambda: self._closing.wait(seconds))

    def slow(self, path: str, body: bytes | str, *, seconds: float) -> str:
        """Answer after so long."""
        return self.serve(path, body, before=lambda: time.sleep(seconds))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(path=path, headers=headers, method=self.command)
                web.asked.append(asked)
                _answer(self, web._routes.get(path, Route(status=404)), asked)

            do_HEAD = do_GET  # noqa: N815 - its name

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                """Keep the tests' output clean."""

        return Handler


def _answer(handler: BaseHTTPRequestHandler, route: Route, asked: Asked) -> None:
    if route.before:
        route.before()
    fresh = route.status == 200 and route.is_fresh(asked)
    handler.send_response(304 if fresh else route.status)
    named = {"ETag": route.etag, "Last-Modified": route.last_modified}
    for name, value in (route.headers | {k: v for k, v in named.items() if v}).items():
        handler.send_header(name, value)
    if fresh or route.stream is None:
        body = b"" if fresh else route.body
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(b"" if asked.method == "HEAD" else body)
        return
    handler.end_headers()
    for piece in route.stream():
        handler.wfile.write(piece)
        handler.wfile.flush()
