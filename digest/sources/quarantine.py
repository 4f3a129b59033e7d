"""Puts a source in quarantine when the watch finds something wrong, and lets it out again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from digest.posts.language import detect
from digest.posts.post import Decision, FetchedPost
from digest.sources.adapter import Reading
from digest.sources.fetch import Fetched
from digest.sources.history import history_of
from digest.sources.state import State
from digest.sources.watch import Alarm, Arrival, WatchSettings, judge
from digest.tables import PostRow, SourceRow

_NOTHING_FOUND = {State.NO_POSTS, State.SUDDENLY_EMPTY}


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """A source whose new posts wait for a person; so many of them are ``held``."""

    source: str
    alarm: Alarm
    reason: str
    since: datetime
    held: int


@dataclass
class Watchman:
    """Watches one reading of a source; what he finds stands on the source's row until released."""

    session: Session
    row: SourceRow
    reading: Reading
    settings: WatchSettings
    now: datetime
    raised: Alarm | None = field(default=None, init=False)

    def __call__(self, new: Sequence[FetchedPost], known: int) -> str | None:
        """Return the alarm under which new posts wait, or None; see `posts.store.Watch`."""
        if self.row.alarm is not None:
            return self.row.alarm
        has_moved = self.reading.shape != self.row.shape
        if self.row.first_read_at is None or not (new or has_moved):
            return None
        arrival = Arrival(
            new=new,
            known=known,
            total=len(new) + known,
            shape=self.reading.shape,
            language=detect("\n".join(f"{post.title} {post.summary or ''}" for post in new)),
        )
        found = judge(
            arrival,
            history=history_of(self.session, self.row),
            now=self.now,
            settings=self.settings,
        )
        if found is None:
            return None
        self.raised, reason = found
        _shut(self.row, self.raised, reason=reason, now=self.now)
        return self.raised


def watch_for_nothing(row: SourceRow, fetched: Fetched, *, now: datetime) -> Alarm | None:
    """Raise the alarm when a page that listed posts has no list any more."""
    if fetched.state not in _NOTHING_FOUND or not row.shape or not row.entries or row.alarm:
        return None
    reason = f"no posts are found on it any more; {row.entries} were listed, at {row.shape}"
    _shut(row, Alarm.DRIFT, reason=reason, now=now)
    return Alarm.DRIFT


def reopen_by_itself(session: Session, row: SourceRow, *, shape: str | None) -> None:
    """Let a page out that looks as it always did, if none of its posts was held meanwhile."""
    if row.alarm == Alarm.DRIFT and shape and shape == row.shape and not held_posts(session, row):
        _open(row)


def all_quarantined(session: Session) -> list[Quarantined]:
    """Return every source that stands in quarantine, by name."""
    rows = session.scalars(
        select(SourceRow).where(SourceRow.alarm.is_not(None)).order_by(SourceRow.name)
    )
    return [
        Quarantined(
            source=row.name,
            alarm=Alarm(row.alarm),
            reason=row.alarm_reason or "",
            since=row.quarantined_at or row.added_at,
            held=len(held_posts(session, row)),
        )
        for row in rows
        if row.alarm
    ]


def held_posts(session: Session, row: SourceRow) -> list[str]:
    """Return the titles of the posts that stand in quarantine with their source."""
    return [*session.scalars(select(PostRow.title).where(*_held(row)).order_by(PostRow.id))]


def release(session: Session, row: SourceRow, *, take: bool, now: datetime) -> None:
    """Let a source out: its held posts are taken as good, or dropped for good.

    From here on it is measured by what it does next.
    """
    values = {"alarm": None, "freed_at": now} if take else {"decision": Decision.DROPPED}
    session.execute(update(PostRow).where(*_held(row)).values(values))
    _open(row)
    row.shape = None  # the next reading shows the one to go by
    row.released_at = now


def _held(row: SourceRow) -> tuple[ColumnElement[bool], ...]:
    return PostRow.source_id == row.id, PostRow.alarm.is_not(None), PostRow.decision.is_(None)


def _shut(row: SourceRow, alarm: Alarm, *, reason: str, now: datetime) -> None:
    row.alarm, row.alarm_reason, row.quarantined_at = alarm, reason, now


def _open(row: SourceRow) -> None:
    row.alarm = row.alarm_reason = row.quarantined_at = None
