"""Retention: requests that nobody confirmed are deleted, and what was to be confirmed with them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, cast, delete, exists, func, select, update
from sqlalchemy.orm import Session

from subscribers import erasure, signup
from subscribers.settings import RetentionSettings
from subscribers.tables import (
    PURGED,
    ConfirmationRow,
    ConsentEventRow,
    ConsentKind,
    Status,
    SubscriberRow,
)

_MOST = 1_000  # people of one transaction: what is left over waits for the next run
_BLANKED = SubscriberRow.mailbox_key.startswith(PURGED)


def expired(session: Session, *, settings: RetentionSettings, now: datetime) -> list[int]:
    """Return the ids of pending people whose time is over, oldest first, at most 1,000.

    It begins with the last letter that a server took, and where none did with the first request.
    """
    asked = now - timedelta(days=settings.pending_days)
    imported = now - timedelta(days=settings.unasked_days)
    was_asked = exists().where(ConfirmationRow.subscriber_id == SubscriberRow.id)
    begun = func.coalesce(
        _at(func.max(ConsentEventRow.at), ConsentKind.MAILED),
        # The first one: any stranger can add another, and so would keep the address for ever.
        _at(func.min(ConsentEventRow.at), ConsentKind.REQUESTED),
        _at(func.max(ConsentEventRow.at), ConsentKind.IMPORTED),
        SubscriberRow.created_at,
    )
    return list(
        session.scalars(
            select(SubscriberRow.id)
            .where(
                SubscriberRow.status == Status.PENDING,
                (was_asked & (begun < asked)) | (begun < imported),
            )
            .order_by(SubscriberRow.id)
            .limit(_MOST)
        )
    )


def _at(which: ColumnElement[datetime], kind: ConsentKind) -> ColumnElement[datetime]:
    """Select when that event of a kind was."""
    return (
        select(which)
        .where(ConsentEventRow.subscriber_id == SubscriberRow.id, ConsentEventRow.kind == kind)
        .scalar_subquery()
    )


def blanked(session: Session) -> list[int]:
    """Return the ids of those whose rows were blanked by `purge` and stand there still."""
    return list(session.scalars(select(SubscriberRow.id).where(_BLANKED)))


def purge(
    session: Session, subscriber_ids: Sequence[int], *, keep: Collection[int] = frozenset()
) -> None:
    """Delete pending people with all that is known of them; who is pending no more is left alone.

    What refers to them must be gone, but for those whose rows to ``keep``: these are only blanked.
    So is the row with the highest id: SQLite would give its id, and with it the links that were
    made for it, to the next one who signs up.
    """
    going = set(
        session.scalars(
            select(SubscriberRow.id)
            .where(SubscriberRow.id.in_(subscriber_ids), SubscriberRow.status == Status.PENDING)
            .with_for_update()
        )
    )
    for table in (ConfirmationRow, ConsentEventRow):
        session.execute(delete(table).where(table.subscriber_id.in_(going)))
    highest = session.scalar(select(func.max(SubscriberRow.id))) or 0
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id.in_(going & {highest, *keep}))
        .values(email=None, name=None, topics=None, status=Status.ERASED,
                mailbox_key=PURGED + cast(SubscriberRow.id, String))
    )  # fmt: skip
    session.execute(
        delete(SubscriberRow).where(
            SubscriberRow.id < highest,
            SubscriberRow.id.not_in(keep),
            SubscriberRow.id.in_(going) | _BLANKED,
        )
    )


def forget_unconfirmed(session: Session, *, settings: RetentionSettings, now: datetime) -> int:
    """Blank what members asked for and never confirmed: a new address, a return; count it.

    Of the erased goes the evidence too: mostly somebody else has typed their address. What they
    may still confirm keeps its own.
    """
    over = _unconfirmed(settings, now=now)
    erased = select(SubscriberRow.id).where(
        SubscriberRow.status == Status.ERASED,
        exists().where(ConfirmationRow.subscriber_id == SubscriberRow.id, *over),
    )
    for subscriber_id in session.scalars(erased.with_for_update()).all():
        erasure.forget_evidence(session, subscriber_id=subscriber_id, until=now - signup.LIVES)
    forgotten = session.scalars(
        update(ConfirmationRow)
        .where(*over)
        .values(email=None, mailbox_key=None, wishes={})
        .returning(ConfirmationRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(forgotten.all())


def is_due(session: Session, *, settings: RetentionSettings, now: datetime) -> bool:
    """Whether there is anything to delete or to blank; only reads."""
    stale = select(ConfirmationRow.id).where(*_unconfirmed(settings, now=now)).limit(1)
    if session.scalar(stale) is not None:
        return True
    return bool(expired(session, settings=settings, now=now))


def _unconfirmed(settings: RetentionSettings, *, now: datetime) -> "list[ColumnElement[bool]]":
    return [
        ConfirmationRow.used_at.is_(None),
        ConfirmationRow.email.is_not(None),
        ConfirmationRow.expires_at < now - timedelta(days=settings.pending_days),
    ]
