"""What is known of the sources: how each is and how often it posts, and all about a single one.

With many thousands of posts the overview takes longer than a page has, so it is kept; where nobody
renews it, as without a scheduler, it is made anew for each page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from digest import curating, questions
from digest.app import App
from digest.errors import UsageError
from digest.figures import shelf
from digest.figures.weeks import posts_by_week, week_name, week_starts
from digest.sources import diary
from digest.sources.diary import Capture, PastReading
from digest.sources.health import Health, Word
from digest.sources.quarantine import held_posts
from digest.tables import FigureRow, PostRow, SourceRow

_NAME = "sources"
_RENEWED, _BELIEVED = timedelta(minutes=5), timedelta(minutes=15)
_LATEST = 20  # posts
_READINGS = 15
_SHOWN = 50_000  # characters of what a source answered


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a source is, and its posts of each week, oldest first."""

    health: Health
    posts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How every source stood at a moment, by its number; ``weeks`` are the names of the weeks."""

    at: datetime
    weeks: tuple[str, ...]
    sources: Mapping[int, Standing]

    def of(self, source_id: int) -> Standing:
        """Return how a source stood; one that was added since has not been read."""
        unknown = Health(word=Word.OK, reason="it was added just now", since=None)
        nothing = Standing(health=unknown, posts=(0,) * len(self.weeks))
        return self.sources.get(source_id, nothing)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One source; ``held`` are the titles of the posts that are in quarantine with it.

    ``readings`` are the last ones, the newest first; ``is_captured`` is whether `raw` has what it
    answered.
    """

    row: SourceRow
    posts: int
    latest: tuple[PostRow, ...]
    held: tuple[str, ...]
    readings: tuple[PastReading, ...] = ()
    is_captured: bool = False


def overview(app: App) -> Overview:
    """Return how all sources are: as it is kept if that is fresh, else as it is found now."""
    with app.database.read() as session:
        row = session.get(FigureRow, _NAME)
    if row is not None and abs(app.clock.now() - row.counted_at) < _BELIEVED:
        return _from_data(row.data, at=row.counted_at)
    return _look(app)


def count(app: App) -> None:
    """Look how all sources are, and keep that."""
    found = _look(app)
    data = {
        "weeks": list(found.weeks),
        "sources": {str(id_): _as_data(one) for id_, one in found.sources.items()},
    }
    shelf.keep(app.database, _NAME, data, now=found.at)


def renew(app: App) -> None:
    """Look again, when the last look is old."""
    with app.database.read() as session:
        row = session.get(FigureRow, _NAME)
    if row is None or abs(app.clock.now() - row.counted_at) >= _RENEWED:
        count(app)


def of(app: App, source_id: int) -> Page:
    """Return what is known of a source; raises `UsageError` where there is none."""
    with app.database.read() as session:
        row = session.get(SourceRow, source_id)
        if row is None:
            raise UsageError(f"there is no source {source_id}; 'Sources' lists them all")
        latest = session.scalars(
            select(PostRow)
            .where(PostRow.source_id == source_id)
            .order_by(PostRow.first_seen_at.desc(), PostRow.id.desc())
            .limit(_LATEST)
        ).all()
        posts = session.scalar(select(func.count()).where(PostRow.source_id == source_id))
        held = held_posts(session, row) if row.alarm else []
        past = diary.readings(session, source_id, most=_READINGS)
        is_captured = diary.is_captured(session, source_id)
    return Page(
        row=row,
        posts=posts or 0,
        latest=tuple(latest),
        held=tuple(held),
        readings=tuple(past),
        is_captured=is_captured,
    )


def readings(app: App, name: str, *, most: int) -> list[PastReading]:
    """Return so many past readings of a source, the newest first; raises `UsageError`."""
    with app.database.read() as session:
        return diary.readings(session, curating.source_named(session, name).id, most=most)


def raw(app: App, name: str, *, most: int = _SHOWN) -> Capture:
    """Return what a source answered last, so many characters at most; raises `UsageError`."""
    with app.database.read() as session:
        found = diary.capture(session, curating.source_named(session, name).id, most=most)
    if found is None:
        raise UsageError(
            f"nothing that {name!r} answered is kept: it was not read yet, or [sources] capture"
            " is 0"
        )
    return found


def _look(app: App) -> Overview:
    now = app.clock.now()
    starts = week_starts(now, zone=app.zone)
    with app.database.read() as session:
        posts = posts_by_week(session, starts)
        ids = {name: id_ for name, id_ in session.execute(select(SourceRow.name, SourceRow.id))}  # noqa: C416
    nothing = (0,) * len(starts)
    return Overview(
        at=now,
        weeks=tuple(week_name(start) for start in starts),
        sources={
            ids[name]: Standing(health=health, posts=posts.get(ids[name], nothing))
            for name, health in questions.health_of(app).items()
            if name in ids
        },
    )


def _as_data(standing: Standing) -> dict[str, Any]:
    health = standing.health
    return {
        "word": str(health.word),
        "reason": health.reason,
        "since": health.since.isoformat() if health.since else None,
        "posts": list(standing.posts),
    }


def _from_data(data: Mapping[str, Any], *, at: datetime) -> Overview:
    return Overview(
        at=at,
        weeks=tuple(data["weeks"]),
        sources={
            int(id_): Standing(
                health=Health(
                    word=Word(one["word"]),
                    reason=one["reason"],
                    since=datetime.fromisoformat(one["since"]) if one["since"] else None,
                ),
                posts=tuple(one["posts"]),
            )
            for id_, one in data["sources"].items()
        },
    )
