"""The web of the sample blogs: a threaded server on loopback, with conditional GET."""

import contextlib
import hashlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from functools import cached_property, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from digest.demo.blogs import SampleBlog, sample_blogs
from digest.demo.press import CONTENT_TYPES, Press, instant

_HTML = "text/html; charset=utf-8"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What stands under one path; ``last_modified`` is an HTTP date."""

    content_type: str
    last_modified: str
    content: Callable[[], bytes]

    @cached_property
    def body(self) -> bytes:
        """The bytes, made when they are first asked for."""
        return self.content()

    @cached_property
    def etag(self) -> str:
        """A strong validator (RFC 9110, 8.8.3)."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'

    def is_fresh(self, *, none_match: str | None, modified_since: str | None) -> bool:
        """Whether the asker has this version already (RFC 9110, 13.2.2)."""
        if none_match is not None:
            known = {tag.strip().removeprefix("W/") for tag in none_match.split(",")}
            return not known.isdisjoint({self.etag, "*"})
        return modified_since == self.last_modified


class SampleWeb:
    """Serves the five blogs on 127.0.0.1; use it as a context manager.

    ``port`` 0 takes a free one; ``url`` is the base of every address, without a slash at its end.
    """

    def __init__(self, *, port: int = 0, blogs: tuple[SampleBlog, ...] | None = None) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._server.resources = dict(_resources(blogs or sample_blogs(), base_url=self.url))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="sample-web"
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _resources(blogs: tuple[SampleBlog, ...], *, base_url: str) -> Iterator[tuple[str, Resource]]:
    """Give every path with what stands there; nothing is printed before it is asked for."""
    press = Press()
    newest = max(instant(blog.posts[0].date) for blog in blogs)
    changed = format_datetime(newest.astimezone(UTC), usegmt=True)

    def resource(content: Callable[[], bytes], *, content_type: str = _HTML) -> Resource:
        return Resource(content_type=content_type, last_modified=changed, content=content)

    yield "/", resource(partial(press.index, blogs))
    for blog in blogs:
        feed = partial(press.feed, blog, base_url=base_url)
        yield blog.feed_path, resource(feed, content_type=CONTENT_TYPES[blog.kind])
        yield blog.home_path, resource(partial(press.home, blog))
        for post in blog.posts:
            yield blog.path_of(post), resource(partial(press.page, blog, post))


class _Server(ThreadingHTTPServer):
    """A server that can be closed while a browser keeps a connection open, just in case."""

    daemon_threads = False
    resources: dict[str, Resource]

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection until it is closed."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Hang up on everybody, then wait for the threads."""
        for request in list(self._open):
            with contextlib.suppress(OSError):  # it was closed a moment ago
                request.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the standard's signature
        """Note what went wrong; the standard would print it among the demo's own lines."""
        _log.debug("a reader of the sample web hung up", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "SampleWeb"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the body, or 304, or 404."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answer as to a GET, without the body."""
        self._answer()

    def _answer(self) -> None:
        resource = self.server.resources.get(unquote(urlsplit(self.path).path))
        if resource is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        fresh = resource.is_fresh(
            none_match=self.headers["If-None-Match"],
            modified_since=self.headers["If-Modified-Since"],
        )
        self.send_response(HTTPStatus.NOT_MODIFIED if fresh else HTTPStatus.OK)
        self.send_header("ETag", resource.etag)
        self.send_header("Last-Modified", resource.last_modified)
        if not fresh:
            self.send_header("Content-Type", resource.content_type)
            self.send_header("Content-Length", str(len(resource.body)))
        self.end_headers()
        if not fresh and self.command == "GET":
            self.wfile.write(resource.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard's name
        """Keep requests out of the demo's own lines."""
        _log.debug(format, *args)
