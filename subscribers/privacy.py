"""What the list holds about one person, as one document that they may ask for (GDPR 15, 20)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers import consent
from subscribers.errors import UnknownSubscriberError
from subscribers.preferences import split
from subscribers.tables import ConfirmationRow, SubscriberRow, SuppressionRow


def export_of(session: Session, *, subscriber_id: int) -> dict[str, Any]:
    """Return everything, as values that JSON can say; times are ISO 8601 in UTC.

    The names of the keys are a promise: programs read them. Raises `UnknownSubscriberError`.
    """
    row = session.scalars(select(SubscriberRow).where(SubscriberRow.id == subscriber_id)).first()
    if row is None:
        raise UnknownSubscriberError("nobody is known under this link")
    return {
        "subscriber": _person(row),
        "preferences": _choices(row),
        "consent": _events(session, subscriber_id),
        "confirmations": _confirmations(session, subscriber_id),
        "suppression": _suppression(session, row.mailbox_key),
    }


def _person(row: SubscriberRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "address": row.email,
        "name": row.name,
        "status": row.status,
        "known_since": _moment(row.created_at),
        "confirmed_at": _moment(row.confirmed_at),
        "mailbox_hash": row.mailbox_key,
    }


def _choices(row: SubscriberRow) -> dict[str, Any]:
    topics = split(row.topics)
    return {
        "topics": "all" if topics is None else list(topics),
        "pace": row.pace,
        "language": row.language,
        "format": row.format,
        "paused_until": _moment(row.paused_until),
    }


def _events(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    return [
        {
            "at": _moment(event.at),
            "kind": str(event.kind),
            "source": event.source,
            "evidence": dict(event.evidence),
        }
        for event in consent.history(session, subscriber_id=subscriber_id)
    ]


def _confirmations(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(ConfirmationRow)
        .where(ConfirmationRow.subscriber_id == subscriber_id)
        .order_by(ConfirmationRow.id)
    )
    return [
        {
            "purpose": row.purpose,
            "address": row.email,
            "wishes": row.wishes,
            "requested_at": _moment(row.requested_at),
            "expires_at": _moment(row.expires_at),
            "used_at": _moment(row.used_at),
        }
        for row in rows
    ]


def _suppression(session: Session, mailbox_key: str) -> dict[str, Any] | None:
    row = session.get(SuppressionRow, mailbox_key)
    if row is None:
        return None
    return {"reason": row.reason, "since": _moment(row.since), "detail": row.detail}


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
