"""The door of a reader's own pages: whom a link lets in, what is kept of it, and the way back."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse

from digest.web.stationery import PERSONAL, Stationery
from subscribers.errors import ExpiredTokenError, TokenError
from subscribers.text import one_line
from subscribers.tokens import Keyring, Purpose

_LONGEST_AGENT = 200

# What stands in an issue. Issues get forwarded, so none of these opens a reader's own pages.
_OF_AN_ISSUE = (Purpose.UNSUBSCRIBE, Purpose.PAUSE, Purpose.ASK)


class ShutDoorError(Exception):
    """This link is of our making and does not open this page, or not any more."""

    def __init__(self, subscriber_id: int, *, expired: bool) -> None:
        super().__init__("this link does not open this page")
        self.subscriber_id = subscriber_id
        self.expired = expired


def let_in(keyring: Keyring, token: str, *, now: datetime) -> int:
    """Return whose pages a fresh link opens.

    Raises `ShutDoorError` for one that has ended and for the links of an issue, `TokenError` for
    everything that we have not made.
    """
    try:
        return keyring.read(token, purpose=Purpose.MANAGE, now=now)
    except ExpiredTokenError as error:
        raise ShutDoorError(error.number, expired=True) from None
    except TokenError:
        for purpose in _OF_AN_ISSUE:
            with suppress(TokenError):
                raise ShutDoorError(keyring.read(token, purpose=purpose), expired=False) from None
        raise


def kept(request: Request) -> dict[str, Any]:
    """Keep what may help to tell a reader from a machine, and no address of either."""
    return {"user_agent": one_line(request.headers.get("user-agent", ""), limit=_LONGEST_AGENT)}


def back_to(
    path: str, request: Request, *, stationery: Stationery, **query: str
) -> RedirectResponse:
    """Lead to a page by GET, in the language that was chosen: reloading it sends nothing again."""
    language = request.query_params.get("lang")
    if language in stationery.languages:
        query["lang"] = str(language)
    tail = f"?{urlencode(query)}" if query else ""
    return RedirectResponse(f"{path}{tail}", status_code=303, headers=PERSONAL)
