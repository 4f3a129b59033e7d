"""How a source is, in one word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.sources.health import Health, Trouble, Word, health
from digest.sources.state import State

NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
DAY = timedelta(days=1)


def of(**changes: Any) -> Health:
    """Judge a weekly blog that was read an hour ago and had a post yesterday."""
    usual: dict[str, Any] = {
        "state": State.UNCHANGED,
        "failures": 0,
        "last_new_at": NOW - DAY,
        "cadence": 7 * DAY,
        "since": NOW - timedelta(hours=1),
        "now": NOW,
    }
    return health(**usual | changes)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, Word.OK),
        ({"last_new_at": NOW - 20 * DAY}, Word.OK),
        ({"last_new_at": NOW - 21 * DAY}, Word.LATE),
        ({"last_new_at": NOW - 41 * DAY}, Word.LATE),
        ({"last_new_at": NOW - 42 * DAY}, Word.SILENT),
        ({"last_new_at": NOW - 6 * DAY, "cadence": DAY}, Word.OK),
        ({"last_new_at": NOW - 13 * DAY, "cadence": DAY}, Word.LATE),
        ({"last_new_at": NOW - 14 * DAY, "cadence": DAY}, Word.SILENT),
        ({"last_new_at": NOW - 89 * DAY, "cadence": 60 * DAY}, Word.OK),
        ({"last_new_at": NOW - 90 * DAY, "cadence": 60 * DAY}, Word.SILENT),
        ({"last_new_at": NOW - 89 * DAY, "cadence": None}, Word.OK),
        ({"last_new_at": NOW - 90 * DAY, "cadence": None}, Word.SILENT),
        ({"last_new_at": None, "cadence": None}, Word.OK),
        ({"state": State.SERVER_ERROR, "failures": 2}, Word.OK),
        ({"state": State.SERVER_ERROR, "failures": 3}, Word.FAILING),
        ({"state": State.NOT_FOUND, "failures": 1, "since": None}, Word.FAILING),
        ({"state": State.GONE, "failures": 1}, Word.FAILING),
        ({"state": State.NEVER_READ, "last_new_at": None, "since": None}, Word.OK),
    ],
)
def test_every_source_is_in_one_word(changes: dict[str, Any], word: Word) -> None:
    assert of(**changes).word is word


def test_the_reason_and_since_when_are_told() -> None:
    last = NOW - 30 * DAY
    assert of(last_new_at=last) == Health(
        word=Word.LATE,
        reason="no new post for 30 days, and one comes every 7 days as a rule",
        since=last,
    )
    good = NOW - 2 * DAY
    assert of(state=State.TIMED_OUT, failures=4, since=good) == Health(
        word=Word.FAILING, reason="the reading failed 4 times in a row: timed out", since=good
    )
    assert of(state=State.TIMED_OUT, failures=1).reason == (
        "the last reading failed (timed out); it is tried again"
    )


def test_what_waits_for_a_person_comes_first() -> None:
    flood = Trouble(reason="40 new posts make 41 in 7 days", since=NOW - DAY)
    drift = Trouble(reason="the layout changed", since=NOW - 3 * DAY)
    bad = {"state": State.NOT_FOUND, "failures": 9, "last_new_at": NOW - 200 * DAY}
    assert of(**bad, quarantined=flood, drifted=drift) == Health(
        word=Word.QUARANTINED, reason=flood.reason, since=flood.since
    )
    assert of(**bad, drifted=drift).word is Word.DRIFTED
    assert of(**bad).word is Word.FAILING
