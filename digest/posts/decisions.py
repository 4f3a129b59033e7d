"""What a person decides about single posts: it may be mailed, it may not, or in these words."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.posts.hygiene import Fitness
from digest.posts.post import Decision, Post
from digest.posts.store import find_by_url, posts_where
from digest.tables import PostRow


def waiting(session: Session) -> list[Post]:
    """Return the posts whose words wait for a person, but for those of a first reading."""
    found = posts_where(
        session, PostRow.held.is_not(None), PostRow.alarm.is_(None), PostRow.decision.is_(None)
    )
    return [post for post in found if not post.baseline]


def named(session: Session, name: str) -> Post | None:
    """Return the post with this id or address."""
    if name.isdecimal():
        found = posts_where(session, PostRow.id == int(name[:18]))
    else:
        found = find_by_url(session, name)
    return found[0] if found else None


def take(session: Session, post_ids: Iterable[int]) -> None:
    """Let posts be mailed as they are."""
    for row in _rows(session, post_ids):
        row.decision, row.held, row.alarm = Decision.TAKEN, None, None


def drop(session: Session, post_ids: Iterable[int]) -> None:
    """Keep posts out of every issue."""
    for row in _rows(session, post_ids):
        row.decision = Decision.DROPPED


def edit(session: Session, post_id: int, *, title: str | None, summary: str | None) -> None:
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
        row.decision, row.held, row.alarm = Decision.EDITED, None, None


def _rows(session: Session, post_ids: Iterable[int]) -> Iterable[PostRow]:
    return session.scalars(select(PostRow).where(PostRow.id.in_([*post_ids])))
