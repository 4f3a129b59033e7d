"""Whose turn it is to read a source: a claim lasts for one reading, or until its holder is dead."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.processes import Processes
from digest.tables import SourceRow


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A source as it looked when its turn was planned; a claim holds only if it still does."""

    source_id: int
    next_check_at: datetime | None
    claimed_by: str | None
    claimed_until: datetime | None

    @classmethod
    def of(cls, row: SourceRow) -> "Seen":
        """Remember how a row looks now."""
        return cls(
            source_id=row.id,
            next_check_at=row.next_check_at,
            claimed_by=row.claimed_by,
            claimed_until=row.claimed_until,
        )


def is_claimed(row: SourceRow, *, now: datetime, processes: Processes) -> bool:
    """Whether a process that may be alive is reading this source."""
    if row.claimed_by is None or row.claimed_until is None or row.claimed_until <= now:
        return False
    return not processes.is_dead(row.claimed_by)


def being_read(session: Session, *, now: datetime, processes: Processes) -> list[str]:
    """Name the sources that another process is reading at this moment."""
    rows = session.scalars(select(SourceRow).where(SourceRow.claimed_until > now))
    return [row.name for row in rows if is_claimed(row, now=now, processes=processes)]


def claim(session: Session, seen: Seen, *, name: str, until: datetime) -> bool:
    """Take the source, if nobody else did since it was seen."""
    taken = session.execute(
        update(SourceRow)
        .where(
            SourceRow.id == seen.source_id,
            SourceRow.paused_at.is_(None),
            SourceRow.next_check_at.is_not_distinct_from(seen.next_check_at),
            SourceRow.claimed_by.is_not_distinct_from(seen.claimed_by),
            SourceRow.claimed_until.is_not_distinct_from(seen.claimed_until),
        )
        .values(claimed_by=name, claimed_until=until)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined] # an UPDATE counts its rows
