"""Writes down how a reading ended: the posts, and the source's own row, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.posts import store
from digest.posts.store import Saved, Watch
from digest.sources import diary
from digest.sources.adapter import Reading
from digest.sources.fetch import Fetched, next_check
from digest.sources.quarantine import Watchman, reopen_by_itself, watch_for_nothing
from digest.sources.state import State
from digest.sources.watch import Alarm, WatchSettings
from digest.tables import SourceRow

NOTHING = Saved(new=0, changed=0, known=0, held=0)
_DETAIL, _TITLE, _HOME = 500, 300, 2048  # characters, as the database keeps


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How a reading ended, now that it is known what was new; ``alarm`` is why that waits."""

    state: State
    saved: Saved = NOTHING
    alarm: Alarm | None = None


def record(
    session: Session,
    *,
    source_id: int,
    fetched: Fetched,
    now: datetime,
    interval: timedelta,
    watch: WatchSettings,
) -> Recorded:
    """Save the posts of a reading that nothing is wrong with, hold the others; note the state.

    The row is locked first, so that two readings of one source are saved one after the other. A
    source that was removed meanwhile keeps nothing.
    """
    row = session.get(SourceRow, source_id, with_for_update=True)
    if row is None:
        return Recorded(state=fetched.state)
    saved, alarm = NOTHING, watch_for_nothing(row, fetched, now=now)
    if fetched.reading is not None:
        reopen_by_itself(session, row, shape=fetched.reading.shape)
        watchman = Watchman(
            session=session, row=row, reading=fetched.reading, settings=watch, now=now
        )
        saved = _save(session, row, fetched, reading=fetched.reading, watch=watchman, now=now)
        _note_reading(row, fetched.reading, now=now)
        alarm = watchman.raised
    state = State.NEW_POSTS if saved.new else fetched.state
    _note_state(row, fetched, state=state, now=now, interval=interval)
    diary.write(session, row.id, fetched, state=state, saved=saved, now=now)
    return Recorded(state=state, saved=saved, alarm=alarm)


def _save(
    session: Session,
    row: SourceRow,
    fetched: Fetched,
    *,
    reading: Reading,
    watch: Watch,
    now: datetime,
) -> Saved:
    return store.save(
        session,
        source_id=row.id,
        posts=reading.posts,
        now=now,
        looked_up=fetched.looked_up,
        language=reading.language,
        watch=watch,
    )


def _note_reading(row: SourceRow, reading: Reading, *, now: datetime) -> None:
    """Note what the source shows; in quarantine it stays measured by what it was before."""
    row.first_read_at = row.first_read_at or now
    if row.alarm is None:
        row.entries, row.shape = len(reading.posts), reading.shape or row.shape
    row.title = (reading.title or row.title or "")[:_TITLE] or None
    row.home = (reading.home or row.home or "")[:_HOME] or None
    row.language = reading.language or row.language


def _note_state(
    row: SourceRow, fetched: Fetched, *, state: State, now: datetime, interval: timedelta
) -> None:
    """Note how it ended; the version that we have is noted only together with its posts."""
    row.state = state
    row.detail = fetched.detail[:_DETAIL] if fetched.detail else None
    row.checked_at = now
    row.claimed_by = row.claimed_until = None
    row.failures = row.failures + 1 if state.is_error else 0
    row.next_check_at = next_check(
        now=now,
        state=state,
        failures=row.failures,
        interval=interval,
        retry_after=fetched.retry_after,
    )
    if not state.is_error:
        row.succeeded_at = now
        row.etag = fetched.etag
        row.last_modified = fetched.last_modified
