"""Keeps what the last check-up found, so that a page shows it without asking DNS."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.app import App
from digest.checks.finding import Finding
from digest.figures import shelf
from digest.tables import FigureRow

_NAME = "check-up"


@dataclass(frozen=True, kw_only=True)
class CheckUp:
    """What was found, and when."""

    at: datetime
    findings: tuple[Finding, ...]


def keep(app: App, findings: Sequence[Finding]) -> None:
    """Keep what was found now."""
    data = {"findings": [asdict(finding) for finding in findings]}
    shelf.keep(app.database, _NAME, data, now=app.clock.now())


def last(session: Session) -> CheckUp | None:
    """Return what was found last; None when nobody has looked yet."""
    row = session.get(FigureRow, _NAME)
    if row is None:
        return None
    found = tuple(Finding(**finding) for finding in row.data["findings"])
    return CheckUp(at=row.counted_at, findings=found)
