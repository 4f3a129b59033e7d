"""The page that sends a reader a fresh link to their own pages, to their own address only."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import welcome
from digest.clock import Clock
from digest.mail.notice import NoticeKind
from digest.web.door import ShutDoorError, back_to
from digest.web.stationery import PERSONAL, Stationery
from digest.welcome import Wanted
from storage.database import Database
from subscribers import directory, unsubscribe
from subscribers.errors import UnknownSubscriberError
from subscribers.tokens import Keyring, Purpose

LIVES = timedelta(hours=1)
_FORBIDDEN = 403


@dataclass(frozen=True, kw_only=True)
class FreshLinkPages:
    """The page ``/l/<token>``, which stands in every issue, and the page of links that are over."""

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/l/{token}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/l/{token}", self.send, methods=["POST"])
        return router

    def show(self, token: str, request: Request) -> Response:
        """Show one button, or that the link is on its way; change nothing."""
        subscriber_id = self._who(token)
        with self.database.read() as session:
            standing = unsubscribe.look(session, subscriber_id=subscriber_id)
        if standing.masked is None:
            raise UnknownSubscriberError("nobody is known under this link")
        return self.stationery.page(
            "freshlink",
            request,
            headers=PERSONAL,
            token=token,
            address=standing.masked,
            sent="sent" in request.query_params,
        )

    def send(self, token: str, request: Request) -> Response:
        """Have the link sent, three times a day at most; the page that follows is the same."""
        subscriber_id, now = self._who(token), self.clock.now()
        with self.database.begin() as session:
            standing = unsubscribe.look(session, subscriber_id=subscriber_id)
            person = directory.get(session, subscriber_id=subscriber_id)
            if person.email is None:
                raise UnknownSubscriberError("nobody is known under this link")
            wanted = Wanted(
                kind=NoticeKind.LINK,
                subscriber_id=subscriber_id,
                email=person.email,
                language=person.language,
                expires_at=now + LIVES,
            )
            if standing.subscribed or standing.may_return:
                welcome.ask(session, wanted, now=now)
        return back_to(f"/l/{token}", request, stationery=self.stationery, sent="1")

    def shut(self, request: Request, error: Exception) -> Response:
        """Say that a link does not open a page, and offer a fresh one."""
        if not isinstance(error, ShutDoorError):
            raise error
        return self.stationery.page(
            "shut",
            request,
            status=_FORBIDDEN,
            headers=PERSONAL,
            expired=error.expired,
            token=self.keyring.sign(error.subscriber_id, purpose=Purpose.ASK),
        )

    def _who(self, token: str) -> int:
        return self.keyring.read(token, purpose=Purpose.ASK)
