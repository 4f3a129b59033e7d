"""Where posts are kept: new ones are added, known ones are updated, none is stored twice."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from digest.posts import identity
from digest.posts.excerpt import minutes
from digest.posts.identity import Key, Kind, Known, Recognised
from digest.posts.post import FetchedPost, Post
from digest.tables import PostKeyRow, PostRow, SourceRow
from storage.database import one_at_a_time

FLOOD = "flood"
_CHUNK = 5_000  # bind variables per query, below every database's limit


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What one reading brought; ``held`` of the new ones wait for a person."""

    new: int
    changed: int
    known: int
    held: int


def save(session: Session, *, source_id: int, posts: Sequence[FetchedPost], now: datetime) -> Saved:
    """Save one reading of a source, and say what was new, changed and known in it."""
    one_at_a_time(session, "posts")  # the second of two readers of a link must see the first
    source = session.get_one(SourceRow, source_id)
    found = identity.recognise(posts, _known(session, source_id, identity.signals(posts)))
    held = FLOOD if _is_flood(session, source, found) else None
    fresh = [item for item in found if item.known is None]
    changed = 0
    for item in fresh:
        _add(session, source_id, item, now=now, held=held)
    for item in found:
        if item.known is not None:
            changed += _update(session, source_id, item, now=now)
    return Saved(
        new=len(fresh),
        changed=changed,
        known=len(found) - len(fresh),
        held=len(fresh) if held else 0,
    )


def post_of(row: PostRow, source: SourceRow) -> Post:
    """Return the value for a row."""
    return Post(
        id=row.id,
        source_id=source.id,
        source=source.title or source.name,
        url=row.url,
        title=row.title,
        first_seen_at=row.first_seen_at,
        baseline=source.first_read_at is None or row.first_seen_at <= source.first_read_at,
        summary=row.summary,
        author=row.author,
        tags=tuple(row.tags),
        topic=source.topic,
        language=row.language or source.language,
        minutes=row.minutes,
        published_at=row.published_at,
        published_on=row.published_on,
        held=row.held,
    )


def posts_where(session: Session, *conditions: ColumnElement[bool]) -> list[Post]:
    """Return the posts that meet all conditions (on `PostRow`, `SourceRow`), oldest first."""
    statement = (
        select(PostRow, SourceRow)
        .join(SourceRow, SourceRow.id == PostRow.source_id)
        .where(*conditions)
        .order_by(PostRow.id)
    )
    return [post_of(row, source) for row, source in session.execute(statement)]


def _known(session: Session, source_id: int, keys: frozenset[Key]) -> list[Known]:
    """Load the posts that share a signal with this reading, each with all its signals.

    Ids and titles speak only within their source; a link means the same post everywhere.
    """
    post_ids: set[int] = set()
    digests = sorted({key.digest for key in keys})
    for start in range(0, len(digests), _CHUNK):
        post_ids.update(
            session.scalars(
                select(PostKeyRow.post_id).where(
                    PostKeyRow.digest.in_(digests[start : start + _CHUNK]),
                    or_(PostKeyRow.source_id == source_id, PostKeyRow.kind == Kind.LINK),
                )
            )
        )
    rows: list[PostRow] = []
    keys_of: dict[int, set[Key]] = defaultdict(set)
    ordered = sorted(post_ids)
    for start in range(0, len(ordered), _CHUNK):
        some = ordered[start : start + _CHUNK]
        rows.extend(session.scalars(select(PostRow).where(PostRow.id.in_(some))))
        for key in session.scalars(select(PostKeyRow).where(PostKeyRow.post_id.in_(some))):
            if key.source_id == source_id or key.kind == Kind.LINK:
                keys_of[key.post_id].add(Key(Kind(key.kind), key.digest))
    return [
        Known(
            post_id=row.id,
            title=row.title,
            keys=frozenset(keys_of[row.id]),
            dated=identity.instant(row.published_at, row.published_on),
            here=row.source_id == source_id,
        )
        for row in rows
    ]


def _is_flood(session: Session, source: SourceRow, found: Sequence[Recognised]) -> bool:
    if source.succeeded_at is None:
        return False
    known = session.scalar(
        select(func.count()).select_from(PostRow).where(PostRow.source_id == source.id)
    )
    return identity.is_flood(found, known=known or 0, since=source.succeeded_at)


def _add(
    session: Session, source_id: int, item: Recognised, *, now: datetime, held: str | None
) -> None:
    post = item.post
    row = PostRow(
        source_id=source_id,
        url=post.url,
        title=post.title,
        summary=post.summary,
        author=post.author,
        tags=list(post.tags),
        language=post.language,
        minutes=minutes(post.words),
        published_at=post.published_at,
        published_on=post.published_on,
        first_seen_at=now,
        held=held,
    )
    session.add(row)
    session.flush()
    _remember(session, source_id, row.id, item.keys)


def _remember(session: Session, source_id: int, post_id: int, keys: frozenset[Key]) -> None:
    session.add_all(
        PostKeyRow(source_id=source_id, kind=key.kind, digest=key.digest, post_id=post_id)
        for key in sorted(keys, key=lambda key: (key.kind, key.digest))
    )


def _update(session: Session, source_id: int, item: Recognised, *, now: datetime) -> int:
    """Take over what the source says now; return 1 when the words changed.

    The first date stays: sources bump dates, and a post must not wander into a later week.
    """
    row = session.get_one(PostRow, item.known)
    if row.source_id != source_id:
        return 0  # another source listed it first, and its words stand
    had = session.scalars(select(PostKeyRow).where(PostKeyRow.post_id == row.id))
    old = {Key(Kind(key.kind), key.digest) for key in had}
    _remember(session, source_id, row.id, item.keys - old)
    post = item.post
    before = (row.title, row.summary, row.author, row.url)
    if any(key.kind is Kind.TITLE for key in item.keys):
        row.title = post.title
    row.summary = post.summary or row.summary
    row.author = post.author or row.author
    row.tags = list(post.tags) or row.tags
    row.url = post.url
    row.minutes = minutes(post.words) or row.minutes
    if row.published_at is None and row.published_on is None:
        row.published_at, row.published_on = post.published_at, post.published_on
    if before == (row.title, row.summary, row.author, row.url):
        return 0
    row.changed_at = now
    return 1


def find_by_url(session: Session, url: str) -> list[Post]:
    """Return the posts known under this address, in any of its spellings."""
    link = identity.key(Kind.LINK, identity.canonical_link(url))
    ids = select(PostKeyRow.post_id).where(
        and_(PostKeyRow.kind == Kind.LINK, PostKeyRow.digest == link.digest)
    )
    return posts_where(session, or_(PostRow.id.in_(ids), PostRow.url == url))
