"""What a person decides about single posts: it may be mailed, it may not, or in these words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.posts.identity import instant
from digest.posts.post import Decision, Fitness, Post
from digest.posts.store import find_by_url, posts_where
from digest.tables import PostRow

_RECENT = timedelta(days=35)
_DIGITS = 10  # of the first number that is too large for an id


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What was found in a post's words: the source's own, and by which rules they were repaired.

    ``has_changed``: the source said something else after it was first seen.
    """

    fitness: Fitness
    rules: tuple[str, ...]
    said_title: str
    said_summary: str
    has_changed: bool


def waiting(session: Session) -> list[Post]:
    """Return the posts whose words wait for a person, but for the archive of a new source."""
    found = posts_where(
        session, PostRow.held.is_not(None), PostRow.alarm.is_(None), PostRow.decision.is_(None)
    )
    return [post for post in found if not post.baseline or _is_recent(post)]


def named(session: Session, name: str) -> Post | None:
    """Return the post with this id or address."""
    if name.isdecimal():
        found = posts_where(session, PostRow.id == int(name)) if len(name) < _DIGITS else []
    else:
        found = find_by_url(session, name)
    return found[0] if found else None


def examined(session: Session, post_ids: Iterable[int]) -> dict[int, Examination]:
    """Return, by post, what its source said and what hygiene made of it."""
    return {
        row.id: Examination(
            fitness=Fitness(row.fitness),
            rules=tuple(row.rules),
            said_title=row.title if row.raw_title is None else row.raw_title,
            said_summary=(row.summary or "") if row.raw_summary is None else row.raw_summary,
            has_changed=row.changed_at is not None,
        )
        for row in _rows(session, post_ids)
    }


def take(session: Session, post_ids: Iterable[int], *, now: datetime) -> None:
    """Let posts be mailed as they are."""
    for row in _rows(session, post_ids):
        row.decision = Decision.TAKEN
        _free(row, now=now)


def drop(session: Session, post_ids: Iterable[int]) -> None:
    """Keep posts out of every issue."""
    for row in _rows(session, post_ids):
        row.decision = Decision.DROPPED


def edit(
    session: Session, post_id: int, *, title: str | None, summary: str | None, now: datetime
) -> None:
    """Give a post other words, which its source does not change any more, and let it be mailed.

    An empty summary is none; None leaves what is there.
    """
    for row in _rows(session, [post_id]):
        if row.raw_title is None:
            row.raw_title = row.title
        if row.raw_summary is None:
            row.raw_summary = row.summary or ""
        row.title = row.title if title is None else title
        row.summary = row.summary if summary is None else summary or None
        row.fitness = Fitness.REPLACED
        row.decision = Decision.EDITED
        _free(row, now=now)


def _free(row: PostRow, *, now: datetime) -> None:
    row.held = row.alarm = None
    row.freed_at = now


def _is_recent(post: Post) -> bool:
    """Whether a post of a first reading is dated so that an issue may want it."""
    dated = instant(post.published_at, post.published_on)
    return dated is not None and dated > post.first_seen_at - _RECENT


def _rows(session: Session, post_ids: Iterable[int]) -> Iterable[PostRow]:
    return session.scalars(select(PostRow).where(PostRow.id.in_([*post_ids])))
