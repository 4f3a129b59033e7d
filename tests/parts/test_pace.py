"""The pace that all senders share: one row, in the database's time."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import update

from digest.delivery.pace import Pace
from digest.delivery.settings import PaceSettings
from digest.tables import PaceRow
from storage.database import Database, clock_of
from storage.settings import DatabaseSettings


def pace_of(database: Database, *, per_minute: int) -> Pace:
    return Pace(database, settings=PaceSettings(letters_per_minute=per_minute))


def now_of(database: Database) -> float:
    with database.read() as session:
        return clock_of(session)


def test_the_first_may_go_at_once_and_each_next_one_when_its_time_has_come(
    database: Database,
) -> None:
    pace = pace_of(database, per_minute=60)
    before = now_of(database)
    waits = [pace.take(10) for _ in range(4)]
    passed = now_of(database) - before
    assert waits[0] == 0.0
    for number, wait in enumerate(waits):
        assert 10 * number - passed <= wait <= 10 * number


def test_without_a_limit_nobody_waits_and_nothing_is_written(database: Database) -> None:
    assert [pace_of(database, per_minute=0).take(1_000_000) for _ in range(3)] == [0.0] * 3
    with database.read() as session:
        assert session.query(PaceRow).count() == 0


def test_two_senders_that_ask_at_once_keep_the_rate_together(
    database: Database, database_url: str
) -> None:
    """Each turn is a span of time of its own, and the spans of both lie end to end."""
    other = Database(DatabaseSettings(url=database_url))

    def turns(sender: Database) -> list[tuple[float, float]]:
        pace = pace_of(sender, per_minute=600)
        found = []
        for _ in range(25):
            asked = now_of(sender)
            found.append((asked + pace.take(5), now_of(sender) - asked))
        return found

    try:
        with ThreadPoolExecutor(2) as threads:
            both = [turn for found in threads.map(turns, (database, other)) for turn in found]
    finally:
        other.close()
    begins = sorted(begin for begin, _ in both)
    slack = max(doubt for _, doubt in both)  # between asking for the time and for the turn
    gaps = [later - earlier for earlier, later in pairwise(begins)]
    assert len(begins) == 50
    assert min(gaps) > 0.5 - slack
    assert begins[-1] - begins[0] == pytest.approx(49 * 0.5, abs=slack + 0.01)


def test_a_pause_is_not_made_up_for_by_hurrying(database: Database) -> None:
    pace = pace_of(database, per_minute=60)
    pace.take(1)
    with database.begin() as session:
        session.execute(update(PaceRow).values(next_at=clock_of(session) - 3600))
    assert pace.take(30) == 0.0
    assert pace.take(30) > 29
