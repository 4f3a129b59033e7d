"""The list of people: who is on it, how they come onto it, and how an operator takes them off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from subscribers import consent, suppression
from subscribers.addresses import Mailbox
from subscribers.errors import SubscriberError, SuppressedError, UnknownSubscriberError
from subscribers.language import language_tag
from subscribers.preferences import Preferences, split
from subscribers.tables import PURGED, ConsentKind, Format, Pace, Status, SubscriberRow
from subscribers.text import one_line
from subscribers.tokens import Keyring
from subscribers.unsubscribe import unsubscribe

_LONGEST_NAME = 200

# Who left may come back on the operator's word; who complained comes back by sign-up only.
_MAY_RETURN = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED, Status.ERASED})


class AddOutcome(StrEnum):
    """What became of an address that was added."""

    ADDED = "added"
    KNOWN = "known"  # a confirmed reader before; nothing was changed
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class Added:
    """One added address."""

    subscriber_id: int
    outcome: AddOutcome


@dataclass(frozen=True, kw_only=True)
class _Person:
    email: str
    name: str | None
    language: str


@dataclass(frozen=True, kw_only=True)
class Member:
    """One person on the list; ``email`` is None after erasure."""

    id: int
    email: str | None
    name: str | None
    language: str
    status: Status
    created_at: datetime
    confirmed_at: datetime | None
    paused_until: datetime | None
    preferences: Preferences


def add(
    session: Session,
    *,
    mailbox: Mailbox,
    keyring: Keyring,
    source: str,
    now: datetime,
    name: str | None = None,
    language: str = "en",
    again: bool = False,
) -> Added:
    """Record a confirmed reader; ``source`` says where and when they agreed.

    The same address twice is one reader. Raises `SuppressedError` for a mailbox that must not be
    mailed, and for somebody who left, unless ``again`` says that they have agreed anew.
    """
    keys = keyring.mailbox_keys(mailbox.canonical)
    source = consent.in_words(source)
    person = _Person(
        email=mailbox.address,
        name=one_line(name or "", limit=_LONGEST_NAME) or None,
        language=_language_tag(language),
    )
    _refuse_suppressed(session, mailbox, keys)
    subscriber_id, outcome = _enter(session, keys, person, now=now, again=again)
    if outcome is not AddOutcome.KNOWN:
        consent.record(
            session,
            subscriber_id=subscriber_id,
            kind=ConsentKind.ADDED,
            source=source,
            now=now,
            evidence={"address": mailbox.address, "agreed_anew": again},
        )
    return Added(subscriber_id=subscriber_id, outcome=outcome)


def find(session: Session, *, mailbox: Mailbox, keyring: Keyring) -> Member | None:
    """Return the member with this mailbox, in any status."""
    return _first(session, _with_keys(keyring.mailbox_keys(mailbox.canonical)))


def mailbox_key(session: Session, *, mailbox: Mailbox, keyring: Keyring) -> str:
    """Return the hash under which a mailbox is known, or would be written, here.

    After a change of the secret that is the hash under the old one.
    """
    keys = keyring.mailbox_keys(mailbox.canonical)
    known = session.scalar(select(SubscriberRow.mailbox_key).where(_with_keys(keys)))
    return known or keys[0]


def get(session: Session, *, subscriber_id: int) -> Member:
    """Return one member, or raise `UnknownSubscriberError`."""
    member = _first(session, SubscriberRow.id == subscriber_id)
    if member is None:
        raise UnknownSubscriberError(f"there is no subscriber {subscriber_id}")
    return member


_LOCK = select(SubscriberRow.id).where(SubscriberRow.id == bindparam("whose")).with_for_update()


def lock(session: Session, *, subscriber_id: int) -> None:
    """Let no other transaction decide about this person until ours ends."""
    session.connection().execute(_LOCK, {"whose": subscriber_id})


def members(
    session: Session, *, after_id: int = 0, limit: int = 100, status: str | None = None
) -> list[Member]:
    """Return a page of the list, by id; go on with the last id of the page before.

    Pages are stable: who joins comes at the end, and who leaves keeps their id. With ``status`` all
    others are left out. Of who never confirmed a row may be left that only holds a number.
    """
    page = select(SubscriberRow).where(
        SubscriberRow.id > after_id, ~SubscriberRow.mailbox_key.startswith(PURGED)
    )
    if status is not None:
        page = page.where(SubscriberRow.status == status)
    rows = session.scalars(page.order_by(SubscriberRow.id).limit(limit))
    return [_member(row) for row in rows]


def remove(
    session: Session,
    *,
    mailbox: Mailbox,
    keyring: Keyring,
    now: datetime,
    source: str = "removed by the operator",
) -> Member:
    """Take somebody off the list and keep the evidence; twice is once.

    Raises `UnknownSubscriberError` when nobody has this mailbox.
    """
    known = _first(session, _with_keys(keyring.mailbox_keys(mailbox.canonical)), lock=True)
    if known is None:
        raise UnknownSubscriberError(f"nobody is known under {mailbox.masked}")
    return take_off(session, subscriber_id=known.id, now=now, source=source)


def take_off(session: Session, *, subscriber_id: int, now: datetime, source: str) -> Member:
    """Do as `remove` does, for somebody whose id is known."""
    unsubscribe(
        session, subscriber_id=subscriber_id, kind=ConsentKind.REMOVED, source=source, now=now
    )
    return get(session, subscriber_id=subscriber_id)


def _enter(
    session: Session, keys: Sequence[str], person: _Person, *, now: datetime, again: bool
) -> tuple[int, AddOutcome]:
    """Write the person as confirmed, into a new row or the one that is there.

    The unique key decides between two processes: the loser waits and finds the winner's row.
    """
    known = _first(session, _with_keys(keys), lock=True)
    if known is None:
        inserted = _insert(session, keys[0], person, now=now)
        if inserted is not None:
            return inserted, AddOutcome.ADDED
        known = _first(session, _with_keys(keys), lock=True)
    if known is None:
        raise SubscriberError("this mailbox was deleted while it was added; add it again")
    if known.status is Status.CONFIRMED:
        return known.id, AddOutcome.KNOWN
    if known.status is not Status.PENDING:
        _refuse_unless_agreed_anew(session, known, again=again)
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == known.id)
        .values(
            email=person.email,
            name=person.name or known.name,
            language=person.language,
            status=Status.CONFIRMED,
            confirmed_at=now,
            paused_until=None,
        )
    )
    pending = known.status is Status.PENDING
    return known.id, AddOutcome.ADDED if pending else AddOutcome.RETURNED


def _insert(session: Session, key: str, person: _Person, *, now: datetime) -> int | None:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    inserted: int | None = session.scalar(
        dialect.insert(SubscriberRow)
        .values(
            email=person.email,
            name=person.name,
            language=person.language,
            mailbox_key=key,
            status=Status.CONFIRMED,
            created_at=now,
            confirmed_at=now,
        )
        .on_conflict_do_nothing()
        .returning(SubscriberRow.id)
    )
    return inserted


def _refuse_suppressed(session: Session, mailbox: Mailbox, keys: Sequence[str]) -> None:
    barrier = suppression.find(session, mailbox_keys=keys)
    if barrier:
        raise SuppressedError(
            f"{mailbox.masked} must not be mailed: suppressed on {barrier.since:%Y-%m-%d}"
            f" ({barrier.reason})"
        )


def _refuse_unless_agreed_anew(session: Session, known: Member, *, again: bool) -> None:
    if again and known.status in _MAY_RETURN:
        return
    event = consent.latest(session, subscriber_id=known.id)
    when = f" since {event.at:%Y-%m-%d}" if event else ""
    cure = "only they themselves can sign up again"
    if known.status in _MAY_RETURN:
        cure = "if they have agreed anew, say so with --again and the new consent"
    raise SuppressedError(f"this person is {known.status}{when}; {cure}")


def _language_tag(text: str) -> str:
    tag = language_tag(text)
    if tag is None:
        raise SubscriberError("the language is not one like en, de or pt-BR")
    return tag


def _with_keys(keys: Sequence[str]) -> ColumnElement[bool]:
    return SubscriberRow.mailbox_key.in_(keys)


def _first(session: Session, where: ColumnElement[bool], *, lock: bool = False) -> Member | None:
    statement = select(SubscriberRow).where(where).order_by(SubscriberRow.id)
    if lock:
        statement = statement.with_for_update()
    row = session.scalars(statement.execution_options(populate_existing=True)).first()
    return _member(row) if row else None


def _member(row: SubscriberRow) -> Member:
    return Member(
        id=row.id,
        email=row.email,
        name=row.name,
        language=row.language,
        status=Status(row.status),
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        paused_until=row.paused_until,
        preferences=Preferences(
            topics=split(row.topics),
            pace=Pace(row.pace),
            language=row.language,
            format=Format(row.format),
        ),
    )
