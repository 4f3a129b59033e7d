"""Signing up: a request that changes nothing yet, and the confirmation that does, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from subscribers import budgets, consent, suppression
from subscribers.addresses import Mailbox
from subscribers.budgets import Budget
from subscribers.consent import ConsentEvent
from subscribers.errors import TooManyError, UnknownSubscriberError
from subscribers.preferences import Preferences, joined
from subscribers.signup_writes import Asked, Entrant, enter, note
from subscribers.suppression import Reason
from subscribers.tables import (
    ConfirmationRow,
    ConsentKind,
    Format,
    Pace,
    Status,
    SubscriberRow,
)
from subscribers.tokens import Keyring

LIVES = timedelta(hours=48)
"""How long a link and a code work."""
AGAIN_AFTER = timedelta(hours=24)
"""How long one request stands for all those of the same address; then a new one is made."""
PURPOSE = "signup"
DECOY = "decoy"
"""The purpose of a confirmation that cannot succeed, for a request that must look like others."""
_TRIES = 5


class Letter(StrEnum):
    """What the address has to be sent."""

    CONFIRM = "confirm"
    EXISTS = "exists"
    NONE = "none"  # the operator let nothing be sent there


@dataclass(frozen=True, kw_only=True)
class Application:
    """One request for a subscription.

    ``wishes`` take effect when it is confirmed. ``source`` says in words through which channel it
    came; ``evidence`` holds what is to be kept: the consent's words, version and language, the
    address as typed, where it came from.
    """

    mailbox: Mailbox
    wishes: Preferences
    source: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    budgets: Sequence[Budget] = ()


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What became of a request; the answer to whoever made it must not depend on ``letter``.

    ``is_new`` is False for a repetition that stands for nothing new.
    """

    subscriber_id: int
    confirmation_id: int
    letter: Letter
    email: str
    language: str
    expires_at: datetime
    is_new: bool


