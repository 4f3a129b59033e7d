"""Sign-up by JSON: the same path, budgets and answer as the form has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy.orm import Session

from digest import welcome
from digest.clock import Clock
from digest.editions.issue import NewsletterSettings
from digest.editions.offer import offered
from digest.joining import SignupSettings
from digest.posts.topics import TopicSettings
from digest.web.api_models import NewSignup, Taken
from digest.web.problems import ProblemError
from digest.web.reception import version_of
from storage.database import Database
from subscribers import policy
from subscribers.addresses import Mailbox
from subscribers.erasure import without_addresses
from subscribers.errors import TooManyError
from subscribers.policy import Origin
from subscribers.preferences import Preferences
from subscribers.signup import Application
from subscribers.tokens import Keyring


@dataclass(frozen=True, kw_only=True)
class SignupApi:
    """Takes what `SignupPages` take, from a program that speaks for its readers."""

    database: Database
    keyring: Keyring
    clock: Clock
    newsletter: NewsletterSettings
    topics: TopicSettings
    languages: Sequence[str]
    settings: SignupSettings

    def take(self, new: NewSignup) -> Taken:
        """Ask for a subscription; its owner confirms it by mail. The answer tells nothing else."""
        mailbox = Mailbox.parse(new.email)
        now = self.clock.now()
        try:
            self.database.together(lambda session: self._apply(session, new, mailbox, now=now))
        except TooManyError as error:
            wait = max(1, ceil((error.free_at - now).total_seconds()))
            raise ProblemError(429, str(error), headers={"Retry-After": str(wait)}) from None
        return Taken()

    def _apply(self, session: Session, new: NewSignup, mailbox: Mailbox, *, now: datetime) -> None:
        wanted = self._application(session, new, mailbox)
        welcome.apply(session, wanted, keyring=self.keyring, now=now)

    def _application(self, session: Session, new: NewSignup, mailbox: Mailbox) -> Application:
        language = new.language or self.newsletter.language
        ip = str(new.ip) if new.ip else None
        origin = Origin(ip=ip, user_agent=new.user_agent, form=new.form)
        return Application(
            mailbox=mailbox,
            wishes=self._wishes(session, new, language),
            source="sign-up by the JSON interface",
            evidence=policy.as_evidence(
                origin,
                keep=self.settings.keep,
                more={"address": new.email, **_words(new.consent, language)},
            ),
            budgets=policy.budgets_of(
                mailbox, ip=ip, allowances=self.settings.allowances, keyring=self.keyring
            ),
        )

    def _wishes(self, session: Session, new: NewSignup, language: str) -> Preferences:
        topics = offered(session, self.newsletter.slug, settings=self.topics)
        return Preferences.choose(
            new.topics,
            offered=[one.slug for one in topics],
            pace="weekly",
            language=language,
            languages=self.languages,
            format="html",
        )


def _words(shown: str, language: str) -> dict[str, Any]:
    """Return the words that were agreed to, and as they were shown when an address is in them.

    The former stay after an erasure, the latter do not: see `subscribers.erasure`.
    """
    text = without_addresses(shown)
    consent = {"text": text, "version": version_of(shown), "language": language}
    return {"consent": consent} | ({"consent_as_shown": shown} if text != shown else {})
