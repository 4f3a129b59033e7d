"""The reception: what sign-up and confirmation share, between the pages and the people."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlalchemy.orm import Session

from digest import welcome
from digest.calendar import ScheduleSettings
from digest.clock import Clock
from digest.editions.issue import NewsletterSettings
from digest.joining import SignupSettings
from digest.pages import WebSettings
from digest.render.sentences import rhythm
from digest.render.words import Words
from digest.web.peers import peer_of
from digest.web.scribe import Scribe
from digest.web.stationery import Stationery
from digest.web.words import sentence
from storage.database import Database
from subscribers import policy, signup
from subscribers.addresses import Mailbox
from subscribers.errors import TokenError, TooManyError
from subscribers.policy import Origin
from subscribers.preferences import Preferences
from subscribers.signup import Application, Applied, Pending
from subscribers.text import one_line
from subscribers.tokens import Keyring, Purpose

_COOKIE = "signup"
_LONGEST_TYPED = 400
_FAST = timedelta(seconds=10)  # a person takes longer to find a mail, open it and press a button
_VERSION_DIGITS = 12

CONSENT = sentence(
    "Send me %(newsletter)s by email. %(rhythm)s I can unsubscribe at any time, with one click."
)


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """What a browser remembers of its sign-up: the request, and when it made it."""

    confirmation_id: int
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class Reception:
    """Takes requests and confirmations with their evidence; the pages only show."""

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery
    settings: SignupSettings
    newsletter: NewsletterSettings
    web: WebSettings
    schedule: ScheduleSettings

    @property
    def zone(self) -> ZoneInfo:
        """The newsletter's time zone."""
        return ZoneInfo(self.schedule.zone)

    def consent(self, request: Request) -> str:
        """Return the words that somebody agrees to, as they stand on the page."""
        return _consent(
            self.stationery.words(request),
            newsletter=self.newsletter.name,
            day=self.clock.now().astimezone(self.zone).date(),
            schedule=self.schedule,
        )

    def apply(self, wanted: Application) -> Applied:
        """Note a request; raises `TooManyError`."""
        return self.database.together_all(self._apply_all, wanted)

    def wait(self, error: TooManyError) -> str:
        """Return in how many seconds a request may come again, as the header Retry-After says."""
        return str(max(1, ceil((error.free_at - self.clock.now()).total_seconds())))

    async def take(self, wanted: Application) -> Applied:
        """Do what `apply` does, without a thread that waits."""
        return await self._scribe.write(wanted)

    def application(
        self, request: Request, mailbox: Mailbox, *, typed: str, topics: Sequence[str] | None
    ) -> Application:
        """Return what somebody asks for, with its evidence."""
        language, text = self.stationery.language(request), self.consent(request)
        consent = {"text": text, "version": version_of(text), "language": language}
        address = one_line(typed, limit=_LONGEST_TYPED)
        origin = self._origin(request)
        return Application(
            mailbox=mailbox,
            wishes=Preferences(
                topics=tuple(topics) if topics is not None else None, language=language
            ),
            source="sign-up form",
            evidence=policy.as_evidence(
                origin, keep=self.settings.keep, more={"address": address, "consent": consent}
            ),
            budgets=policy.budgets_of(
                mailbox,
                ip=origin.ip,
                allowances=self.settings.allowances,
                keyring=self.keyring,
            ),
        )

    @cached_property
    def _scribe(self) -> Scribe[Application, Applied]:
        return Scribe(self.database, self._apply_all, clock=self.clock, name="sign-ups")

    def _apply_all(self, session: Session, many: Sequence[Application]) -> list[Applied]:
        return welcome.apply_all(session, many, keyring=self.keyring, now=self.clock.now())

    def confirm(self, request: Request, confirmation_id: int, *, method: str) -> Pending:
        """Make somebody a reader, with the evidence of how; twice is once."""
        now = self.clock.now()
        evidence: dict[str, Any] = policy.as_evidence(
            self._origin(request), keep=self.settings.keep, more={"method": method}
        )
        with self.database.begin() as session:
            taken_at = welcome.taken_at(session, confirmation_id=confirmation_id)
            if (
                taken_at
                and now - taken_at < _FAST
                and not self.is_remembered(request, confirmation_id)
            ):
                evidence["fast"] = True
            after = signup.confirm(
                session,
                confirmation_id=confirmation_id,
                keyring=self.keyring,
                now=now,
                source=f"confirmed by {method}",
                evidence=evidence,
            )
            if self.settings.welcome and after.anew:
                welcome.greet(
                    session,
                    subscriber_id=after.subscriber_id,
                    newsletter=self.newsletter.slug,
                    evergreen=self.settings.evergreen,
                    now=now,
                )
        return after

    def remember(self, response: Response, confirmation_id: int) -> None:
        """Have the browser remember its request, so that it can confirm with one click."""
        until = self.clock.now() + signup.LIVES
        token = self.keyring.sign(confirmation_id, purpose=Purpose.BROWSER, until=until)
        self.stationery.set_cookie(response, _COOKIE, token, lifetime=signup.LIVES)

    def remembered(self, request: Request) -> Remembered | None:
        """Return what this browser remembers, or None."""
        token = self.stationery.cookie(request, _COOKIE)
        try:
            opened = self.keyring.open(token, purpose=Purpose.BROWSER, now=self.clock.now())
        except TokenError:
            return None
        if opened.until is None:
            return None
        return Remembered(confirmation_id=opened.number, asked_at=opened.until - signup.LIVES)

    def is_remembered(self, request: Request, confirmation_id: int) -> bool:
        """Whether this browser made this request."""
        known = self.remembered(request)
        return known is not None and known.confirmation_id == confirmation_id

    def manage_token(self, subscriber_id: int) -> str:
        """Return the fresh link of somebody who has just confirmed."""
        until = self.clock.now() + timedelta(hours=1)
        return self.keyring.sign(subscriber_id, purpose=Purpose.MANAGE, until=until)

    def _origin(self, request: Request) -> Origin:
        return Origin(
            ip=peer_of(request, trusted=self.web.trusted_proxies),
            user_agent=request.headers.get("user-agent", ""),
            form=f"{self.web.public_url}{request.scope['route'].path}",
        )


@lru_cache(maxsize=100)  # a crontab line takes longer to read than all else that a request does
def _consent(words: Words, *, newsletter: str, day: date, schedule: ScheduleSettings) -> str:
    return words.sentences.gettext(CONSENT) % {
        "newsletter": newsletter,
        "rhythm": rhythm(words, day, schedule=schedule),
    }


def version_of(text: str) -> str:
    """Name a consent text by its content: whoever changes a word makes a new version."""
    return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_DIGITS]
