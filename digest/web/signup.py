"""The sign-up pages: the form, and the page that asks to look into the inbox."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from digest.render.moments import written_time
from digest.web.ahead import RouteAhead
from digest.web.display import Display, Shown
from digest.web.fields import fields_of
from digest.web.reception import Reception, Remembered
from digest.web.stationery import PERSONAL
from digest.web.words import sentence
from subscribers import signup
from subscribers.addresses import Mailbox
from subscribers.doubts import meant
from subscribers.errors import (
    AddressError,
    ExpiredTokenError,
    TokenError,
    TooManyError,
    UnknownSubscriberError,
)
from subscribers.signup import Pending
from subscribers.tokens import Purpose

_FORM_LIVES = timedelta(hours=1)
_TOO_MANY = 429
_OTHER = 303
_SHORT = 1000  # characters
_TEXTS = frozenset({"email", "keep", "asked", "form", "website"})

NO_ADDRESS = sentence("This does not look like an email address. Please check it.")
SLIP = sentence("%(typed)s: did you mean %(meant)s?")
ONCE_MORE = sentence("Please press the button once more.")
TOO_MANY = sentence("Too many sign-ups in this hour. Try again at %(time)s.")
NO_TOPIC = sentence("Choose at least one topic.")


@dataclass(frozen=True, kw_only=True)
class SignupForm:
    """The form as it was sent; ``website`` is a trap that people do not see.

    ``keep`` is an address that somebody insists on, ``asked`` says that topics were asked for.
    """

    email: str = ""
    keep: str = ""
    topic: Sequence[str] = ()
    asked: str = ""
    form: str = ""
    website: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, list[str]]) -> "SignupForm":
        """Take what is known of the fields of a form; of a field sent twice, the last value."""
        texts = {name: values[-1] for name, values in fields.items() if name in _TEXTS}
        return cls(topic=fields.get("topic", []), **texts)

    @property
    def typed(self) -> str:
        """The address as somebody typed it."""
        return self.keep or self.email


@dataclass(frozen=True, kw_only=True)
class _Doubt:
    """What is to be done before a form is taken: a sentence, and the field that it is ``about``.

    ``form`` and ``values`` are what is shown again; without a sentence, as if for the first time.
    """

    form: SignupForm
    problem: str = ""
    about: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SignupPages:
    """The pages ``/`` and ``/sent``; ``sender`` is the address that our mail comes from."""

    reception: Reception
    display: Display
    sender: str

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/subscribe", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/sent", self.sent, methods=["GET", "HEAD"])
        router.add_api_route("/sent/again", self.again, methods=["POST"])
        return router

    def ahead(self) -> Iterator[RouteAhead]:
        """Yield what is looked at before all pages."""
        yield RouteAhead("/subscribe", self.take, method="POST")

    def show(self, request: Request) -> Response:
        """Show the form."""
        return self.reception.stationery.page("subscribe", request, **self._values(request))

    async def take(self, request: Request) -> Response:
        """Take a sign-up; the answer is the same for every address."""
        form = SignupForm.of(await fields_of(request))
        if form.website:
            return self._to_inbox(request)
        shown = await self.display.look_soon()
        if len(form.typed) > _SHORT:  # nobody's address, and long to look at
            found = await run_in_threadpool(self._examine, form, shown)
        else:
            found = self._examine(form, shown)
        if isinstance(found, _Doubt):
            return await run_in_threadpool(self._again, request, found, shown)
        wanted = self.reception.application(
            request, found, typed=form.typed, topics=_topics(form, shown)
        )
        try:
            applied = await self.reception.take(wanted)
        except TooManyError as error:
            return await run_in_threadpool(self._too_many, request, form, error)
        return self._to_inbox(request, applied.confirmation_id)

    def sent(self, request: Request) -> Response:
        """Ask to look into the inbox; the same words whether or not a letter went out."""
        return self.reception.stationery.page(
            "sent", request, headers=PERSONAL, **self.inbox_values(request)
        )

    def again(self, request: Request) -> Response:
        """Send the letter once more where the limits allow it; the next page is the same."""
        known = self.reception.remembered(request)
        pending = self.pending(known)
        if pending is None or pending.email is None:
            return RedirectResponse(
                f"/{self.reception.stationery.keep(request)}", status_code=_OTHER
            )
        try:
            applied = self.reception.apply(
                self.reception.application(
                    request,
                    Mailbox.parse(pending.email),
                    typed=pending.email,
                    topics=pending.wishes.topics,
                )
            )
        except TooManyError as error:
            return self._too_many(request, SignupForm(email=pending.email), error)
        return self._to_inbox(request, applied.confirmation_id)

    def pending(self, known: Remembered | None) -> Pending | None:
        """Return the request that a browser remembers, as it stands."""
        if known is None:
            return None
        with self.reception.database.read() as session:
            try:
                return signup.look(
                    session,
                    confirmation_id=known.confirmation_id,
                    now=self.reception.clock.now(),
                )
            except UnknownSubscriberError:
                return None

    def inbox_values(self, request: Request) -> dict[str, Any]:
        """Return what the page says: nothing in it depends on whose address it is."""
        known = self.reception.remembered(request)
        pending = self.pending(known)
        asked_at = known.asked_at if known else None
        again_at = asked_at + signup.AGAIN_AFTER if asked_at else None
        return {
            "address": pending.email if pending else None,
            "sender": self.sender,
            "sent_at": self._time(asked_at, request),
            "again_at": self._time(again_at, request),
            "can_send": again_at is not None and self.reception.clock.now() >= again_at,
            "can_type": pending is not None and pending.tries_left > 0,
        }

    def _values(
        self, request: Request, form: SignupForm | None = None, shown: Shown | None = None
    ) -> dict[str, Any]:
        shown = shown or self.display.look()
        ticked = set(form.topic) if form and form.asked else {one.slug for one in shown.topics}
        return {
            "email": form.typed if form else "",
            "form": self._form_token(),
            "shown": shown,
            "ticked": ticked,
            "consent": self.reception.consent(request),
            "kept": "",
        }

    def _form_token(self) -> str:
        now = self.reception.clock.now()
        return self.reception.keyring.sign(
            int(now.timestamp()), purpose=Purpose.FORM, until=now + _FORM_LIVES
        )

    def _examine(self, form: SignupForm, shown: Shown) -> Mailbox | _Doubt:
        """Return whose sign-up it is, or what is to be done about the form first."""
        try:
            mailbox = Mailbox.parse(form.typed)
        except AddressError:
            return _Doubt(form=form, problem=NO_ADDRESS, about="email")
        if shown.topics and _topics(form, shown) == []:
            return _Doubt(form=form, problem=NO_TOPIC, about="topics")
        large = meant(mailbox.domain)
        if large and not form.keep:
            corrected = f"{mailbox.local}@{large}"
            return _Doubt(
                form=replace(form, email=corrected),
                problem=SLIP,
                about="email",
                told={"typed": form.typed, "meant": corrected},
                values={"kept": form.typed},
            )
        return self._too_fast(form) or mailbox

    def _too_fast(self, form: SignupForm) -> _Doubt | None:
        """Ask once more where no person can have filled in our own form."""
        now = self.reception.clock.now()
        try:
            written = self.reception.keyring.read(form.form, purpose=Purpose.FORM, now=now)
        except ExpiredTokenError:
            return _Doubt(form=form, problem=ONCE_MORE)
        except TokenError:  # a form on another site has none, and leads here
            return _Doubt(form=form)
        age = now - datetime.fromtimestamp(written, UTC)
        if age < timedelta(seconds=self.reception.settings.minimum_seconds):
            return _Doubt(form=form, problem=ONCE_MORE, values={"form": form.form})
        return None

    def _again(self, request: Request, doubt: _Doubt, shown: Shown) -> Response:
        """Show the form once more, with what was typed and what is to be done."""
        values = {**self._values(request, doubt.form, shown), **doubt.values}
        if not doubt.problem:
            return self.reception.stationery.page("subscribe", request, headers=PERSONAL, **values)
        return self.reception.stationery.problem(
            "subscribe",
            request,
            text=doubt.problem,
            field=doubt.about,
            told=dict(doubt.told),
            **values,
        )

    def _too_many(self, request: Request, form: SignupForm, error: TooManyError) -> Response:
        answer = self.reception.stationery.problem(
            "subscribe",
            request,
            text=TOO_MANY,
            told={"time": self._time(error.free_at, request)},
            status=_TOO_MANY,
            **self._values(request, form),
        )
        answer.headers["Retry-After"] = self.reception.wait(error)
        return answer

    def _to_inbox(self, request: Request, confirmation_id: int | None = None) -> Response:
        keep = self.reception.stationery.keep(request)
        answer = RedirectResponse(f"/sent{keep}", status_code=_OTHER, headers=PERSONAL)
        if confirmation_id is not None:
            self.reception.remember(answer, confirmation_id)
        return answer

    def _time(self, moment: datetime | None, request: Request) -> str:
        if moment is None:
            return ""
        language = self.reception.stationery.language(request)
        return written_time(moment, zone=self.reception.zone, language=language)


def _topics(form: SignupForm, shown: Shown) -> Sequence[str] | None:
    """Return the chosen topics that there are; None for all of them."""
    offered = {one.slug for one in shown.topics}
    chosen = offered & set(form.topic)
    return None if not form.asked or chosen == offered else sorted(chosen)
