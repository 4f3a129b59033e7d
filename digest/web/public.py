"""The page behind every unsubscribe link, and the one-click answer that mail programs send.

Looking changes nothing: scanners open every link in a mail, and some follow what they find.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from digest.clock import Clock
from digest.web.ahead import RouteAhead
from digest.web.door import back_to, kept
from digest.web.scribe import Scribe
from digest.web.stationery import PERSONAL, Stationery
from digest.web.words import sentence
from storage.database import Database
from subscribers.errors import TokenError, UnknownSubscriberError
from subscribers.tokens import Keyring, Purpose
from subscribers.unsubscribe import (
    Leaving,
    Left,
    Standing,
    Why,
    look,
    tell_why,
    undo,
    unsubscribe_all,
)

_REASONS = {
    Why.OFTEN: sentence("Too many emails"),
    Why.TOPICS: sentence("Not my topics"),
    Why.WORTH: sentence("Too little in it"),
    Why.STRANGE: sentence("I never asked for it"),
    Why.OTHER: sentence("Another reason"),
}


@dataclass(frozen=True, kw_only=True)
class UnsubscribePages:
    """The pages below ``/u/<token>``; the token is all the permission they ask for."""

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/u/{token}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/u/{token}", self.allow, methods=["OPTIONS"])
        router.add_api_route("/u/{token}/leave", self.leave, methods=["POST"])
        router.add_api_route("/u/{token}/undo", self.come_back, methods=["POST"])
        router.add_api_route("/u/{token}/why", self.why, methods=["POST"])
        return router

    def ahead(self) -> Iterator[RouteAhead]:
        """Yield what is looked at before all pages."""
        yield RouteAhead("/u/{token}", self.one_click, method="POST")

    def show(self, token: str, request: Request) -> Response:
        """Show one button, or how things stand when it has been pressed; change nothing."""
        subscriber_id = self._who(token)
        with self.database.read() as session:
            standing = look(session, subscriber_id=subscriber_id)
        if not standing.subscribed:
            return self._done(token, request, standing)
        return self.stationery.page(
            "unsubscribe",
            request,
            headers=PERSONAL,
            token=token,
            address=standing.masked,
            undone="undone" in request.query_params,
        )

    def allow(self, token: str) -> Response:
        """Name the methods; the same for every token."""
        del token
        return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS, POST", **PERSONAL})

    async def one_click(self, request: Request) -> Response:
        """Unsubscribe for a mail program (RFC 8058): no redirect, no cookie, any form encoding.

        The address and the method say it all, so the body is not read: a reader must not stay
        subscribed because a mail program wrote it oddly.
        """
        token = request.path_params["token"]
        leaving = self._leaving(token, request, source="one-click unsubscribe (RFC 8058)")
        left = await self._scribe.write(leaving)
        return self._done(token, request, left.standing)

    def leave(self, token: str, request: Request) -> Response:
        """Unsubscribe by the button, and lead back to the page."""
        leaving = self._leaving(token, request, source="unsubscribe page")
        self.database.together_all(unsubscribe_all, leaving)
        return self._to(token, request)

    def come_back(self, token: str, request: Request) -> Response:
        """Undo, and lead back to the page."""
        subscriber_id = self._who(token)
        with self.database.begin() as session:
            undo(
                session,
                subscriber_id=subscriber_id,
                now=self.clock.now(),
                source="undo on the unsubscribe page",
                evidence=kept(request),
            )
        return self._to(token, request, undone="1")

    def why(self, token: str, request: Request, why: Annotated[str, Form()] = "") -> Response:
        """Note the reason, if they like to give one, and lead back to the page."""
        subscriber_id = self._who(token)
        with self.database.begin() as session:
            tell_why(session, subscriber_id=subscriber_id, why=why, now=self.clock.now())
        return self._to(token, request)

    def _leaving(self, token: str, request: Request, *, source: str) -> Leaving:
        return Leaving(
            subscriber_id=self._who(token),
            at=self.clock.now(),
            source=source,
            evidence=kept(request),
        )

    @cached_property
    def _scribe(self) -> Scribe[Leaving, Left]:
        return Scribe(self.database, unsubscribe_all, clock=self.clock, name="leavers")

    def _who(self, token: str) -> int:
        return self.keyring.read(token, purpose=Purpose.UNSUBSCRIBE)

    def _to(self, token: str, request: Request, **query: str) -> RedirectResponse:
        return back_to(f"/u/{token}", request, stationery=self.stationery, **query)

    def _done(self, token: str, request: Request, standing: Standing) -> Response:
        say = self.stationery.words(request).sentences.gettext
        subscriber_id = self._who(token)
        return self.stationery.page(
            "unsubscribed",
            request,
            headers=PERSONAL,
            token=token,
            address=standing.masked,
            may_return=standing.may_return,
            said_why=standing.said_why,
            reasons=[(str(why), say(text)) for why, text in _REASONS.items()],
            ask=self.keyring.sign(subscriber_id, purpose=Purpose.ASK),
        )


# One answer for a forged link and for one whose reader is gone: it must not tell who exists.
NOBODY = (TokenError, UnknownSubscriberError)
