"""Editions in the database: opened once, moved by conditional updates, frozen at once."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from digest.calendar import ScheduleSettings, latest_due
from digest.editions import store
from digest.editions.issue import Issue, IssuePost, NewsletterSettings, Surplus
from digest.editions.state import MAY_FOLLOW, EditionState
from digest.editions.store import Edition, Variant
from digest.tables import EditionRow, PostRow, SourceRow
from storage.database import Database

NOW = datetime(2026, 6, 12, 6, 0, tzinfo=UTC)
WEEK = latest_due(ScheduleSettings(), NOW)
NEXT = latest_due(ScheduleSettings(), datetime(2026, 6, 19, 6, 0, tzinfo=UTC))
VARIANT = Variant(language="en", subject="S", html="<p>", text="t", sha256="0")


def issue(*post_ids: int, number: int = 1) -> Issue:
    posts = tuple(
        IssuePost(post_id=n, url=f"https://x.example/{n}", title=f"T {n}", source="X")
        for n in post_ids
    )
    return Issue(
        newsletter=NewsletterSettings(),
        period=WEEK.name,
        number=number,
        day=date(2026, 6, 12),
        posts=posts,
        surplus=(Surplus(source="X", posts=4),),
    )


def add_posts(database: Database, count: int) -> None:
    with database.begin() as session:
        session.add(SourceRow(id=1, name="X", url="https://x.example", added_at=NOW))
        session.flush()
        for n in range(1, count + 1):
            session.add(
                PostRow(
                    id=n,
                    source_id=1,
                    url=f"https://x.example/{n}",
                    title=f"T {n}",
                    first_seen_at=NOW,
                )
            )


def open_week(database: Database) -> Edition:
    with database.begin() as session:
        return store.open_edition(session, "n", period=WEEK, now=NOW)


def freeze(database: Database, edition: Edition, sealed: Issue) -> bool:
    with database.begin() as session:
        ids = store.freeze(session, edition, issue=sealed, variants=[VARIANT], now=NOW)
        return ids is not None


def test_eight_processes_open_one_edition(database: Database) -> None:
    found: list[int] = []
    barrier = threading.Barrier(8)

    def open_it() -> None:
        barrier.wait()
        found.append(open_week(database).id)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    with database.read() as session:
        assert len(session.scalars(select(EditionRow)).all()) == 1


def test_only_one_of_eight_freezes_it(database: Database) -> None:
    add_posts(database, 2)
    edition = open_week(database)
    won: list[bool] = []
    barrier = threading.Barrier(8)

    def freeze_it() -> None:
        barrier.wait()
        won.append(freeze(database, edition, issue(1, 2)))

    threads = [threading.Thread(target=freeze_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_a_frozen_edition_keeps_its_words_and_variants(database: Database) -> None:
    add_posts(database, 2)
    edition = open_week(database)
    assert freeze(database, edition, issue(1, 2))
    with database.read() as session:
        kept = store.get(session, edition.id)
        assert store.issue_of(session, edition.id) == issue(1, 2)
        assert list(store.variants_of(session, edition.id).values()) == [VARIANT]
        assert store.candidates(session, "n") == []
        assert store.next_number(session, "n") == 2
        assert store.last_frozen_at(session, "n") == NOW
    assert (kept.state, kept.number, kept.seal) == (EditionState.FROZEN, 1, issue(1, 2).seal)


def test_a_post_cannot_stand_in_two_issues(database: Database) -> None:
    add_posts(database, 2)
    freeze(database, open_week(database), issue(1))
    with database.begin() as session:
        following = store.open_edition(session, "n", period=NEXT, now=NOW)
    with pytest.raises(IntegrityError):
        freeze(database, following, issue(1, 2, number=2))
    with database.read() as session:
        assert store.get(session, following.id).state is EditionState.DRAFT
        assert [post.id for post in store.candidates(session, "n")] == [2]


def test_a_move_that_came_too_late_changes_nothing(database: Database) -> None:
    edition = open_week(database)
    with database.begin() as session:
        assert store.move(session, edition, to=EditionState.HELD, now=NOW, reason="wait")
        assert not store.move(session, edition, to=EditionState.APPROVED, now=NOW)
        assert store.get(session, edition.id).reason == "wait"


def test_a_step_that_no_edition_may_take_is_refused(database: Database) -> None:
    edition = open_week(database)
    with database.begin() as session, pytest.raises(ValueError, match="from draft to sent"):
        store.move(session, edition, to=EditionState.SENT, now=NOW)


def test_every_state_says_what_may_follow() -> None:
    assert set(MAY_FOLLOW) == set(EditionState)
    reached = set().union(*MAY_FOLLOW.values())
    assert reached == set(EditionState)


def test_any_changed_word_breaks_the_seal() -> None:
    sealed = issue(1, 2)
    changed = replace(sealed, posts=(replace(sealed.posts[0], title="T 1."), sealed.posts[1]))
    swapped = replace(sealed, posts=sealed.posts[::-1])
    assert len({sealed.seal, changed.seal, swapped.seal}) == 3
    assert Issue.from_json(sealed.to_json()) == sealed
    assert Issue.from_json(sealed.to_json()).seal == sealed.seal
