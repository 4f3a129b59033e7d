"""The pages on which a reader takes their data along, or has everything deleted."""

import json
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import forget
from digest.clock import Clock
from digest.disclosure import disclose
from digest.web.door import back_to, let_in
from digest.web.stationery import PERSONAL, Stationery
from storage.database import Database
from subscribers import unsubscribe
from subscribers.errors import UnknownSubscriberError
from subscribers.tokens import Keyring


@dataclass(frozen=True, kw_only=True)
class PrivacyPages:
    """The pages below ``/me/<token>/privacy``; deleting is asked for on a page of its own."""

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/me/{token}/privacy", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/me/{token}/data.json", self.download, methods=["GET", "HEAD"])
        router.add_api_route("/me/{token}/erase", self.ask, methods=["GET", "HEAD"])
        router.add_api_route("/me/{token}/erase", self.erase, methods=["POST"])
        router.add_api_route("/erased", self.erased, methods=["GET", "HEAD"])
        return router

    def show(self, token: str, request: Request) -> Response:
        """Say what is kept and why."""
        return self._page("privacy", token, request)

    def download(self, token: str) -> Response:
        """Give everything we hold about the reader, as one JSON document."""
        with self.database.read() as session:
            document = disclose(session, subscriber_id=self._who(token))
        return Response(
            json.dumps(document, ensure_ascii=False, indent=2) + "\n",
            media_type="application/json",
            headers={
                "Content-Disposition": 'attachment; filename="my-subscription.json"',
                **PERSONAL,
            },
        )

    def ask(self, token: str, request: Request) -> Response:
        """Ask once more, and say what cannot be undone."""
        return self._page("erase", token, request)

    def erase(self, token: str, request: Request) -> Response:
        """Delete, and lead to a page that knows nobody."""
        subscriber_id = self._who(token)
        with self.database.begin() as session:
            forget.erase(
                session,
                subscriber_id=subscriber_id,
                now=self.clock.now(),
                source="asked for on the privacy page",
            )
        self.database.empty_log()
        return back_to("/erased", request, stationery=self.stationery)

    def erased(self, request: Request) -> Response:
        """Say that it is done; the same for everybody."""
        return self.stationery.page("erased", request, headers=PERSONAL)

    def _who(self, token: str) -> int:
        return let_in(self.keyring, token, now=self.clock.now())

    def _page(self, name: str, token: str, request: Request) -> Response:
        with self.database.read() as session:
            standing = unsubscribe.look(session, subscriber_id=self._who(token))
        if standing.masked is None:
            raise UnknownSubscriberError("nobody is known under this link")
        return self.stationery.page(
            name, request, headers=PERSONAL, token=token, address=standing.masked
        )