class Step(StrEnum):
    """How far a request has come."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    LEFT = "left"  # it was confirmed, and the reader has left since


@dataclass(frozen=True, kw_only=True)
class Pending:
    """One request as it stands; ``email`` is whole, for the page of whoever typed it.

    ``anew`` is whether the very call of `confirm` that returns it has made somebody a reader.
    """

    confirmation_id: int
    subscriber_id: int
    step: Step
    email: str | None
    wishes: Preferences
    requested_at: datetime
    expires_at: datetime
    tries_left: int
    confirmed_at: datetime | None
    anew: bool = False


def request(session: Session, wanted: Application, *, keyring: Keyring, now: datetime) -> Applied:
    """Note that somebody asks for a subscription; nothing changes before it is confirmed.

    Every kind of address costs the same statements: new, pending, confirmed, suppressed. Raises
    `TooManyError` when a network, a domain or all have asked too often in this hour.
    """
    [applied] = request_all(session, [wanted], keyring=keyring, now=now)
    return applied


def request_all(
    session: Session, many: Sequence[Application], *, keyring: Keyring, now: datetime
) -> list[Applied]:
    """Do what `request` does for several who ask at the same time, step by step for all of them.

    Who comes second with an address finds what the first has entered in the step.
    """
    is_spent = _spend(session, many, now=now)
    keys = [keyring.mailbox_keys(wanted.mailbox.canonical) for wanted in many]
    people = _people(session, many, keys, now=now)
    requests = _requests(session, many, keys, people, now=now)
    applied = [
        Applied(
            subscriber_id=person.id,
            confirmation_id=id_,
            letter=person.letter,
            email=wanted.mailbox.address,
            language=(
                wanted.wishes.language if person.letter is Letter.CONFIRM else person.language
            ),
            expires_at=expires_at,
            is_new=not spent,
        )
        for wanted, person, (id_, expires_at), spent in zip(
            many, people, requests, is_spent, strict=True
        )
    ]
    _keep_evidence(session, many, applied, now=now)
    return applied


def look(session: Session, *, confirmation_id: int, now: datetime) -> Pending:
    """Return how far a request has come, or raise `UnknownSubscriberError`."""
    return _pending(*_rows(session, confirmation_id), now=now)


def confirm(
    session: Session,
    *,
    confirmation_id: int,
    keyring: Keyring,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> Pending:
    """Make somebody a reader; twice is once. What comes back says whether they are one.

    ``source`` says in words how they confirmed. It lifts a suppression, unless the operator's.
    """
    row, reader = _rows(session, confirmation_id, lock=True)
    before = _pending(row, reader, now=now)
    if row.purpose != PURPOSE or row.email is None or before.step is not Step.WAITING:
        return before
    if not _lift(session, keyring.mailbox_keys(Mailbox.parse(row.email).canonical)):
        return before
    _welcome(reader, row, now=now)
    row.used_at = now
    consent.record(
        session,
        subscriber_id=reader.id,
        kind=ConsentKind.CONFIRMED,
        source=source,
        now=now,
        evidence={
            "address": row.email,
            "confirmation": row.id,
            "preferences": before.wishes.as_evidence(),
            **(evidence or {}),
        },
    )
    session.flush()
    return replace(_pending(row, reader, now=now), anew=True)


def try_code(
    session: Session, *, confirmation_id: int, typed: str, keyring: Keyring, now: datetime
) -> bool:
    """Say whether these are the six digits of the letter; after five tries only its link works.

    The try is used up by asking, so that of two requests at once each has its own. No digits fit a
    request that was confirmed before; tries at it are counted all the same, for nobody may learn by
    them that it was.
    """
    row = session.execute(
        update(ConfirmationRow)
        .where(
            ConfirmationRow.id == confirmation_id,
            ConfirmationRow.tries_left > 0,
            ConfirmationRow.expires_at > now,
        )
        .values(tries_left=ConfirmationRow.tries_left - 1)
        .returning(ConfirmationRow.requested_at, ConfirmationRow.purpose, ConfirmationRow.used_at)
    ).first()
    if row is None:
        return False
    fits = keyring.is_code(typed, confirmation_id, at=row.requested_at)
    return fits and row.purpose == PURPOSE and row.used_at is None


def _spend(session: Session, many: Sequence[Application], *, now: datetime) -> list[bool]:
    """Use the budgets; return for each whether a quiet one was used up before."""
    spent = budgets.spend_all(session, [wanted.budgets for wanted in many], now=now)
    loud = [one for each in spent for one in each if not one.budget.quiet]
    if loud:
        free_at = max(one.free_at for one in loud)
        raise TooManyError("too many sign-ups in this hour", free_at=free_at)
    return [bool(each) for each in spent]


@dataclass(frozen=True, kw_only=True)
class _Person:
    """Whose mailbox it is, what they are sent, and the language they have chosen before."""

    id: int
    letter: Letter
    language: str


def _people(
    session: Session,
    many: Sequence[Application],
    keys: Sequence[Sequence[str]],
    *,
    now: datetime,
) -> list[_Person]:
    """Find whose mailboxes these are, or enter them as pending; lock them.

    The write is one for strangers and for those known.
    """
    entrants = [
        Entrant(keys=own, email=wanted.mailbox.address, language=wanted.wishes.language)
        for wanted, own in zip(many, keys, strict=True)
    ]
    return [
        _Person(id=one.id, letter=_letter(one.status, one.barrier), language=one.language)
        for one in enter(session, entrants, now=now)
    ]


def _letter(status: str, barrier: str | None) -> Letter:
    """Choose the letter by somebody's status, and by why their mailbox is suppressed."""
    if barrier == Reason.OPERATOR:
        return Letter.NONE
    return Letter.EXISTS if status == Status.CONFIRMED and not barrier else Letter.CONFIRM


