"""When an issue was paused on its way, and when it went on, as the log has it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest import logbook
from digest.editions.store import Edition

_MOST = 200  # entries about one issue


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One pause: who paused it and when, and who let it go on; None: nobody has."""

    at: datetime
    by: str
    over_at: datetime | None = None
    over_by: str | None = None


def stops_of(session: Session, edition: Edition) -> tuple[Stop, ...]:
    """Return the pauses of an issue, the first one first."""
    found: list[Stop] = []
    entries = logbook.entries(session, most=_MOST, about=f"issue {edition.period}")
    for entry in reversed(entries):
        is_paused = bool(found) and found[-1].over_at is None
        if entry.action == logbook.PAUSE and not is_paused:
            found.append(Stop(at=entry.at, by=entry.actor))
        elif entry.action == logbook.RESUME and is_paused:
            begun = found.pop()
            over = Stop(at=begun.at, by=begun.by, over_at=entry.at, over_by=entry.actor)
            found.append(over)
    return tuple(found)
