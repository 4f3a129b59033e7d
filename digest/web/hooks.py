"""Where providers tell what became of letters: proved, kept, and answered at once."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from digest.clock import Clock
from digest.http import Response as Page
from digest.providers.hooks.hook import ForgedError, GarbledError, Hook, HookRequest, read
from digest.web.intake import Intake

log = logging.getLogger(__name__)

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="webhooks"'}  # without it SNS sends no password


@dataclass(frozen=True, kw_only=True)
class HookPages:
    """The addresses ``/webhooks/<provider>``; ``hooks`` are those that are open."""

    intake: Intake
    clock: Clock
    hooks: Mapping[str, Hook]

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_route("/webhooks/{provider}", self.take, methods=["POST"])
        return router

    async def take(self, request: Request) -> Response:
        """Take one request; the raw body is what is signed."""
        provider = request.path_params["provider"]
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = HookRequest(headers=headers, body=body)
        return await run_in_threadpool(self._answer, provider, asked)

    def _answer(self, provider: str, asked: HookRequest) -> Response:
        hook = self.hooks.get(provider)
        if hook is None:
            return _say("no webhook is open here", status=404)
        now = self.clock.now()
        try:
            told = read(hook, asked, now=now)
        except ForgedError as error:
            log.warning("webhook of %s refused: %s", provider, error)
            return _say("this request is not proved", status=401, headers=_CHALLENGE)
        except GarbledError as error:
            log.warning("webhook of %s not understood: %s", provider, error)
            return _say("this request cannot be read", status=400)
        except OSError as error:
            log.warning("webhook of %s cannot be proved now: %s", provider, error)
            return _say("this request cannot be proved now; send it again", status=503)
        if told:
            self.intake.take(told)
        return _say("ok", status=200)


def plain(url: str, *, get: Callable[[str], Page]) -> bytes:
    """Read an address without being led elsewhere, for a hook that has to; raises OSError."""
    found = get(url)
    if found.status != HTTPStatus.OK or found.url != url:
        raise ConnectionError(f"no plain answer, but status {found.status}")
    return found.content


def _say(words: str, *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return PlainTextResponse(f"{words}\n", status_code=status, headers=kept)
