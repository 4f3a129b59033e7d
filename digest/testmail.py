"""A test mail: the letter that would be sent, marked as a test, to a few addresses."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from digest import fence, logbook, planning, printing
from digest.app import App
from digest.calendar import Period
from digest.editions import store as editions
from digest.editions.choices import Choice
from digest.editions.issue import Issue
from digest.editions.store import Edition, Variant
from digest.errors import PersonNeededError, UsageError
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Verdict
from digest.planning import Plan
from digest.providers.carrier import deliver
from subscribers import directory, suppression
from subscribers.addresses import Mailbox
from subscribers.person import Person

MOST = 5
"""Addresses of one test."""
MARK = "[Test]"
_NOBODY = 2**31 - 1  # the number of a reader whom there is not: their links lead nowhere
_BEYOND_DELIVERIES = 2**31  # no delivery has such a number: what comes back finds none
_NUMBERS = 10**12


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Whom a test goes to: a known person with their choices, or anybody with the usual ones."""

    reader: Person
    choice: Choice
    is_known: bool


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What became of one test mail, as the end of a sentence about its address."""

    email: str
    was_accepted: bool
    sentence: str


def send_test(
    app: App, period: Period, emails: Sequence[str], *, write: bool = True
) -> tuple[Tested, ...]:
    """Send the issue as it is now to at most five addresses, subscribers or not.

    No delivery is written. Raises `UsageError` for too many addresses and for those that are none,
    `PersonNeededError` where there is no issue. Without ``write`` nothing leaves.
    """
    addressees = [_addressee(app, email) for email in dict.fromkeys(emails)]
    if not 1 <= len(addressees) <= MOST:
        raise UsageError(f"a test goes to one to {MOST} addresses, not to {len(addressees)}")
    plan = planning.draw(app, period)
    if plan.issue is None:
        raise PersonNeededError(f"issue {period.name} has nothing to send: no post is in it")
    if not write:
        return tuple(
            Tested(email=one.reader.email, was_accepted=False, sentence=_as_whom(one))
            for one in addressees
        )
    fence.require(app)
    edition = _noted(app, period, addressees=len(addressees))
    return tuple(_handed_over(app, plan, plan.issue, edition, addressees))


def _addressee(app: App, email: str) -> Addressee:
    mailbox = Mailbox.parse(email)
    with app.database.read() as session:
        member = directory.find(session, mailbox=mailbox, keyring=app.keyring)
        keys = app.keyring.mailbox_keys(mailbox.canonical)
        if suppression.find(session, mailbox_keys=keys):
            raise UsageError(f"{mailbox.masked} is suppressed: nothing is mailed there, no test")
    if member is None or member.email is None:
        language = app.config.newsletter.language
        reader = Person(_NOBODY, mailbox.address, None, language, app.clock.now())
        return Addressee(reader=reader, choice=Choice(language), is_known=False)
    chosen = member.preferences
    since = member.confirmed_at or member.created_at
    return Addressee(
        reader=Person(member.id, member.email, member.name, member.language, since),
        choice=Choice(member.language, ",".join(chosen.topics or ()), str(chosen.format)),
        is_known=True,
    )


def _noted(app: App, period: Period, *, addressees: int) -> Edition:
    """Note that a test is sent; returns the edition, opened before its time."""
    now = app.clock.now()
    with app.database.begin() as session:
        logbook.note(
            session,
            actor=app.actor,
            action="send test",
            about=f"issue {period.name}",
            now=now,
            addresses=addressees,
        )
        return editions.open_edition(session, app.newsletter, period=period, now=now)


def _handed_over(
    app: App, plan: Plan, issue: Issue, edition: Edition, addressees: Sequence[Addressee]
) -> Iterator[Tested]:
    """Write and hand over one letter after the other, each in the form of its addressee."""
    forms: dict[Choice, Variant | None] = {}
    with closing(app.carrier.connect()) as connection:
        for one in addressees:
            if one.choice not in forms:
                forms[one.choice] = printing.proof(app, issue, one.choice, recent=plan.recent)
            form = forms[one.choice]
            if form is None:
                yield _told(one, "was sent nothing: the issue has no post of their topics")
                continue
            letter = _letter(app, issue, edition, form, to=one.reader)
            outcome = deliver(connection, letter, intent=lambda: True)
            yield _told(one, _said(one, outcome), was_accepted=_is_accepted(outcome))


def _letter(app: App, issue: Issue, edition: Edition, form: Variant, *, to: Person) -> Letter:
    marked = replace(form, subject=f"{MARK} {form.subject}")
    personaliser = app.personalisers(edition, issue, {1: marked})[1]
    key = f"test.{_BEYOND_DELIVERIES + secrets.randbelow(_NUMBERS)}"
    is_filled_there = app.carrier.capabilities.takes == "sheet"
    return (personaliser.to_fill if is_filled_there else personaliser.letter)(to, key=key)


def _told(one: Addressee, sentence: str, *, was_accepted: bool = False) -> Tested:
    return Tested(email=one.reader.email, was_accepted=was_accepted, sentence=sentence)


def _is_accepted(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.ACCEPTED


def _said(one: Addressee, outcome: Outcome) -> str:
    if _is_accepted(outcome):
        return f"has the test, {_as_whom(one)}"
    answer = f"{outcome.reply or ''} {outcome.text}".strip() or "no answer"
    return f"has no test ({outcome.verdict} at {outcome.stage}: {answer})"


def _as_whom(one: Addressee) -> str:
    if one.is_known:
        return "as this reader gets it"
    return "as a new reader would get it, with links that lead to nobody's subscription"
