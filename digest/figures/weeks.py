"""The weeks that figures go by, and how often each blog posted in them."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session

from digest.posts.dating import effective_instant
from digest.tables import PostRow

WEEKS = 26


def week_starts(now: datetime, *, zone: ZoneInfo, weeks: int = WEEKS) -> list[datetime]:
    """Return when each of so many weeks began, oldest first; the last one is now's.

    A week begins on Monday, in the zone.
    """
    today = now.astimezone(zone)
    monday = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
        days=today.weekday()
    )
    return [monday - timedelta(weeks=back) for back in reversed(range(weeks))]


def week_name(start: datetime) -> str:
    """Return the name of a week as calendars have it: "W24"."""
    return f"W{start.isocalendar().week}"


def week_of(at: Any, starts: Sequence[datetime]) -> ColumnElement[int]:
    """Say in SQL in which of the weeks a moment lies; the newest are looked at first."""
    places = [(at >= start, place) for place, start in enumerate(starts)]
    return case(*reversed(places), else_=-1)


def posts_by_week(session: Session, starts: Sequence[datetime]) -> dict[int, tuple[int, ...]]:
    """Count the posts of each source, by its id, in each of the weeks.

    A post is seen when it is published or later, so those that were seen before cannot count.
    """
    rows = session.execute(
        select(
            PostRow.source_id, PostRow.published_at, PostRow.published_on, PostRow.first_seen_at
        ).where(PostRow.first_seen_at >= starts[0])
    )
    begun = [start.astimezone(UTC) for start in starts]  # each comparison of zones takes long
    found: dict[int, list[int]] = {}
    for source_id, published_at, published_on, first_seen_at in rows:
        at = effective_instant(
            published_at=published_at, published_on=published_on, first_seen_at=first_seen_at
        )
        place = bisect_right(begun, at) - 1
        if place >= 0:
            found.setdefault(source_id, [0] * len(starts))[place] += 1
    return {source_id: tuple(counts) for source_id, counts in found.items()}
