"""Keeps the figures that take long to count, so that a page shows them at once and says their age.

They are counted anew by a round of `digest serve`, by `digest stats`, and by a button: never by
looking at a page. Whoever counts twice writes the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from digest.app import App
from digest.charts.growth import Week
from digest.editions import store as editions
from digest.editions.state import SEALED
from digest.editions.store import Edition
from digest.figures import outcome as issues
from digest.figures import progress, shelf
from digest.figures import readers as lists
from digest.figures.outcome import Outcome
from digest.figures.readers import Funnel, Readers
from digest.tables import FigureRow

READERS = "readers"
_READERS_LIVE = timedelta(hours=1)
_SHORTEST, _SHARE = timedelta(minutes=1), 10
_LONGEST = timedelta(days=30)  # after the freeze: what comes back later changes little
_LATEST = 8  # issues that are kept up to date


@dataclass(frozen=True, kw_only=True)
class CountedReaders:
    """The list as it was counted last, and when."""

    at: datetime
    readers: Readers


@dataclass(frozen=True, kw_only=True)
class CountedOutcome:
    """An issue as it was counted last, and when."""

    at: datetime
    outcome: Outcome


def readers(session: Session) -> CountedReaders | None:
    """Return the list as it was counted last; None when it never was."""
    row = session.get(FigureRow, READERS)
    return None if row is None else CountedReaders(at=row.counted_at, readers=_readers(row.data))


def outcome(session: Session, edition_id: int) -> CountedOutcome | None:
    """Return an issue as it was counted last; None when it never was."""
    row = session.get(FigureRow, _issue(edition_id))
    return None if row is None else CountedOutcome(at=row.counted_at, outcome=_outcome(row.data))


def count_readers(app: App, *, write: bool = True) -> CountedReaders:
    """Count the list now, and keep that, unless told not to ``write``."""
    now = app.clock.now()
    with app.database.read() as session:
        found = lists.count(
            session, now=now, zone=app.zone, pending_days=app.config.retention.pending_days
        )
    if write:
        shelf.keep(app.database, READERS, asdict(found), now=now)
    return CountedReaders(at=now, readers=found)


def count_outcome(app: App, edition_id: int, *, write: bool = True) -> CountedOutcome:
    """Count an issue now, and keep that, unless told not to ``write``."""
    now = app.clock.now()
    with app.database.read() as session:
        found = issues.count(session, edition_id)
    if write:
        shelf.keep(app.database, _issue(edition_id), asdict(found), now=now)
    return CountedOutcome(at=now, outcome=found)


def renew(app: App) -> None:
    """Count what is missing or has become old, one thing after the other."""
    progress.renew(app)
    now = app.clock.now()
    with app.database.read() as session:
        known = readers(session)
        stale = [*_stale(session, app.newsletter, now=now)]
    if known is None or abs(now - known.at) >= _READERS_LIVE:
        count_readers(app)
    for edition in stale:
        if app.stop.is_set():
            return
        count_outcome(app, edition.id)


def _stale(session: Session, newsletter: str, *, now: datetime) -> Iterator[Edition]:
    """Yield the issues to count: the younger an issue is, the more often."""
    for edition in editions.all_editions(session, newsletter, states=SEALED)[-_LATEST:]:
        known = outcome(session, edition.id)
        if known is None:
            yield edition
            continue
        began = edition.frozen_at or edition.due_at
        lives = max((known.at - began) / _SHARE, _SHORTEST)
        if known.at - began < _LONGEST and now - known.at >= lives:
            yield edition


def _issue(edition_id: int) -> str:
    return f"issue {edition_id}"


def _readers(data: Mapping[str, Any]) -> Readers:
    return Readers(
        weeks=tuple(Week(**week) for week in data["weeks"]),
        standing=data["standing"],
        funnel=Funnel(**data["funnel"]),
    )


def _outcome(data: Mapping[str, Any]) -> Outcome:
    return Outcome(
        providers=data["providers"],
        accepted=tuple((at, total) for at, total in data["accepted"]),
        returned=data["returned"],
        began=data.get("began"),  # older ones have none
    )
