"""The diary of a source: how its last readings ended, and what it answered in the last."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.posts.store import Saved
from digest.sources.capture import as_text, unfolded
from digest.sources.fetch import Fetched
from digest.sources.state import State
from digest.tables import CaptureRow, ReadingRow

KEPT = 50
"""Readings of one source; at one an hour that is two days."""
_DETAIL = 500  # characters, as the database keeps


@dataclass(frozen=True, kw_only=True)
class PastReading:
    """One reading: how it ended, and what it saved.

    ``status`` and ``size`` (bytes) are those of the answer, ``listed`` how many posts stood there;
    each is None where there was none.
    """

    at: datetime
    state: State
    detail: str | None
    status: int | None
    size: int | None
    listed: int | None
    new: int
    changed: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Capture:
    """The last body that a source answered with, as text that does nothing.

    ``size`` is how many bytes it had; ``is_cut`` is whether only its beginning is here.
    """

    at: datetime
    media: str
    size: int
    text: str
    is_cut: bool


def write(
    session: Session,
    source_id: int,
    fetched: Fetched,
    *,
    state: State,
    saved: Saved,
    now: datetime,
) -> None:
    """Note a reading, and keep what was answered; the oldest note beyond `KEPT` is dropped."""
    answer, reading = fetched.answer, fetched.reading
    session.add(
        ReadingRow(
            source_id=source_id,
            at=now,
            state=state,
            detail=fetched.detail[:_DETAIL] if fetched.detail else None,
            status=answer.status if answer else None,
            size=answer.size if answer and answer.size else None,
            listed=len(reading.posts) if reading else None,
            new=saved.new,
            changed=saved.changed,
            held=saved.held,
        )
    )
    session.flush()
    _forget(session, source_id)
    if answer and answer.content:
        session.merge(
            CaptureRow(
                source_id=source_id,
                at=now,
                media=answer.media,
                size=answer.size,
                content=answer.content,
            )
        )


def readings(session: Session, source_id: int, *, most: int) -> list[PastReading]:
    """Return so many readings of a source, the newest first."""
    rows = session.scalars(
        select(ReadingRow)
        .where(ReadingRow.source_id == source_id)
        .order_by(ReadingRow.id.desc())
        .limit(most)
    )
    return [
        PastReading(
            at=row.at,
            state=State(row.state),
            detail=row.detail,
            status=row.status,
            size=row.size,
            listed=row.listed,
            new=row.new,
            changed=row.changed,
            held=row.held,
        )
        for row in rows
    ]


def capture(session: Session, source_id: int, *, most: int) -> Capture | None:
    """Return what a source answered last, so many characters of it at most."""
    row = session.get(CaptureRow, source_id)
    if row is None:
        return None
    body = unfolded(row.content)
    text = as_text(body, media=row.media)
    return Capture(
        at=row.at,
        media=row.media,
        size=row.size,
        text=text[:most],
        is_cut=len(text) > most or len(body) < row.size,
    )


def is_captured(session: Session, source_id: int) -> bool:
    """Whether anything is kept of what a source answered."""
    kept = select(CaptureRow.at).where(CaptureRow.source_id == source_id)
    return session.scalar(kept) is not None


def _forget(session: Session, source_id: int) -> None:
    oldest_kept = (
        select(ReadingRow.id)
        .where(ReadingRow.source_id == source_id)
        .order_by(ReadingRow.id.desc())
        .offset(KEPT - 1)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        delete(ReadingRow)
        .where(ReadingRow.source_id == source_id, ReadingRow.id < oldest_kept)
        .execution_options(synchronize_session=False)
    )
