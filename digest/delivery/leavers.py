"""How many readers left because of an issue, as far as that can be known without watching them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from digest.delivery.state import DeliveryState
from digest.tables import LEFT, ConsentEventRow, DeliveryRow, EditionRow, SubscriberRow

_BACK = "confirmed"  # as `subscribers` calls it
_LASTS = timedelta(days=14)  # whoever leaves later does so for another reason


def left_after(session: Session, edition_id: int, *, since: datetime) -> int:
    """Count those who left by themselves, and to whom this issue was the last that had arrived.

    ``since`` is when it was frozen. Who is confirmed again does not count; nor does anybody who
    left more than two weeks after that.
    """
    event, until = ConsentEventRow, since + _LASTS
    rivals = session.scalars(
        select(EditionRow.id).where(
            EditionRow.id != edition_id, EditionRow.frozen_at >= since, EditionRow.frozen_at < until
        )
    ).all()
    arrived = _arrived([edition_id])
    # Asked one leaver at a time: as a join, SQLite would begin with the letters of the issue.
    status = (
        select(SubscriberRow.status).where(SubscriberRow.id == event.subscriber_id)
    ).scalar_subquery()
    wanted: list[ColumnElement[bool]] = [arrived <= event.at, status != _BACK]
    if rivals:
        wanted.append(func.coalesce(_arrived(rivals), arrived) <= arrived)
    left = session.scalar(
        select(func.count(event.subscriber_id.distinct())).where(
            LEFT, event.at >= since, event.at < until, *wanted
        )
    )
    return left or 0


def _arrived(editions: Sequence[int]) -> ScalarSelect[datetime | None]:
    """Return when the last of these issues had reached somebody, by the time they left."""
    return (
        select(func.max(DeliveryRow.ended_at))
        .where(
            DeliveryRow.edition_id.in_(editions),
            DeliveryRow.subscriber_id == ConsentEventRow.subscriber_id,
            DeliveryRow.state == DeliveryState.ACCEPTED,
            DeliveryRow.ended_at <= ConsentEventRow.at,
        )
        .scalar_subquery()
    )
