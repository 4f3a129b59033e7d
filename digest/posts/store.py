"""Where posts are kept: new ones are added, known ones are updated, none is stored twice."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select
from sqlalchemy.orm import Session

from digest.posts import identity
from digest.posts.fitness import Fit, believes, fit
from digest.posts.identity import Key, Kind, Known, Recognised
from digest.posts.post import Decision, FetchedPost, LookedUp, Post
from digest.tables import PostKeyRow, PostRow, SourceRow
from storage.database import one_at_a_time

T = TypeVar("T", int, str)
_CHUNK = 5_000  # bind variables per query, below every database's limit
_PATIENCE = timedelta(days=7)  # how long a post's own page is asked for what the list lacks

Watch = Callable[[Sequence[FetchedPost], int], str | None]
"""Told of the new posts of a reading, and how many were known: names what is wrong, or None."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What one reading brought; ``held`` of the new ones wait for a person."""

    new: int
    changed: int
    known: int
    held: int


def save(
    session: Session,
    *,
    source_id: int,
    posts: Sequence[FetchedPost],
    now: datetime,
    looked_up: Mapping[str, LookedUp] = MappingProxyType({}),
    language: str | None = None,
    watch: Watch = lambda _new, _known: None,
) -> Saved:
    """Save one reading of a source, and say what was new, changed and known in it.

    ``looked_up`` holds posts that were read on their own pages, by address. ``language`` is what
    the source says of itself. When ``watch`` names something wrong, the new posts wait with that.
    """
    one_at_a_time(session, "posts")  # the second of two readers of a link must see the first
    shelf = _take_down(session, source_id, identity.signals(posts))
    found = identity.recognise(posts, shelf.known(source_id))
    fresh = [item for item in found if item.known is None]
    desk = _Desk(
        session=session,
        source=session.get_one(SourceRow, source_id),
        shelf=shelf,
        now=now,
        looked_up=looked_up,
        language=language,
        believes=believes(posts),
    )
    alarm = watch([item.post for item in fresh], len(found) - len(fresh))
    held = desk.add(fresh, alarm=alarm)
    return Saved(
        new=len(fresh),
        changed=sum(desk.update(item) for item in found if item.known is not None),
        known=len(found) - len(fresh),
        held=held,
    )


def post_of(row: PostRow | Row[Any], source: SourceRow) -> Post:
    """Return the value for a row, of the table or of a query for its columns."""
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
        alarm=row.alarm,
        decision=Decision(row.decision) if row.decision else None,
        freed_at=row.freed_at,
    )


def posts_where(session: Session, *conditions: ColumnElement[bool]) -> list[Post]:
    """Return the posts that meet all conditions (on `PostRow`, `SourceRow`), oldest first."""
    statement = (
        select(*PostRow.__table__.columns)  # thousands of them: as entities they cost three times
        .join(SourceRow, SourceRow.id == PostRow.source_id)
        .where(*conditions)
        .order_by(PostRow.id)
    )
    rows = session.execute(statement).all()
    sources = {source.id: source for source in session.scalars(select(SourceRow))} if rows else {}
    return [post_of(row, sources[row.source_id]) for row in rows]


@dataclass(frozen=True, kw_only=True)
class _Shelf:
    """The posts that share a signal with a reading, each with all its signals, by source."""

    rows: Mapping[int, PostRow]
    keys: Mapping[int, Mapping[Key, set[int]]]

    def known(self, source_id: int) -> list[Known]:
        """Return what identity needs of them.

        Ids and titles speak only within their source; a link means the same post everywhere.
        """
        return [
            Known(
                post_id=row.id,
                title=row.title,
                keys=frozenset(
                    key
                    for key, sources in self.keys[row.id].items()
                    if source_id in sources or key.kind is Kind.LINK
                ),
                dated=identity.instant(row.published_at, row.published_on),
                here=row.source_id == source_id,
            )
            for row in self.rows.values()
        ]


