"""The record of moves: who wants their issues at which other address, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from subscribers.errors import UnknownSubscriberError
from subscribers.tables import ConfirmationRow, SubscriberRow

ASKED_LIVES = timedelta(hours=48)
UNDO_LIVES = timedelta(days=7)
PURPOSE = "address"
_DAY = timedelta(days=1)
_TRIES = 5


class State(StrEnum):
    """How far a move has come."""

    WAITING = "waiting"
    EXPIRED = "expired"
    TAKEN = "taken"  # the address that it leads to has a subscription of its own by now
    MOVED = "moved"
    BACK = "back"


@dataclass(frozen=True, kw_only=True)
class Move:
    """One move. Addresses are whole: mask them wherever a page or a log shows them.

    ``old`` is None until it has happened, and again when it can no longer be undone.
    """

    id: int
    subscriber_id: int
    state: State
    new: str
    old: str | None
    language: str
    asked_at: datetime
    expires_at: datetime
    tries_left: int
    moved_at: datetime | None


def look(session: Session, *, move_id: int, now: datetime) -> Move:
    """Return how far a move has come, or raise `UnknownSubscriberError`."""
    row = row_of(session, move_id)
    language = session.scalar(
        select(SubscriberRow.language).where(SubscriberRow.id == row.subscriber_id)
    )
    undoable = row.used_at is not None and now < row.used_at + UNDO_LIVES
    return Move(
        id=row.id,
        subscriber_id=row.subscriber_id,
        state=_state(row, now=now),
        new=row.email or "",
        old=row.wishes["before"]["email"] if undoable else None,
        language=language or "en",
        asked_at=row.requested_at,
        expires_at=row.expires_at,
        tries_left=row.tries_left,
        moved_at=row.used_at,
    )


def write(
    session: Session, *, subscriber_id: int, email: str, mailbox_key: str, now: datetime
) -> ConfirmationRow:
    """Note a move that waits for the new address."""
    row = ConfirmationRow(
        subscriber_id=subscriber_id,
        purpose=PURPOSE,
        email=email,
        mailbox_key=mailbox_key,
        wishes={},
        requested_at=now,
        expires_at=now + ASKED_LIVES,
        tries_left=_TRIES,
    )
    session.add(row)
    session.flush()
    return row


def row_of(session: Session, move_id: int, *, lock: bool = False) -> ConfirmationRow:
    """Read a move; one whose addresses are forgotten is gone (`UnknownSubscriberError`)."""
    query = _moves().where(ConfirmationRow.id == move_id, ConfirmationRow.email.is_not(None))
    if lock:
        query = query.with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).first()
    if row is None:
        raise UnknownSubscriberError("nothing is known under this link")
    return row


def waiting_for(session: Session, *, keys: Sequence[str], now: datetime) -> ConfirmationRow | None:
    """Return the move to this mailbox that waits since less than a day, if there is one."""
    return session.scalars(
        _moves()
        .where(
            ConfirmationRow.mailbox_key.in_(keys),
            ConfirmationRow.requested_at > now - _DAY,
            ConfirmationRow.used_at.is_(None),
        )
        .order_by(ConfirmationRow.id.desc())
    ).first()


def asked_today(session: Session, *, subscriber_id: int, now: datetime) -> int:
    """Count the moves that somebody asked for in the last day."""
    rows = _moves().where(
        ConfirmationRow.subscriber_id == subscriber_id,
        ConfirmationRow.requested_at > now - _DAY,
    )
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether there is a move whose addresses are to be forgotten; only reads."""
    return session.scalar(select(ConfirmationRow.id).where(*_over(now)).limit(1)) is not None


def forget(session: Session, *, now: datetime) -> int:
    """Take the addresses out of the moves that can no longer happen or be undone; count them."""
    empty: dict[str, Any] = {"email": None, "mailbox_key": None, "wishes": {}}
    forgotten = session.scalars(
        update(ConfirmationRow)
        .where(*_over(now))
        .values(**empty)
        .returning(ConfirmationRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(forgotten.all())


def _over(now: datetime) -> "tuple[ColumnElement[bool], ...]":
    unanswered = ConfirmationRow.used_at.is_(None) & (ConfirmationRow.expires_at <= now)
    return (
        ConfirmationRow.purpose == PURPOSE,
        ConfirmationRow.email.is_not(None),
        unanswered | (ConfirmationRow.used_at <= now - UNDO_LIVES),
    )


def _moves() -> "Select[ConfirmationRow]":
    return select(ConfirmationRow).where(ConfirmationRow.purpose == PURPOSE)


def _state(row: ConfirmationRow, *, now: datetime) -> State:
    if row.used_at is None:
        return State.WAITING if now < row.expires_at else State.EXPIRED
    return State.BACK if row.wishes.get("back") else State.MOVED
