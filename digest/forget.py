"""Forgets people wherever they stand: on the list, and in the letters to them that are no issue."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from digest.delivery.state import DeliveryState
from digest.mail.notice import ASKING
from digest.tables import ConfirmationRow, DeliveryRow, NoticeRow, SubscriberRow
from storage.database import Database
from subscribers import budgets, erasure, moves, retention
from subscribers.settings import RetentionSettings


def erase(session: Session, *, subscriber_id: int, now: datetime, source: str) -> bool:
    """Erase somebody (see `subscribers.erasure`); False when nothing was left to forget.

    Letters that wait for them are not sent: a notice without an address goes nowhere.
    """
    erased = erasure.erase(session, subscriber_id=subscriber_id, now=now, source=source)
    for delivery in session.scalars(
        select(DeliveryRow).where(
            DeliveryRow.subscriber_id == subscriber_id, DeliveryRow.reason.is_not(None)
        )
    ):  # servers like to repeat the address in their answer
        delivery.reason = erasure.without_addresses(delivery.reason or "")
    forgotten = _blank_notices(session, NoticeRow.subscriber_id == subscriber_id)
    return erased or forgotten > 0


def _blank_notices(session: Session, which: ColumnElement[bool]) -> int:
    """Take out of notices whom they were for and what the server said; count those of somebody."""
    blanked = session.scalars(
        update(NoticeRow)
        .where(which, NoticeRow.email.is_not(None) | NoticeRow.reason.is_not(None))
        .values(email=None, facts={}, reason=None)
        .returning(NoticeRow.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(blanked.all())


def expired(database: Database, *, settings: RetentionSettings, now: datetime) -> int:
    """Delete pending people whose time is over, in short transactions; return how many.

    A letter about a request is forgotten with it: it may have gone to somebody else's address.
    How often an address or a network asked is forgotten after a day.
    """
    forgotten = 0
    with database.read() as session:  # mostly there is nothing to do, and nobody has to wait
        due = retention.is_due(session, settings=settings, now=now)
        due = due or moves.is_due(session, now=now) or budgets.is_stale(session, now=now)
    if not due:
        return forgotten
    with database.begin() as session:
        requests = retention.forget_unconfirmed(session, settings=settings, now=now)
        requests += moves.forget(session, now=now)
        if requests:
            blank = select(ConfirmationRow.id).where(ConfirmationRow.email.is_(None))
            _blank_notices(session, NoticeRow.confirmation_id.in_(blank))
        budgets.forget(session, now=now)
    while True:
        with database.begin() as session:
            ids = retention.expired(session, settings=settings, now=now)
            _purge(session, ids)
        forgotten += len(ids)
        if not ids:
            break
    if requests or forgotten:
        database.empty_log()
    return forgotten


def _purge(session: Session, subscriber_ids: Collection[int]) -> None:
    """Delete pending people with the notices to them; how many they got is kept for a while.

    That is under the hash of the mailbox alone. The notice with the highest id is only blanked, and
    whom it went to: SQLite would give its number to the next one, and what comes late about it
    would hit somebody else.
    """
    sent = session.execute(
        select(SubscriberRow.mailbox_key, func.count(), func.max(NoticeRow.created_at))
        .join(NoticeRow, NoticeRow.subscriber_id == SubscriberRow.id)
        .where(
            SubscriberRow.id.in_(subscriber_ids),
            NoticeRow.kind.in_(ASKING),
            NoticeRow.state != DeliveryState.SKIPPED,
        )
        .group_by(SubscriberRow.mailbox_key)
    )
    budgets.remember(session, [(key, used, last) for key, used, last in sent])
    theirs = NoticeRow.subscriber_id.in_({*subscriber_ids, *retention.blanked(session)})
    highest = session.scalar(select(func.max(NoticeRow.id))) or 0
    session.execute(delete(NoticeRow).where(theirs, NoticeRow.id < highest))
    session.execute(
        update(NoticeRow)
        .where(theirs)
        .values(email=None, facts={}, reason=None, confirmation_id=None)
        .execution_options(synchronize_session="fetch")
    )
    keep = set(session.scalars(select(NoticeRow.subscriber_id).where(theirs)))
    retention.purge(session, list(subscriber_ids), keep=keep)
