"""Suppression: mailboxes that must not be mailed, whatever else says they may."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ColumnExpressionArgument, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from subscribers.tables import SuppressionRow
from subscribers.text import one_line

_LONGEST_DETAIL = 500


class Reason(StrEnum):
    """Why a mailbox is suppressed; leaving is no reason, it changes the status."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    ERASURE = "erasure"
    OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """A mailbox that must not be mailed, since when, and why."""

    mailbox_key: str
    reason: Reason
    since: datetime
    detail: str | None


def suppress(
    session: Session,
    *,
    mailbox_key: str,
    reason: Reason,
    now: datetime,
    detail: str | None = None,
) -> bool:
    """Mail this mailbox no more; False when it was suppressed already (the first reason stays).

    ``mailbox_key`` is the one of the subscriber's or delivery's row; for a stranger it is the
    first of `Keyring.mailbox_keys`. ``detail`` must not hold the address.
    """
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    written = session.scalar(
        dialect.insert(SuppressionRow)
        .values(
            mailbox_key=mailbox_key,
            reason=reason,
            since=now,
            detail=one_line(detail, limit=_LONGEST_DETAIL) if detail else None,
        )
        .on_conflict_do_nothing()
        .returning(SuppressionRow.mailbox_key)
    )
    return written is not None


def find(session: Session, *, mailbox_keys: Collection[str]) -> Suppression | None:
    """Return the suppression of a mailbox, known by its hash under any secret."""
    row = session.scalars(
        select(SuppressionRow)
        .where(SuppressionRow.mailbox_key.in_(mailbox_keys))
        .order_by(SuppressionRow.since)
    ).first()
    return _suppression(row) if row else None


def among(session: Session, mailbox_keys: Collection[str]) -> set[str]:
    """Return those of these mailboxes that are suppressed."""
    keys = select(SuppressionRow.mailbox_key).where(SuppressionRow.mailbox_key.in_(mailbox_keys))
    return set(session.scalars(keys))


def holds(
    mailbox_key: ColumnExpressionArgument[str], *, reason: Reason | None = None
) -> ColumnElement[bool]:
    """Say in SQL whether a mailbox is suppressed, for this reason or for any."""
    of = exists(SuppressionRow.mailbox_key).where(SuppressionRow.mailbox_key == mailbox_key)
    if reason is not None:
        of = of.where(SuppressionRow.reason == reason)
    return of.correlate_except(SuppressionRow)


def page(session: Session, *, after: str = "", limit: int = 100) -> list[Suppression]:
    """Return suppressions by their hashes; go on with the last hash of the page before."""
    rows = session.scalars(
        select(SuppressionRow)
        .where(SuppressionRow.mailbox_key > after)
        .order_by(SuppressionRow.mailbox_key)
        .limit(limit)
    )
    return [_suppression(row) for row in rows]


def lift(session: Session, *, mailbox_keys: Collection[str]) -> bool:
    """Let a mailbox be mailed again, as its owner asked; False when nothing was suppressed."""
    lifted = session.scalars(
        delete(SuppressionRow)
        .where(SuppressionRow.mailbox_key.in_(mailbox_keys))
        .returning(SuppressionRow.mailbox_key)
        .execution_options(synchronize_session=False)
    )
    return bool(lifted.all())


def _suppression(row: SuppressionRow) -> Suppression:
    return Suppression(
        mailbox_key=row.mailbox_key,
        reason=Reason(row.reason),
        since=row.since,
        detail=row.detail,
    )
