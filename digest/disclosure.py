"""Everything we hold about one person: what the list knows, and every letter to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest import events
from digest.tables import DeliveryRow, EditionRow, NoticeRow
from subscribers import privacy


def disclose(session: Session, *, subscriber_id: int) -> dict[str, Any]:
    """Return one document of values that JSON can say (GDPR 15 and 20).

    Adds ``issues``, ``notices`` and ``returned`` (what came back about them) to what
    `subscribers.privacy.export_of` says. Raises `UnknownSubscriberError`.
    """
    return {
        **privacy.export_of(session, subscriber_id=subscriber_id),
        "issues": _issues(session, subscriber_id),
        "notices": _notices(session, subscriber_id),
        "returned": _returned(session, subscriber_id),
    }


def _issues(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(EditionRow.period, EditionRow.number, DeliveryRow)
        .join(EditionRow, EditionRow.id == DeliveryRow.edition_id)
        .where(DeliveryRow.subscriber_id == subscriber_id)
        .order_by(DeliveryRow.id)
    )
    return [
        {"issue": number, "period": period, **_fate(delivery)} for period, number, delivery in rows
    ]


def _notices(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(NoticeRow).where(NoticeRow.subscriber_id == subscriber_id).order_by(NoticeRow.id)
    )
    return [
        {
            "kind": row.kind,
            "address": row.email,
            "asked_at": _moment(row.created_at),
            **_fate(row),
        }
        for row in rows
    ]


def _returned(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    return [
        {
            "what": row.kind,
            "told_by": row.source,
            "at": _moment(row.at),
            "code": row.code,
            "answer": row.detail,
            "decision": row.decision,
        }
        for row in events.of_person(session, subscriber_id=subscriber_id)
    ]


def _fate(row: DeliveryRow | NoticeRow) -> dict[str, Any]:
    """Say what became of a letter, in the words of the server that took or refused it."""
    return {
        "state": row.state,
        "code": row.code,
        "answer": row.reason,
        "ended_at": _moment(row.ended_at),
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