def _take_down(session: Session, source_id: int, keys: frozenset[Key]) -> _Shelf:
    """Load the posts that share a signal with this reading."""
    post_ids: set[int] = set()
    for some in _chunks({key.digest for key in keys}):
        found = select(PostKeyRow.post_id).where(
            PostKeyRow.digest.in_(some),
            or_(PostKeyRow.source_id == source_id, PostKeyRow.kind == Kind.LINK),
        )
        post_ids.update(session.scalars(found))
    rows: dict[int, PostRow] = {}
    keys_of: dict[int, dict[Key, set[int]]] = defaultdict(lambda: defaultdict(set))
    for ids in _chunks(post_ids):
        rows |= {r.id: r for r in session.scalars(select(PostRow).where(PostRow.id.in_(ids)))}
        signals = select(
            PostKeyRow.post_id, PostKeyRow.kind, PostKeyRow.digest, PostKeyRow.source_id
        )
        for post_id, kind, digest, by in session.execute(
            signals.where(PostKeyRow.post_id.in_(ids))
        ):
            keys_of[post_id][Key(Kind(kind), digest)].add(by)
    return _Shelf(rows=rows, keys=keys_of)


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Where the posts of one reading are written down."""

    session: Session
    source: SourceRow
    shelf: _Shelf
    now: datetime
    looked_up: Mapping[str, LookedUp]
    language: str | None
    believes: bool

    def add(self, items: Sequence[Recognised], *, alarm: str | None) -> int:
        """Insert new posts and their signals, in two statements; return how many must wait."""
        if not items:
            return 0
        rows = [self._new(item.post, alarm=alarm) for item in items]
        added = insert(PostRow).returning(PostRow.id, sort_by_parameter_order=True)
        ids = self.session.scalars(added, rows)
        self._remember({row_id: item.keys for row_id, item in zip(ids, items, strict=True)})
        return sum(row["held"] is not None or alarm is not None for row in rows)

    def update(self, item: Recognised) -> int:
        """Take over what the source says now; return 1 when the words changed.

        The first date stays: sources bump dates, and a post must not wander into a later week.
        """
        row = self.shelf.rows[item.known or 0]
        fresh = item.keys - self.shelf.keys[row.id].keys()
        if row.source_id != self.source.id:
            return self._update_from_beside(row, item, fresh=fresh)
        self._remember({row.id: fresh})
        post, before = item.post, _words(row)
        row.author = post.author or row.author
        row.tags = list(post.tags) or row.tags
        row.url = post.url
        self._date(row, post)
        self._reword(row, post, renamed=any(key.kind is Kind.TITLE for key in item.keys))
        return self._changed(row, before)

    def _update_from_beside(self, row: PostRow, item: Recognised, *, fresh: frozenset[Key]) -> int:
        """Take over a new title from another source of the same site.

        Any other words stand as the first source said them: two sources that word a post
        differently would else change it at each reading.
        """
        titles = frozenset(key for key in fresh if key.kind is Kind.TITLE)
        if not titles or not _is_at_home(item.post.url, self.source):
            return 0
        self._remember({row.id: titles})
        before = _words(row)
        self._reword(row, item.post, renamed=True)
        return self._changed(row, before)

    def _new(self, post: FetchedPost, *, alarm: str | None) -> dict[str, Any]:
        """Return the columns of a new post."""
        fit = self._fit(post)
        return _columns(fit) | {
            "source_id": self.source.id,
            "url": post.url,
            "author": post.author,
            "tags": list(post.tags),
            "minutes": fit.minutes,
            "published_at": post.published_at,
            "published_on": post.published_on,
            "dated_by": post.dated_by,
            "first_seen_at": self.now,
            "looked_up_at": self.now if post.url in self.looked_up else None,
            "alarm": alarm,
        }

    def _reword(self, row: PostRow, post: FetchedPost, *, renamed: bool) -> None:
        """Write the words down that are other ones than the source said before.

        A title that is no title here, or is cut where it was whole, changes nothing.
        """
        is_looked_up = post.url in self.looked_up
        if row.decision == Decision.EDITED or (_said(row) == _said_by(post) and not is_looked_up):
            return
        fit = self._fit(post)
        if fit.held and not row.held and row.decision is None:
            return
        if row.held and not fit.held:
            row.freed_at = self.now
        kept = None if renamed else row.title
        _write(row, replace(fit, summary=fit.summary or row.summary, title=kept or fit.title))
        row.looked_up_at = self.now if is_looked_up else row.looked_up_at
        if row.decision is not None:
            row.held = None

    def _fit(self, post: FetchedPost) -> Fit:
        return fit(
            post,
            looked_up=self.looked_up.get(post.url),
            language=self.language or self.source.language,
            believes=self.believes,
        )

    def _date(self, row: PostRow, post: FetchedPost) -> None:
        if row.published_at is None and row.published_on is None:
            row.published_at, row.published_on = post.published_at, post.published_on
            row.dated_by = post.dated_by

    def _changed(self, row: PostRow, before: tuple[str | None, ...]) -> int:
        if before == _words(row):
            return 0
        row.changed_at = self.now
        return 1

    def _remember(self, keys: Mapping[int, frozenset[Key]]) -> None:
        rows = [
            {"source_id": self.source.id, "kind": k.kind, "digest": k.digest, "post_id": post_id}
            for post_id, found in keys.items()
            for k in sorted(found, key=lambda key: (key.kind, key.digest))
        ]
        if rows:
            self.session.execute(insert(PostKeyRow), rows)


def _columns(fit: Fit) -> dict[str, Any]:
    """Return the columns that a post's words fill."""
    return {
        "title": fit.title,
        "summary": fit.summary,
        "raw_title": fit.said_title,
        "raw_summary": fit.said_summary,
        "rules": list(fit.rules),
        "fitness": fit.fitness,
        "held": fit.held,
        "language": fit.language,
    }


