"""Evidence that settles what nobody could know: whoever tells of a letter has got it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, update
from sqlalchemy.orm import Session

from digest.delivery.state import DeliveryState
from digest.mail.event import PROOFS
from digest.tables import DeliveryRow, EventRow, NoticeRow

HEARD_OF = exists().where(
    and_(
        EventRow.subscriber_id == DeliveryRow.subscriber_id,  # this has the index
        EventRow.delivery_id == DeliveryRow.id,
        EventRow.kind.in_(sorted(PROOFS)),
    )
)
"""Whether something came back about a letter that only who has it can tell."""


def proved(*, now: datetime) -> dict[str, Any]:
    """Return what such a letter's row becomes."""
    return {
        "state": DeliveryState.ACCEPTED,
        "reason": "what came back about it proves that it was taken",
        "ended_at": now,
        "worker_id": None,
    }


def prove(session: Session, delivery_ids: Collection[int], *, now: datetime) -> int:
    """Settle those of these letters that are unknown and were heard of; return how many."""
    values = {f"new_{column}": value for column, value in proved(now=now).items()}
    settled = session.connection().execute(_PROVING, {"ids": [*delivery_ids], **values})
    return settled.rowcount


def prove_notices(session: Session, notice_ids: Collection[int], *, now: datetime) -> int:
    """Settle those of these notices that are unknown: they were heard of; return how many."""
    values = {f"new_{column}": value for column, value in proved(now=now).items()}
    settled = session.connection().execute(_PROVING_NOTICES, {"ids": [*notice_ids], **values})
    return settled.rowcount


_NEW: dict[str, Any] = {
    column: bindparam(f"new_{column}") for column in ("state", "reason", "ended_at", "worker_id")
}
_PROVING = (  # built once: that takes longer than the database takes over it
    update(DeliveryRow)
    .where(
        DeliveryRow.id.in_(bindparam("ids", expanding=True)),
        DeliveryRow.state == DeliveryState.UNKNOWN,
        HEARD_OF,
    )
    .values(_NEW)
)
_PROVING_NOTICES = (
    update(NoticeRow)
    .where(
        NoticeRow.id.in_(bindparam("ids", expanding=True)),
        NoticeRow.state == DeliveryState.UNKNOWN,
    )
    .values(_NEW)
)
