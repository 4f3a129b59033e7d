"""A reader's own page: topics, how often, language, form, pause, and the ways to everything else.

Only a fresh link opens it, or the page of somebody who has just confirmed.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Form as FromForm
from fastapi.responses import Response
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.editions.offer import offered
from digest.posts.topics import TopicSettings
from digest.web.door import back_to, kept, let_in
from digest.web.menu import Form, Menu, menu
from digest.web.stationery import PERSONAL, Stationery
from digest.web.words import sentence
from storage.database import Database
from subscribers import preferences, unsubscribe
from subscribers.errors import NotReadingError, PreferenceError, UnknownSubscriberError
from subscribers.tokens import Keyring, Purpose

_WHAT_TO_DO = {
    "topics": sentence("Choose at least one topic, or unsubscribe."),
    "pace": sentence("Choose how often."),
    "language": sentence("Choose one of the languages."),
    "format": sentence("Choose one of the two forms."),
}
_SOURCE = "preferences page"


@dataclass(frozen=True, kw_only=True)
class SubscriptionPages:
    """The page ``/me/<token>``.

    ``slug`` and ``language`` are the newsletter's, ``languages`` those of its issues, ``paces``
    those at which there are issues; days are written in ``zone``.
    """

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery
    slug: str
    language: str
    languages: Sequence[str]
    topics: TopicSettings
    paces: Sequence[str]
    zone: tzinfo

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/me/{token}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/me/{token}", self.save, methods=["POST"])
        router.add_api_route("/me/{token}/pause", self.pause, methods=["POST"])
        router.add_api_route("/me/{token}/resume", self.resume, methods=["POST"])
        router.add_api_route("/me/{token}/return", self.come_back, methods=["POST"])
        return router

    def show(self, token: str, request: Request) -> Response:
        """Show what the reader chose; change nothing."""
        subscriber_id = self._who(token)
        with self.database.read() as session:
            values = self._values(session, subscriber_id, request)
            asked = self._menu(session, subscriber_id)
        return self.stationery.page(
            "preferences",
            request,
            headers=PERSONAL,
            token=token,
            menu=asked,
            picked=asked.picked,
            note=request.query_params.get("note", ""),
            **values,
        )

    def save(self, token: str, request: Request, form: Annotated[Form, FromForm()]) -> Response:
        """Write the choices; what the page did not ask for stays as it is."""
        subscriber_id = self._who(token)
        with self.database.begin() as session:
            asked = self._menu(session, subscriber_id)
            try:
                chosen = asked.read(form)
            except PreferenceError as error:
                values = self._values(session, subscriber_id, request)
                picked = asked.picked | form.given
                return self._refused(
                    token, request, error.field, menu=asked, picked=picked, **values
                )
            with suppress(NotReadingError):
                preferences.change(
                    session,
                    subscriber_id=subscriber_id,
                    to=chosen,
                    now=self.clock.now(),
                    source=_SOURCE,
                    evidence=kept(request),
                )
        return self._back(token, request, note="saved")

    def pause(self, token: str, request: Request) -> Response:
        """Pause for four weeks, and lead back to the page."""
        subscriber_id, now = self._who(token), self.clock.now()
        with self.database.begin() as session, suppress(NotReadingError):
            preferences.pause(
                session,
                subscriber_id=subscriber_id,
                until=now + preferences.PAUSE,
                now=now,
                source=_SOURCE,
                evidence=kept(request),
            )
        return self._back(token, request, note="paused")

    def resume(self, token: str, request: Request) -> Response:
        """End the pause, and lead back to the page."""
        subscriber_id, now = self._who(token), self.clock.now()
        with self.database.begin() as session, suppress(NotReadingError):
            preferences.resume(
                session,
                subscriber_id=subscriber_id,
                now=now,
                source=_SOURCE,
                evidence=kept(request),
            )
        return self._back(token, request, note="resumed")

    def come_back(self, token: str, request: Request) -> Response:
        """Take an unsubscription back, and lead back to the page."""
        subscriber_id, now = self._who(token), self.clock.now()
        with self.database.begin() as session:
            unsubscribe.undo(
                session,
                subscriber_id=subscriber_id,
                now=now,
                source=_SOURCE,
                evidence=kept(request),
            )
        return self._back(token, request, note="returned")

    def _who(self, token: str) -> int:
        return let_in(self.keyring, token, now=self.clock.now())

    def _back(self, token: str, request: Request, *, note: str) -> Response:
        return back_to(f"/me/{token}", request, stationery=self.stationery, note=note)

    def _refused(self, token: str, request: Request, field: str, **values: Any) -> Response:
        """Show the form again, with what was chosen in it."""
        return self.stationery.problem(
            "preferences",
            request,
            text=_WHAT_TO_DO[field],
            field=field,
            token=token,
            note="",
            **values,
        )

    def _menu(self, session: Session, subscriber_id: int) -> Menu:
        now = self.clock.now()
        reader = preferences.look(session, subscriber_id=subscriber_id, now=now)
        return menu(
            reader.preferences,
            topics=offered(session, self.slug, settings=self.topics),
            paces=self.paces,
            languages=self.languages,
            default=self.language,
        )

    def _values(self, session: Session, subscriber_id: int, request: Request) -> dict[str, Any]:
        """Return what the page says beside the questions."""
        now = self.clock.now()
        reader = preferences.look(session, subscriber_id=subscriber_id, now=now)
        if reader.masked is None:
            raise UnknownSubscriberError("nobody is known under this link")
        standing = unsubscribe.look(session, subscriber_id=subscriber_id)
        words, until = self.stationery.words(request), reader.paused_until
        return {
            "address": reader.masked,
            "subscribed": reader.subscribed,
            "may_return": standing.may_return,
            "until": words.day(until.astimezone(self.zone).date(), pattern="long") if until else "",
            "leave": self.keyring.sign(subscriber_id, purpose=Purpose.UNSUBSCRIBE),
        }