def _write(row: PostRow, fit: Fit) -> None:
    for name, value in _columns(fit).items():
        setattr(row, name, value)
    row.minutes = fit.minutes or row.minutes


def _words(row: PostRow) -> tuple[str | None, ...]:
    return row.title, row.summary, row.author, row.url


def _said(row: PostRow) -> tuple[str, str]:
    """Return the words as the source said them last."""
    title = row.title if row.raw_title is None else row.raw_title
    return title, (row.summary or "") if row.raw_summary is None else row.raw_summary


def _said_by(post: FetchedPost) -> tuple[str, str]:
    return post.title, post.summary or ""


def _is_at_home(url: str, source: SourceRow) -> bool:
    """Whether a source is a page of the site that the post stands on."""
    return urlsplit(url).hostname == urlsplit(source.url).hostname


def find_by_url(session: Session, url: str) -> list[Post]:
    """Return the posts known under this address, in any of its spellings."""
    link = identity.key(Kind.LINK, identity.canonical_link(url))
    ids = select(PostKeyRow.post_id).where(
        and_(PostKeyRow.kind == Kind.LINK, PostKeyRow.digest == link.digest)
    )
    return posts_where(session, or_(PostRow.id.in_(ids), PostRow.url == url))


def is_settled(session: Session, url: str, *, now: datetime) -> bool:
    """Whether nothing more is wanted of the post at an address than what we have.

    One that lacks its date or its title is worth a look at its own page, once, in its first days;
    one that stood there before its source was first read is not.
    """
    link = identity.key(Kind.LINK, identity.canonical_link(url))
    found = session.execute(
        select(PostRow, SourceRow.first_read_at)
        .join(PostKeyRow, PostKeyRow.post_id == PostRow.id)
        .join(SourceRow, SourceRow.id == PostRow.source_id)
        .where(PostKeyRow.kind == Kind.LINK, PostKeyRow.digest == link.digest)
        .limit(1)
    ).first()
    if found is None:
        return False
    row, first_read_at = found
    is_whole = row.held is None and (row.published_at or row.published_on)
    is_old = row.first_seen_at < now - _PATIENCE or row.first_seen_at <= (first_read_at or now)
    return bool(is_whole or is_old or row.looked_up_at)
