"""What is known of a source from its stored posts: what the watch compares a reading with."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.posts.dating import effective_instant
from digest.sources.watch import MOST_DATES, History
from digest.tables import PostRow, SourceRow

_MOST_POSTS = 5_000  # of a source; more would tell nothing else


def history_of(session: Session, row: SourceRow) -> History:
    """Return what is known of a source, without the posts that stand in quarantine."""
    posts = session.execute(
        select(
            PostRow.url,
            PostRow.language,
            PostRow.published_at,
            PostRow.published_on,
            PostRow.first_seen_at,
        )
        .where(PostRow.source_id == row.id, PostRow.alarm.is_(None))
        .order_by(PostRow.id.desc())
        .limit(_MOST_POSTS)
    ).all()
    dates = (
        effective_instant(
            published_at=post.published_at,
            published_on=post.published_on,
            first_seen_at=post.first_seen_at,
        )
        for post in posts
    )
    return History(
        posts=len(posts),
        first_read_at=row.first_read_at,
        last_success_at=row.succeeded_at,
        released_at=row.released_at,
        dates=_newest(dates),
        hosts=Counter(urlsplit(post.url).hostname or "" for post in posts),
        languages=Counter(post.language for post in posts if post.language),
        shape=row.shape,
        entries=row.entries,
    )


def newest_dates(session: Session) -> dict[int, tuple[datetime, ...]]:
    """Return the dates of the newest posts of every source, by its id, newest first."""
    place = func.row_number().over(
        partition_by=PostRow.source_id,
        order_by=(
            func.coalesce(PostRow.published_at, PostRow.first_seen_at).desc(),
            PostRow.id,  # what was stored first on one day stands above in the list
        ),
    )
    numbered = (
        select(PostRow.id.label("id"), place.label("place"))
        .where(PostRow.alarm.is_(None))
        .subquery()
    )
    rows = session.execute(
        select(PostRow.source_id, PostRow.published_at, PostRow.published_on, PostRow.first_seen_at)
        .join(numbered, numbered.c.id == PostRow.id)
        .where(numbered.c.place <= MOST_DATES)
    )
    found: dict[int, list[datetime]] = {}
    for source_id, published_at, published_on, first_seen_at in rows:
        date = effective_instant(
            published_at=published_at, published_on=published_on, first_seen_at=first_seen_at
        )
        found.setdefault(source_id, []).append(date)
    return {source_id: _newest(dates) for source_id, dates in found.items()}


def _newest(dates: Iterable[datetime]) -> tuple[datetime, ...]:
    return tuple(sorted(dates, reverse=True)[:MOST_DATES])
