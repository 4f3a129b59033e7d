"""Where providers tell what became of letters: proved, kept, and answered at once.

Most providers tell of each letter in a request of its own, so this door stands before the pages:
to look for a page, and to change threads, would take longer than all that is asked for.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.clock import Clock
from digest.http import Response as Page
from digest.mail.event import MailEvent
from digest.providers.hooks.hook import ForgedError, GarbledError, Hook, HookRequest, read
from digest.web.guard import LONGEST_BODY
from digest.web.intake import Intake

log = logging.getLogger(__name__)

_PREFIX = "/webhooks/"
_SHORT = 1 << 14  # bytes that are read in no time; a longer body must not hold up other requests


@dataclass(frozen=True)
class _Route:
    """What the log calls these addresses."""

    path: str = _PREFIX + "{provider}"


def _say(words: str, *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return PlainTextResponse(f"{words}\n", status_code=status, headers=kept)


_ROUTE = _Route()
_KEPT = _say("ok", status=200)
_SHUT = _say("no webhook is open here", status=404)
_NO_POST = _say("webhooks are told by POST", status=405, headers={"Allow": "POST"})
_TOO_LONG = _say("this is longer than anything that this site takes", status=413)
_GARBLED = _say("this request cannot be read", status=400)
_UNPROVED = _say("this request cannot be proved now; send it again", status=503)
_FORGED = _say(
    "this request is not proved",
    status=401,
    headers={"WWW-Authenticate": 'Basic realm="webhooks"'},  # else SNS sends no password
)


class HookDoor:
    """Answers ``/webhooks/<provider>``, and passes all else on; ``hooks`` are those that are open.

    A request is answered 200 only after what it tells is committed.
    """

    def __init__(
        self, app: ASGIApp, *, intake: Intake, clock: Clock, hooks: Mapping[str, Hook]
    ) -> None:
        self._app = app
        self._intake = intake
        self._clock = clock
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        try:
            answer = await self._take(scope, receive)
        except ClientDisconnect:
            return  # whoever hung up tells it again
        await answer(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        """Read a request; the raw body is what is signed."""
        hook = self._hooks.get(scope["path"].removeprefix(_PREFIX))
        if scope["method"] != "POST":
            return _NO_POST
        if hook is None:
            return _SHUT
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        body = await _body(Request(scope, receive), announced=headers.get("content-length", b"0"))
        if body is None:
            return _TOO_LONG
        asked = HookRequest(
            headers={name: value.decode("latin-1") for name, value in headers.items()}, body=body
        )
        if hook.asks or len(body) > _SHORT:
            told = await asyncio.to_thread(self._read, hook, asked)
        else:
            told = self._read(hook, asked)
        if isinstance(told, Response):
            return told
        if told:
            await self._intake.bring(told)
        return _KEPT

    def _read(self, hook: Hook, asked: HookRequest) -> list[MailEvent] | Response:
        """Prove a request and return what it tells, or what to answer instead."""
        try:
            return read(hook, asked, now=self._clock.now())
        except ForgedError as error:
            log.warning("webhook of %s refused: %s", hook.name, error)
            return _FORGED
        except GarbledError as error:
            log.warning("webhook of %s not understood: %s", hook.name, error)
            return _GARBLED
        except OSError as error:
            log.warning("webhook of %s cannot be proved now: %s", hook.name, error)
            return _UNPROVED


async def _body(request: Request, *, announced: bytes) -> bytes | None:
    """Read the body; None when it is too long. Raises `ClientDisconnect`."""
    if not announced.isdigit() or int(announced) > LONGEST_BODY:
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            return None
    return body


def plain(url: str, *, get: Callable[[str], Page]) -> bytes:
    """Read an address without being led elsewhere, for a hook that has to; raises OSError."""
    found = get(url)
    if found.status != HTTPStatus.OK or found.url != url:
        raise ConnectionError(f"no plain answer, but status {found.status}")
    return found.content
