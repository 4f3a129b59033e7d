"""Sources that do what they never did: their new posts wait, until a person lets them out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from digest.posts import store
from digest.posts.post import FetchedPost, Post
from digest.sources import quarantine
from digest.sources.adapter import Reading
from digest.sources.fetch import Fetched
from digest.sources.history import history_of, newest_dates
from digest.sources.record import Recorded, record
from digest.sources.state import State
from digest.sources.watch import Alarm, WatchSettings
from digest.tables import SourceRow
from storage.database import Database

NOW = datetime(2026, 6, 8, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SHAPE = "main > article"


class Quay:
    """One source, and what its readings bring."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        with database.begin() as session:
            session.add(SourceRow(name="quay", url="https://quay.example/", added_at=NOW))

    def read(
        self, posts: Sequence[FetchedPost], *, shape: str | None = SHAPE, **facts: Any
    ) -> Recorded:
        """Read it a day later."""
        self.now += DAY
        reading = Reading(posts=tuple(posts), shape=shape)
        return self.record(Fetched(state=State.UNCHANGED, reading=reading, **facts))

    def record(self, fetched: Fetched) -> Recorded:
        """Write down how a reading ended."""
        with self.database.begin() as session:
            return record(
                session,
                source_id=1,
                fetched=fetched,
                now=self.now,
                interval=DAY,
                watch=WatchSettings(),
            )

    def row(self) -> SourceRow:
        """Return what is written down."""
        with self.database.read() as session:
            return session.scalars(select(SourceRow)).one()

    def posts(self) -> list[Post]:
        """Return every post."""
        with self.database.read() as session:
            return store.posts_where(session)

    def release(self, *, take: bool) -> list[str]:
        """Let it out; returns the titles that were held."""
        with self.database.begin() as session:
            row = session.get_one(SourceRow, 1)
            held = quarantine.held_posts(session, row)
            quarantine.release(session, row, take=take, now=self.now)
        return held


def weekly(*numbers: int, prefix: str = "post") -> list[FetchedPost]:
    """Make posts, one a week, the newest first."""
    return [
        FetchedPost(
            url=f"https://quay.example/{prefix}-{n}",
            title=f"{prefix} number {n}",
            published_at=NOW - n * 7 * DAY,
        )
        for n in numbers
    ]


@pytest.fixture
def quay(database: Database) -> Quay:
    quay = Quay(database)
    assert quay.read(weekly(*range(20))).alarm is None
    return quay


def test_an_archive_that_comes_back_waits_and_the_source_says_why(quay: Quay) -> None:
    replayed = quay.read(weekly(*range(20), prefix="old"))
    assert (replayed.alarm, replayed.saved.new, replayed.saved.held) == (Alarm.REPLAY, 20, 20)
    assert {post.alarm for post in quay.posts() if post.title.startswith("old")} == {"replay"}
    row = quay.row()
    assert (row.alarm, row.quarantined_at) == ("replay", quay.now)
    assert "19 of 20 new posts are dated before the last reading" in str(row.alarm_reason)
    with quay.database.read() as session:
        (found,) = quarantine.all_quarantined(session)
        assert (found.source, found.alarm, found.held) == ("quay", Alarm.REPLAY, 20)
        assert history_of(session, row).posts == 20  # what stands in quarantine teaches nothing
        assert len(newest_dates(session)[1]) == 20


def test_in_quarantine_every_new_post_waits_until_the_source_is_released(quay: Quay) -> None:
    quay.read(weekly(*range(20), prefix="old"))
    later = quay.read([*weekly(-1), *weekly(*range(20), prefix="old")])
    assert (later.alarm, later.saved.new, later.saved.held) == (None, 1, 1)
    assert len(quay.release(take=True)) == 21
    assert {post.alarm for post in quay.posts()} == {None}
    assert quay.row().alarm is None
    after = quay.read([*weekly(-2, -1), *weekly(*range(20), prefix="old")])
    assert (after.alarm, after.saved.new, after.saved.held) == (None, 1, 0)


def test_dropped_posts_stay_known_and_never_come_back(quay: Quay) -> None:
    old = weekly(*range(20), prefix="old")
    quay.read(old)
    quay.release(take=False)
    again = quay.read([*weekly(-1), *old])
    assert (again.alarm, again.saved.new, again.saved.known) == (None, 1, 20)
    assert sum(post.decision == "dropped" for post in quay.posts()) == 20


def test_a_page_with_another_layout_is_measured_by_the_old_one_until_released(quay: Quay) -> None:
    strange = weekly(*range(6), prefix="nav")
    assert quay.read(strange, shape="nav > ul").alarm is Alarm.DRIFT
    assert (quay.row().shape, quay.row().entries) == (SHAPE, 20)
    quay.read(weekly(*range(20)))  # it looks as before, but a person has to see what was held
    assert quay.row().alarm == "drift"
    quay.release(take=False)
    quay.read(weekly(*range(20)), shape="main > ul")
    assert (quay.row().alarm, quay.row().shape) == (None, "main > ul")


def test_a_list_that_is_gone_has_drifted_and_one_that_comes_back_is_as_before(quay: Quay) -> None:
    gone = Fetched(state=State.NO_POSTS, detail="the page has no list of posts")
    assert quay.record(gone).alarm is Alarm.DRIFT
    assert quay.record(gone).alarm is None  # it was told already
    assert "20 were listed" in str(quay.row().alarm_reason)
    back = quay.read([*weekly(-1), *weekly(*range(20))])
    assert (back.saved.new, back.saved.held, quay.row().alarm) == (1, 0, None)
