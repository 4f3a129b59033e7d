"""How many readers an issue would go to: counted at once where that is quick, else now and then."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.app import App
from digest.tables import HeadcountRow
from subscribers import audience

LARGE = 50_000
"""Readers from which a page shows what was counted of late: counting a million takes a second."""
_YOUNG = timedelta(minutes=10)


def exactly(session: Session, *, now: datetime, pace: str) -> int:
    """Count who would get an issue for readers of this pace that is frozen now."""
    wanted = audience.candidates(now=now, pace=pace).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(wanted)) or 0


def lately(app: App, *, pace: str) -> int:
    """Return about how many that are; exactly, where the list is not large."""
    with app.database.read() as session:
        kept = session.get(HeadcountRow, pace)
        if kept and kept.people >= LARGE:
            return kept.people
        return exactly(session, now=app.clock.now(), pace=pace)


def refresh(app: App, *, pace: str) -> None:
    """Count again when the last count is old; belongs where nobody waits for a page."""
    now = app.clock.now()
    with app.database.read() as session:
        kept = session.get(HeadcountRow, pace)
        if kept and timedelta() <= now - kept.counted_at < _YOUNG:
            return
        people = exactly(session, now=now, pace=pace)
    counted = {"people": people, "counted_at": now}
    dialect = sqlite if app.database.is_sqlite else postgresql
    row = dialect.insert(HeadcountRow).values(pace=pace, **counted)
    with app.database.begin() as session:
        session.execute(row.on_conflict_do_update(index_elements=["pace"], set_=counted))