def _requests(
    session: Session,
    many: Sequence[Application],
    keys: Sequence[Sequence[str]],
    people: Sequence[_Person],
    *,
    now: datetime,
) -> list[tuple[int, datetime]]:
    """Note the requests, or let one that is open stand for them; return each one's id and end.

    Everybody who enters one address shares one request, and so its five tries at the code.
    """
    asked = [
        Asked(
            whose=person.id,
            purpose=PURPOSE if person.letter is Letter.CONFIRM else DECOY,
            email=wanted.mailbox.address,
            key=own[0],
            wishes=wanted.wishes.as_evidence(),
        )
        for wanted, own, person in zip(many, keys, people, strict=True)
    ]
    return note(session, asked, now=now, since=now - AGAIN_AFTER, until=now + LIVES, tries=_TRIES)


def _keep_evidence(
    session: Session,
    many: Sequence[Application],
    applied: Sequence[Applied],
    *,
    now: datetime,
) -> None:
    """Keep how each request was made, unless it stands for nothing new."""
    events = [
        (
            one.subscriber_id,
            ConsentEvent(
                at=now,
                kind=ConsentKind.REQUESTED,
                source=wanted.source,
                evidence={**wanted.evidence, "confirmation": one.confirmation_id},
            ),
        )
        for wanted, one in zip(many, applied, strict=True)
        if one.is_new
    ]
    consent.record_all(session, events)


def _rows(
    session: Session, confirmation_id: int, *, lock: bool = False
) -> tuple[ConfirmationRow, SubscriberRow]:
    """Read a request and whose it is; locked in the order in which `request` locks them."""
    query = select(ConfirmationRow).where(
        ConfirmationRow.id == confirmation_id,
        ConfirmationRow.purpose.in_((PURPOSE, DECOY)),
    )
    found = session.scalars(query).first()
    if found is None:
        raise UnknownSubscriberError("nothing is known under this link")
    reader = session.get_one(
        SubscriberRow,
        found.subscriber_id,
        with_for_update=lock or None,
        populate_existing=True,
    )
    if lock:
        session.refresh(found, with_for_update=True)
    return found, reader


def _pending(row: ConfirmationRow, reader: SubscriberRow, *, now: datetime) -> Pending:
    return Pending(
        confirmation_id=row.id,
        subscriber_id=row.subscriber_id,
        step=_step(row, reader, now=now),
        email=row.email,
        wishes=_wishes(row.wishes),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        tries_left=row.tries_left,
        confirmed_at=row.used_at or reader.confirmed_at,
    )


def _step(row: ConfirmationRow, reader: SubscriberRow, *, now: datetime) -> Step:
    """Say how far it has come; another request that was confirmed since stands for this one."""
    is_settled = (
        row.purpose == PURPOSE
        and reader.confirmed_at is not None
        and reader.confirmed_at >= row.requested_at
    )
    if row.used_at is not None or is_settled:
        return Step.CONFIRMED if reader.status == Status.CONFIRMED else Step.LEFT
    return Step.WAITING if now < row.expires_at and row.email else Step.EXPIRED


def _wishes(kept: Mapping[str, Any]) -> Preferences:
    topics = kept.get("topics")
    return Preferences(
        topics=tuple(topics) if topics is not None else None,
        pace=Pace(kept.get("pace", Pace.WEEKLY)),
        language=kept.get("language", "en"),
        format=Format(kept.get("format", Format.HTML)),
    )


def _lift(session: Session, keys: Sequence[str]) -> bool:
    """Let the mailbox be mailed again; False where only the operator can allow that."""
    barrier = suppression.find(session, mailbox_keys=keys)
    if barrier is None:
        return True
    return barrier.reason is not Reason.OPERATOR and suppression.lift(session, mailbox_keys=keys)


def _welcome(reader: SubscriberRow, row: ConfirmationRow, *, now: datetime) -> None:
    wishes = _wishes(row.wishes)
    reader.email = row.email
    reader.status = Status.CONFIRMED
    reader.confirmed_at = now
    reader.paused_until = None
    reader.topics = joined(wishes.topics)
    reader.pace = wishes.pace
    reader.language = wishes.language
    reader.format = wishes.format
