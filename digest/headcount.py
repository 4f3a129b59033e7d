"""How many readers an issue would go to: counted at once where that is quick, else now and then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest import printing
from digest.app import App
from digest.editions.choices import Choice
from digest.tables import Base, FigureRow, HeadcountRow
from subscribers import audience

LARGE = 50_000
"""Readers from which a page shows what was counted of late: counting a million takes a second."""
PACES = ("weekly", "monthly")
_YOUNG = timedelta(minutes=10)


def exactly(session: Session, *, now: datetime, pace: str) -> int:
    """Count who would get an issue for readers of this pace that is frozen now."""
    wanted = audience.candidates(now=now, pace=pace).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(wanted)) or 0


def lately(app: App, *, pace: str) -> int:
    """Return about how many that are; exactly, where the list is not large."""
    with app.database.read() as session:
        return _kept(session, pace=pace) or exactly(session, now=app.clock.now(), pace=pace)


def choices_lately(app: App, *, pace: str) -> Mapping[Choice, int]:
    """Count the same people by what they chose; exactly, where the list is not large.

    What is frozen is counted anew by `printing.asked_for`, whatever this says.
    """
    with app.database.read() as session:
        if _kept(session, pace=pace) and (row := session.get(FigureRow, _name(pace))):
            return {Choice(*choice): readers for *choice, readers in row.data["choices"]}
        return printing.asked_for(session, now=app.clock.now(), pace=pace)


def refresh(app: App, *, pace: str) -> None:
    """Count again when the last count is old; belongs where nobody waits for a page."""
    now = app.clock.now()
    with app.database.read() as session:
        known = session.get(HeadcountRow, pace)
        if known and timedelta() <= now - known.counted_at < _YOUNG:
            return
        asked = printing.asked_for(session, now=now, pace=pace)
    chosen = {"choices": [[*choice, readers] for choice, readers in asked.items()]}
    with app.database.begin() as session:
        people = {"people": sum(asked.values()), "counted_at": now}
        _keep(session, HeadcountRow, {"pace": pace}, people)
        _keep(session, FigureRow, {"name": _name(pace)}, {"data": chosen, "counted_at": now})


def refresh_all(app: App) -> None:
    """Do so for the readers of every pace."""
    for pace in PACES:
        refresh(app, pace=pace)


def _kept(session: Session, *, pace: str) -> int | None:
    """Return how many were counted last, where they are too many to be counted for a page."""
    kept = session.get(HeadcountRow, pace)
    return kept.people if kept and kept.people >= LARGE else None


def _name(pace: str) -> str:
    return f"choices {pace}"


def _keep(
    session: Session, table: type[Base], key: Mapping[str, str], counted: Mapping[str, Any]
) -> None:
    """Put a count in its row, whether or not there was one: two may count at one moment."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(table).values(**key, **counted)
    session.execute(row.on_conflict_do_update(index_elements=[*key], set_=dict(counted)))
