"""Says in one word how a source is, with the reason, and since when; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from digest.sources.state import State

PERSISTENT = 3  # failed readings in a row; fewer are a hiccup
LATE, SILENT = 3, 6  # times the usual pause between posts
FIRST_LATE, FIRST_SILENT = timedelta(days=7), timedelta(days=14)  # however busy the source is
LONGEST_SILENCE = timedelta(days=90)


class Word(StrEnum):
    """How a source is."""

    OK = "ok"
    LATE = "late"
    SILENT = "silent"
    FAILING = "failing"
    DRIFTED = "drifted"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that the watch found wrong with a source, and when."""

    reason: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a source is; ``since`` is when this began, None for a source that was never read."""

    word: Word
    reason: str
    since: datetime | None


def health(
    *,
    state: State,
    failures: int,
    last_new_at: datetime | None,
    cadence: timedelta | None,
    since: datetime | None,
    quarantined: Trouble | None = None,
    drifted: Trouble | None = None,
    now: datetime,
) -> Health:
    """Return the health of a source: what a person must act upon comes first.

    ``state`` and ``failures`` (in a row) tell how the last reading ended, ``since`` is the last
    good one. ``last_new_at`` is when the newest post is dated, ``cadence`` the usual pause.
    """
    if quarantined:
        return Health(word=Word.QUARANTINED, reason=quarantined.reason, since=quarantined.since)
    if drifted:
        return Health(word=Word.DRIFTED, reason=drifted.reason, since=drifted.since)
    if _is_failing(state, failures=failures, since=since):
        return Health(word=Word.FAILING, reason=_failing(state, failures=failures), since=since)
    return _quiet(last_new_at, cadence=cadence, now=now) or Health(
        word=Word.OK, reason=_fine(state, cadence=cadence), since=since
    )


def _is_failing(state: State, *, failures: int, since: datetime | None) -> bool:
    """Whether this is more than a hiccup: it lasts, was never better, or is meant for good."""
    if not state.is_error:
        return False
    return failures >= PERSISTENT or since is None or state is State.GONE


def _failing(state: State, *, failures: int) -> str:
    times = "once" if failures <= 1 else f"{failures} times in a row"
    return f"the reading failed {times}: {state}"


def _quiet(
    last_new_at: datetime | None, *, cadence: timedelta | None, now: datetime
) -> Health | None:
    """Return late or silent, when the newest post is that old."""
    if last_new_at is None:
        return None
    pause = now - last_new_at
    late, silent = LONGEST_SILENCE, LONGEST_SILENCE
    if cadence is not None:
        late = max(LATE * cadence, FIRST_LATE)
        silent = min(max(SILENT * cadence, FIRST_SILENT), LONGEST_SILENCE)
    if pause < min(late, silent):
        return None
    usual = f", and one comes every {_days(cadence)} as a rule" if cadence else ""
    return Health(
        word=Word.SILENT if pause >= silent else Word.LATE,
        reason=f"no new post for {_days(pause)}{usual}",
        since=last_new_at,
    )


def _fine(state: State, *, cadence: timedelta | None) -> str:
    if state.is_error:
        return f"the last reading failed ({state}); it is tried again"
    return f"a post comes every {_days(cadence)} as a rule" if cadence else "it can be read"


def _days(time: timedelta) -> str:
    return "day" if time.days <= 1 else f"{time.days} days"
