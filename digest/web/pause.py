"""The page behind "Pause for 4 weeks" in every issue, and its undo."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest.clock import Clock
from digest.web.door import back_to, kept
from digest.web.stationery import PERSONAL, Stationery
from storage.database import Database
from subscribers import preferences
from subscribers.errors import NotReadingError, UnknownSubscriberError
from subscribers.tokens import Keyring, Purpose


@dataclass(frozen=True, kw_only=True)
class PausePages:
    """The pages below ``/p/<token>``; the token pauses and resumes, and does nothing else.

    ``zone`` is the newsletter's, for the day on which a pause ends.
    """

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery
    zone: tzinfo

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/p/{token}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/p/{token}/pause", self.pause, methods=["POST"])
        router.add_api_route("/p/{token}/undo", self.resume, methods=["POST"])
        return router

    def show(self, token: str, request: Request) -> Response:
        """Show one button, or until when it is paused; change nothing."""
        subscriber_id, now = self._who(token), self.clock.now()
        with self.database.read() as session:
            reader = preferences.look(session, subscriber_id=subscriber_id, now=now)
        if reader.masked is None:
            raise UnknownSubscriberError("nobody is known under this link")
        until = reader.paused_until or now + preferences.PAUSE
        return self.stationery.page(
            "pause",
            request,
            headers=PERSONAL,
            token=token,
            address=reader.masked,
            subscribed=reader.subscribed,
            paused=reader.paused_until is not None,
            until=self.stationery.words(request).day(
                until.astimezone(self.zone).date(), pattern="long"
            ),
            undone="undone" in request.query_params,
        )

    def pause(self, token: str, request: Request) -> Response:
        """Pause, and lead back to the page."""
        subscriber_id, now = self._who(token), self.clock.now()
        with self.database.begin() as session, suppress(NotReadingError):
            preferences.pause(
                session,
                subscriber_id=subscriber_id,
                until=now + preferences.PAUSE,
                now=now,
                source="pause page",
                evidence=kept(request),
            )
        return back_to(f"/p/{token}", request, stationery=self.stationery)

    def resume(self, token: str, request: Request) -> Response:
        """Undo, and lead back to the page."""
        subscriber_id, now = self._who(token), self.clock.now()
        with self.database.begin() as session, suppress(NotReadingError):
            preferences.resume(
                session,
                subscriber_id=subscriber_id,
                now=now,
                source="undo on the pause page",
                evidence=kept(request),
            )
        return back_to(f"/p/{token}", request, stationery=self.stationery, undone="1")

    def _who(self, token: str) -> int:
        return self.keyring.read(token, purpose=Purpose.PAUSE)
