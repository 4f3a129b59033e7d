"""The audience: whom an issue goes to, and for everybody else the one reason why not."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    SQLColumnExpression,
    bindparam,
    case,
    exists,
    false,
    func,
    select,
)
from sqlalchemy.orm import Session

from storage.database import runs_of
from subscribers import suppression
from subscribers.errors import UnknownSubscriberError
from subscribers.person import Person
from subscribers.tables import Pace, Status, SubscriberRow, SuppressionRow

_IDS_PER_QUERY = 5_000  # databases limit the parameters of one statement


def candidates(*, now: datetime, pace: str = Pace.WEEKLY) -> "Select[int, str, str, str, str]":
    """Select (id, mailbox_key, language, topics, format) of all who get an issue frozen now.

    An issue is for readers of one ``pace``: each week's, or the best of four weeks. Made to stand
    in an INSERT ... SELECT. One row per mailbox, because a mailbox is unique. ``topics`` are never
    NULL: "" stands for all.
    """
    return (
        select(
            SubscriberRow.id,
            SubscriberRow.mailbox_key,
            SubscriberRow.language,
            func.coalesce(SubscriberRow.topics, "").label("topics"),
            SubscriberRow.format,
        )
        .where(_wanted(), ~_paused(now), SubscriberRow.pace == pace)
        .order_by(SubscriberRow.id)
    )


def choices(
    session: Session, *, now: datetime, pace: str = Pace.WEEKLY
) -> dict[tuple[str, str, str], int]:
    """Count the candidates of each choice: (language, topics, format) as `candidates` gives it."""
    people = candidates(now=now, pace=pace).order_by(None).subquery()
    choice = (people.c.language, people.c.topics, people.c.format)
    rows = session.execute(select(*choice, func.count()).group_by(*choice))
    return {(language, topics, form): readers for language, topics, form, readers in rows}


def members(session: Session) -> int:
    """Count everybody on the list, whatever they are to us."""
    return session.scalar(select(func.count()).select_from(SubscriberRow)) or 0


def excluded(session: Session, *, now: datetime, pace: str = Pace.WEEKLY) -> dict[str, int]:
    """Count every member who is no candidate of such an issue, each under exactly one reason.

    Members = candidates + the sum of this, always.
    """
    reason = _reason(now, pace).label("reason")
    rows = session.execute(select(reason, func.count()).where(reason.is_not(None)).group_by(reason))
    return {str(name): count for name, count in rows}


def still_wanted(subscriber_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Say in SQL whether this subscriber still wants mail: the question right before the dot.

    A pause that begins after the freeze begins with the next issue: it takes no consent back.
    """
    return exists().where(SubscriberRow.id == subscriber_id, _wanted())


def wanted_among(session: Session, subscriber_ids: Sequence[int]) -> frozenset[int]:
    """Return those of these subscribers who still want mail (see `still_wanted`)."""
    rows = select(SubscriberRow.id).where(SubscriberRow.id.in_(subscriber_ids), _wanted())
    return frozenset(session.scalars(rows))


def readers(session: Session, *, subscriber_ids: Sequence[int]) -> list[Person]:
    """Return these members; the erased, who have no address, are left out."""
    connection = session.connection()
    runs = runs_of(subscriber_ids)
    asked: list[tuple[Executable, dict[str, Any]]]
    if len(runs) <= _MOST_RUNS:
        asked = [(_RUN_OF_READERS, {"first": first, "last": last}) for first, last in runs]
    else:
        asked = [
            (_SOME_READERS, {"ids": subscriber_ids[start : start + _IDS_PER_QUERY]})
            for start in range(0, len(subscriber_ids), _IDS_PER_QUERY)
        ]
    people: list[Person] = []
    for statement, values in asked:
        people += map(Person._make, connection.execute(statement, values).all())
    return people


_MOST_RUNS = 8
_READERS = select(
    SubscriberRow.id,
    SubscriberRow.email,
    SubscriberRow.name,
    SubscriberRow.language,
    func.coalesce(SubscriberRow.confirmed_at, SubscriberRow.created_at),
).where(SubscriberRow.email.is_not(None))
_RUN_OF_READERS = _READERS.where(SubscriberRow.id.between(bindparam("first"), bindparam("last")))
_SOME_READERS = _READERS.where(SubscriberRow.id.in_(bindparam("ids", expanding=True)))


def of_addresses(emails: Collection[str]) -> "Select[int]":
    """Select the members whose addresses these are, however they are written."""
    spelled = [email.strip().lower() for email in emails]
    return select(SubscriberRow.id).where(func.lower(SubscriberRow.email).in_(spelled))


def roll_call(
    session: Session, *, now: datetime, pace: str = Pace.WEEKLY
) -> Iterator[tuple[str, str]]:
    """Name every member, by id, with "gets it" or the reason why not; reads row by row."""
    rows = session.execute(
        select(SubscriberRow.email, _reason(now, pace)).order_by(SubscriberRow.id),
        execution_options={"yield_per": 1000},
    )
    for email, reason in rows:
        yield email or "(erased)", reason or "gets it"


def explain(session: Session, *, subscriber_id: int, now: datetime) -> str:
    """Say why this member gets the next issue or not, as the end of a sentence."""
    row = session.execute(
        select(_reason(now, Pace.WEEKLY), SubscriberRow.paused_until, SuppressionRow.reason)
        .outerjoin(SuppressionRow, SuppressionRow.mailbox_key == SubscriberRow.mailbox_key)
        .where(SubscriberRow.id == subscriber_id)
    ).first()
    if row is None:
        raise UnknownSubscriberError(f"there is no subscriber {subscriber_id}")
    reason, paused_until, suppression = row
    if reason is None:
        return "gets the next issue"
    if reason == Pace.MONTHLY:
        return "gets no weekly issue: chose the best of four weeks"
    detail = {"paused": f" until {paused_until:%Y-%m-%d}" if paused_until else ""}
    detail["suppressed"] = f" ({suppression})"
    return f"gets no issue: {reason}{detail.get(reason, '')}"


def _wanted() -> ColumnElement[bool]:
    return (
        (SubscriberRow.status == Status.CONFIRMED)
        & SubscriberRow.email.is_not(None)
        & ~suppression.holds(SubscriberRow.mailbox_key)
    )


def _paused(now: datetime) -> ColumnElement[bool]:
    # Never NULL: "NOT NULL" would be neither true nor false, and the reader in neither list.
    return func.coalesce(SubscriberRow.paused_until > now, false())


def _reason(now: datetime, pace: str) -> ColumnElement[str | None]:
    """Give the first reason that applies, or NULL for a candidate.

    Whoever reads at another pace is counted under theirs: "monthly" among a weekly issue's.
    """
    return case(
        (SubscriberRow.status != Status.CONFIRMED, SubscriberRow.status),
        (SubscriberRow.email.is_(None), Status.ERASED.value),
        (suppression.holds(SubscriberRow.mailbox_key), "suppressed"),
        (_paused(now), "paused"),
        (SubscriberRow.pace != pace, SubscriberRow.pace),
        else_=None,
    )
