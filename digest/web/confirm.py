"""The confirmation pages: by the link, with one button, or by the six digits of the letter.

Looking changes nothing: scanners open every link in a mail. The one exception is the browser that
asked, which shows a cookie that no scanner has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Form as FromForm
from fastapi.responses import RedirectResponse, Response

from digest.editions.coming import coming
from digest.web.display import Display
from digest.web.reception import Reception
from digest.web.signup import SignupPages
from digest.web.stationery import PERSONAL
from digest.web.words import sentence
from subscribers import signup
from subscribers.addresses import Mailbox
from subscribers.errors import (
    ExpiredTokenError,
    TokenError,
    TooManyError,
    UnknownSubscriberError,
)
from subscribers.signup import Pending, Step
from subscribers.tokens import Purpose

_OTHER = 303
_GONE = 404
_TOO_MANY = 429
_LONGEST_CODE = 40

NO_FIT = sentence("That code does not fit. %(n)s tries left.")
ONE_LEFT = sentence("That code does not fit. 1 try left.")
NONE_LEFT = sentence("That code does not fit. Now only the link in the email works.")
FORGOTTEN = sentence("This page no longer knows your address. Please enter it once more.")
TOO_MANY = sentence("Too many sign-ups in this hour. Try again in an hour.")


@dataclass(frozen=True, kw_only=True)
class ConfirmPages:
    """The pages below ``/c/<token>``, where the letter leads, and the answer to the code."""

    reception: Reception
    signup: SignupPages
    display: Display

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/sent/code", self.type_code, methods=["POST"])
        router.add_api_route("/c/{token}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/c/{token}", self.press, methods=["POST"])
        router.add_api_route("/c/{token}/again", self.send_again, methods=["POST"])
        router.add_api_route("/welcome/{token}", self.welcome, methods=["GET", "HEAD"])
        return router

    def show(self, token: str, request: Request) -> Response:
        """Show one button; in the browser that asked, confirm at once."""
        found = self._find(token)
        if found is None or found.step is Step.EXPIRED:
            return self._expired(token, request, found)
        if found.step is not Step.WAITING:
            return self._settled(request, found)
        if self._may_confirm_at_once(request, found):
            return self._confirm(request, found.confirmation_id, method="link in the same browser")
        return self._page(
            "confirm",
            request,
            token=token,
            address=found.email,
            consent=self.reception.consent(request),
            by_button=self.reception.settings.confirm != "code",
        )

    def press(self, token: str, request: Request) -> Response:
        """Confirm by the button."""
        found = self._find(token)
        if found is None or found.step is Step.EXPIRED:
            return self._expired(token, request, found)
        if self.reception.settings.confirm == "code":
            keep = self.reception.stationery.keep(request)
            return RedirectResponse(f"/c/{token}{keep}", status_code=_OTHER, headers=PERSONAL)
        if found.step is not Step.WAITING:
            return self._settled(request, found)
        return self._confirm(request, found.confirmation_id, method="button")

    def type_code(self, request: Request, code: Annotated[str, FromForm()] = "") -> Response:
        """Confirm by the six digits, on the page whose request they belong to, and on no other."""
        known = self.reception.remembered(request)
        if known is None:
            return self._problem(request, FORGOTTEN)
        clock = self.reception.clock
        with self.reception.database.begin() as session:
            fits = signup.try_code(
                session,
                confirmation_id=known.confirmation_id,
                typed=code[:_LONGEST_CODE],
                keyring=self.reception.keyring,
                now=clock.now(),
            )
        if fits:
            return self._confirm(request, known.confirmation_id, method="code")
        pending = self.signup.pending(known)
        left = pending.tries_left if pending else 0
        text = NO_FIT if left > 1 else ONE_LEFT if left else NONE_LEFT
        return self._problem(request, text, field="code" if left else "", told={"n": left})

    def send_again(self, token: str, request: Request) -> Response:
        """Send a new letter to the address of an old link."""
        found = self._find(token)
        if found is None or found.email is None:
            return self._expired(token, request, found)
        try:
            applied = self.reception.apply(
                self.reception.application(
                    request,
                    Mailbox.parse(found.email),
                    typed=found.email,
                    topics=found.wishes.topics,
                )
            )
        except TooManyError as error:
            page = self._expired(token, request, found, problem=TOO_MANY, status=_TOO_MANY)
            page.headers["Retry-After"] = self.reception.wait(error)
            return page
        keep = self.reception.stationery.keep(request)
        answer = RedirectResponse(f"/sent{keep}", status_code=_OTHER, headers=PERSONAL)
        self.reception.remember(answer, applied.confirmation_id)
        return answer

    def welcome(self, token: str, request: Request) -> Response:
        """Say that it is done, and what comes next; for an hour it opens the reader's own page."""
        now = self.reception.clock.now()
        try:
            self.reception.keyring.read(token, purpose=Purpose.MANAGE, now=now)
        except ExpiredTokenError:
            token = ""
        with self.reception.database.read() as session:
            newsletter, schedule = self.reception.newsletter.slug, self.reception.schedule
            due = coming(session, newsletter, schedule=schedule, after=now).due_at
        return self._page(
            "confirmed",
            request,
            day=self._day(due, request, pattern="full"),
            manage=f"/me/{token}" if token else "",
            sender=self.signup.sender,
            shown=self.display.look(),
        )

    def _may_confirm_at_once(self, request: Request, found: Pending) -> bool:
        """Whether a person looks, in the browser that asked; a prefetch is no person."""
        headers = request.headers
        purposes = (headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
        return (
            request.method == "GET"
            and self.reception.settings.confirm == "same-browser"
            and not any("prefetch" in purpose.lower() for purpose in purposes)
            and headers.get("sec-fetch-mode", "navigate") == "navigate"
            and self.reception.is_remembered(request, found.confirmation_id)
        )

    def _confirm(self, request: Request, confirmation_id: int, *, method: str) -> Response:
        """Confirm; the reader's own page opens only to the one request that did it."""
        done = self.reception.confirm(request, confirmation_id, method=method)
        if done.step is not Step.CONFIRMED:
            return self._expired("", request, None)
        if not done.anew:
            return self._settled(request, done)
        token = self.reception.manage_token(done.subscriber_id)
        keep = self.reception.stationery.keep(request)
        return RedirectResponse(f"/welcome/{token}{keep}", status_code=_OTHER, headers=PERSONAL)

    def _find(self, token: str) -> Pending | None:
        """Return the request behind a link, also one that is over; None for no link of ours."""
        now = self.reception.clock.now()
        try:
            number = self.reception.keyring.read(token, purpose=Purpose.CONFIRM, now=now)
        except ExpiredTokenError as error:
            number = error.number
        except TokenError:
            return None
        with self.reception.database.read() as session:
            try:
                return signup.look(session, confirmation_id=number, now=now)
            except UnknownSubscriberError:
                return None

    def _settled(self, request: Request, found: Pending) -> Response:
        """Say that the link was used before: on which day, and what may be done now."""
        return self._page(
            "settled",
            request,
            left=found.step is Step.LEFT,
            day=self._day(found.confirmed_at, request, pattern="long"),
        )

    def _expired(
        self,
        token: str,
        request: Request,
        found: Pending | None,
        *,
        problem: str = "",
        status: int = _GONE,
    ) -> Response:
        values: dict[str, Any] = {
            "token": token,
            "day": self._day(found.requested_at if found else None, request, pattern="long"),
            "can_send": found is not None and found.email is not None,
        }
        if problem:
            return self.reception.stationery.problem(
                "expired", request, text=problem, status=status, **values
            )
        return self._page("expired", request, status=status, **values)

    def _problem(
        self,
        request: Request,
        text: str,
        *,
        field: str = "",
        told: Mapping[str, Any] | None = None,
    ) -> Response:
        return self.reception.stationery.problem(
            "sent",
            request,
            text=text,
            field=field,
            told=dict(told or {}),
            **self.signup.inbox_values(request),
        )

    def _page(self, name: str, request: Request, *, status: int = 200, **values: Any) -> Response:
        return self.reception.stationery.page(
            name, request, status=status, headers=PERSONAL, **values
        )

    def _day(self, moment: datetime | None, request: Request, *, pattern: str) -> str:
        if moment is None:
            return ""
        words = self.reception.stationery.words(request)
        return words.day(moment.astimezone(self.reception.zone).date(), pattern=pattern)
