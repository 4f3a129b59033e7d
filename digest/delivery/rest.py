"""Whether an issue rests: letters of it are left, and the turn of none of them has come."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from digest.tables import WAITING, DeliveryRow


@dataclass(frozen=True, kw_only=True)
class Rest:
    """So many letters wait ``until`` the first of them is tried again, or as ``shut`` says."""

    letters: int
    until: datetime | None
    shut: str | None


def rest(session: Session, edition_id: int, *, shut: str | None, now: datetime) -> Rest | None:
    """Return how an issue rests; None where a letter is in hand, or may be.

    ``shut`` is why no letter of any issue may be begun now, if so.
    """
    mine = DeliveryRow.edition_id == edition_id
    is_due = or_(DeliveryRow.next_at.is_(None), DeliveryRow.next_at <= now)
    letters, until, due = session.execute(
        select(func.count(), func.min(DeliveryRow.next_at), func.count().filter(is_due)).where(
            mine, WAITING
        )
    ).one()
    held = select(DeliveryRow.id).where(mine, DeliveryRow.worker_id.is_not(None)).limit(1)
    if not letters or (due and not shut) or session.scalar(held) is not None:
        return None
    return Rest(letters=letters, until=None if shut else until, shut=shut)
