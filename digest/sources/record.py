"""Writes down how a reading ended: the posts, and the source's own row, in one transaction."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.posts import store
from digest.posts.store import Saved
from digest.sources.adapter import Reading
from digest.sources.fetch import Fetched, next_check
from digest.sources.state import State
from digest.tables import SourceRow

NOTHING = Saved(new=0, changed=0, known=0, held=0)
_DETAIL, _TITLE, _HOME = 500, 300, 2048  # characters, as the database keeps


def record(
    session: Session, *, source_id: int, fetched: Fetched, now: datetime, interval: timedelta
) -> tuple[State, Saved]:
    """Save the posts and note the state; return the state, now that it is known what is new.

    The row is locked first, so that two readings of one source are saved one after the other. A
    source that was removed meanwhile keeps nothing.
    """
    row = session.get(SourceRow, source_id, with_for_update=True)
    if row is None:
        return fetched.state, NOTHING
    saved = NOTHING
    if fetched.reading is not None:
        posts = fetched.reading.posts
        saved = store.save(session, source_id=source_id, posts=posts, now=now)
        _note_reading(row, fetched.reading, now=now)
    state = State.NEW_POSTS if saved.new else fetched.state
    _note_state(row, fetched, state=state, now=now, interval=interval)
    return state, saved


def _note_reading(row: SourceRow, reading: Reading, *, now: datetime) -> None:
    row.first_read_at = row.first_read_at or now
    row.entries = len(reading.posts)
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
