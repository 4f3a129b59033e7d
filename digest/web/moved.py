"""The pages behind the links in the letters about a new address: confirm it, or take it back."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import relocation
from digest.clock import Clock
from digest.web.door import back_to, kept
from digest.web.stationery import PERSONAL, Stationery
from storage.database import Database
from subscribers import moves, moving
from subscribers.addresses import mask
from subscribers.moves import Move, State
from subscribers.tokens import Keyring, Purpose


@dataclass(frozen=True, kw_only=True)
class MovedPages:
    """``/a/<token>`` in the letter to the new address, and ``/b/<token>`` in that to the old."""

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/a/{token}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/a/{token}", self.confirm, methods=["POST"])
        router.add_api_route("/b/{token}", self.show_back, methods=["GET", "HEAD"])
        router.add_api_route("/b/{token}", self.move_back, methods=["POST"])
        return router

    def show(self, token: str, request: Request) -> Response:
        """Show one button, or how it stands; change nothing."""
        return self._page("address_confirm", request, self._read(token, Purpose.CONFIRM), token)

    def confirm(self, token: str, request: Request) -> Response:
        """Move, and lead back to the page."""
        now = self.clock.now()
        move_id = self.keyring.read(token, purpose=Purpose.CONFIRM, now=now)
        with self.database.begin() as session:
            move = relocation.confirm(
                session,
                move_id=move_id,
                keyring=self.keyring,
                now=now,
                source="address page, by link",
                evidence=kept(request),
            )
        if move.state is State.TAKEN:
            return self._page("address_confirm", request, move, token)
        return back_to(f"/a/{token}", request, stationery=self.stationery)

    def show_back(self, token: str, request: Request) -> Response:
        """Show the button that takes a move back, or how it stands; change nothing."""
        return self._page("address_back", request, self._read(token, Purpose.MOVE_BACK), token)

    def move_back(self, token: str, request: Request) -> Response:
        """Take a move back, and lead back to the page."""
        now = self.clock.now()
        move_id = self.keyring.read(token, purpose=Purpose.MOVE_BACK, now=now)
        with self.database.begin() as session:
            move = moving.undo(
                session,
                move_id=move_id,
                keyring=self.keyring,
                now=now,
                source="page for taking a move back",
                evidence=kept(request),
            )
        if move.state is not State.BACK:
            return self._page("address_back", request, move, token)
        return back_to(f"/b/{token}", request, stationery=self.stationery)

    def _read(self, token: str, purpose: Purpose) -> Move:
        now = self.clock.now()
        move_id = self.keyring.read(token, purpose=purpose, now=now)
        with self.database.read() as session:
            return moves.look(session, move_id=move_id, now=now)

    def _page(self, name: str, request: Request, move: Move, token: str) -> Response:
        return self.stationery.page(
            name,
            request,
            headers=PERSONAL,
            token=token,
            state=str(move.state),
            new=mask(move.new),
            old=mask(move.old) if move.old else "",
        )
