"""The pages on which a reader names another address, and types the code that was sent there."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from digest import relocation
from digest.clock import Clock
from digest.web.door import back_to, kept, let_in
from digest.web.stationery import PERSONAL, Stationery
from digest.web.words import sentence
from storage.database import Database
from subscribers import moves, moving
from subscribers.addresses import Mailbox
from subscribers.errors import (
    AddressError,
    NotReadingError,
    PreferenceError,
    UnknownSubscriberError,
)
from subscribers.moves import Move, State
from subscribers.tokens import Keyring

_LONGEST = 320  # characters that are looked at, and shown again
_WHAT_TO_DO = {
    "address": sentence("This is not an email address. Write it as name@example.org."),
    "same": sentence("Your issues go to this address already."),
    "often": sentence("You have named three addresses today. Please try again tomorrow."),
    "code": sentence("That code does not fit. Tries left: %(left)s."),
    "link": sentence("That was one try too many. Now only the link in the email works."),
    "over": sentence("This code is over. Please name the address again."),
    "taken": sentence("This address has a subscription of its own. Unsubscribe one of the two."),
}


@dataclass(frozen=True, kw_only=True)
class AddressPages:
    """The pages below ``/me/<token>/address``.

    What is answered to an address does not tell whether it has a subscription of its own.
    """

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/me/{token}/address", self.form, methods=["GET", "HEAD"])
        router.add_api_route("/me/{token}/address", self.ask, methods=["POST"])
        router.add_api_route("/me/{token}/address/{move:int}", self.wait, methods=["GET", "HEAD"])
        router.add_api_route("/me/{token}/address/{move:int}", self.type_in, methods=["POST"])
        return router

    def form(self, token: str, request: Request) -> Response:
        """Ask for the new address; change nothing."""
        let_in(self.keyring, token, now=self.clock.now())
        return self.stationery.page("address", request, headers=PERSONAL, token=token, typed="")

    def ask(self, token: str, request: Request, email: Annotated[str, Form()] = "") -> Response:
        """Write to the new address; nothing else changes."""
        now = self.clock.now()
        subscriber_id = let_in(self.keyring, token, now=now)
        typed = email[:_LONGEST]
        try:
            mailbox = Mailbox.parse(typed)
            with self.database.begin() as session:
                move = relocation.ask(
                    session,
                    subscriber_id=subscriber_id,
                    mailbox=mailbox,
                    keyring=self.keyring,
                    now=now,
                )
        except AddressError:
            return self._again(token, request, "address", typed=typed)
        except PreferenceError as error:
            return self._again(token, request, error.field, typed=typed)
        except NotReadingError:
            return back_to(f"/me/{token}", request, stationery=self.stationery)
        path = f"/me/{token}/address/{move.id}"
        return back_to(path, request, stationery=self.stationery)

    def wait(self, token: str, move: int, request: Request) -> Response:
        """Ask for the code from the letter; change nothing."""
        with self.database.read() as session:
            asked = self._own(session, token, move)
        if asked.state is State.MOVED:
            return self._moved(token, request)
        shown = self._shown(token, asked)
        return self.stationery.page("address_sent", request, headers=PERSONAL, **shown)

    def type_in(
        self, token: str, move: int, request: Request, code: Annotated[str, Form()] = ""
    ) -> Response:
        """Move, when the code is that of the letter."""
        now = self.clock.now()
        with self.database.begin() as session:
            self._own(session, token, move)
            if moving.try_code(session, move_id=move, typed=code, keyring=self.keyring, now=now):
                asked = relocation.confirm(
                    session,
                    move_id=move,
                    keyring=self.keyring,
                    now=now,
                    source="address page, by code",
                    evidence=kept(request),
                )
            else:
                asked = moves.look(session, move_id=move, now=now)
        return (
            self._moved(token, request)
            if asked.state is State.MOVED
            else self._refused(token, request, asked)
        )

    def _own(self, session: Session, token: str, move_id: int) -> Move:
        """Return a move of the reader whose link this is, and nobody else's."""
        now = self.clock.now()
        subscriber_id = let_in(self.keyring, token, now=now)
        move = moves.look(session, move_id=move_id, now=now)
        if move.subscriber_id != subscriber_id:
            raise UnknownSubscriberError("nothing is known under this link")
        return move

    def _moved(self, token: str, request: Request) -> Response:
        return back_to(f"/me/{token}", request, stationery=self.stationery, note="moved")

    def _again(self, token: str, request: Request, why: str, *, typed: str) -> Response:
        return self.stationery.problem(
            "address", request, text=_WHAT_TO_DO[why], field="email", token=token, typed=typed
        )

    def _refused(self, token: str, request: Request, move: Move) -> Response:
        told = None
        if move.state is State.TAKEN:
            why = "taken"
        elif move.state is not State.WAITING:
            why = "over"
        elif move.tries_left:
            why, told = "code", {"left": move.tries_left}
        else:
            why = "link"
        return self.stationery.problem(
            "address_sent",
            request,
            text=_WHAT_TO_DO[why],
            told=told,
            field="code" if told else "",
            **self._shown(token, move),
        )

    def _shown(self, token: str, move: Move) -> dict[str, Any]:
        return {
            "token": token,
            "move": move.id,
            "address": move.new,
            "can_type": move.tries_left > 0 and move.state is State.WAITING,
        }
