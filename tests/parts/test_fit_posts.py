"""Posts as they are kept: repaired, completed, held, decided about, and what the source said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.posts import decisions, store
from digest.posts.hygiene import CUT_TITLE, NO_TITLE
from digest.posts.post import FetchedPost, LookedUp
from digest.tables import PostRow, SourceRow
from storage.database import Database

NOON = datetime(2026, 6, 8, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEAK = "Sure, here is the article you asked for: --- Queues fill up at night. We measured why."
WHOLE = "Why a Queue That Nobody Reads Is the Most Expensive Part of the System We Have Built"
CUT = f"{WHOLE[:68]}…"


def add_source(session: Session, name: str = "quay", **facts: Any) -> int:
    usual = {"url": f"https://{name}.example/feed", "added_at": NOON, "first_read_at": NOON - HOUR}
    row = SourceRow(name=name, **usual | facts)
    session.add(row)
    session.flush()
    return row.id


def post(**facts: Any) -> FetchedPost:
    usual: dict[str, Any] = {
        "url": "https://quay.example/1",
        "title": "Full queues",
        "published_at": NOON,
    }
    return FetchedPost(**usual | facts)


def read(database: Database, *posts: FetchedPost, source: int = 1, **more: Any) -> store.Saved:
    """Save a reading; the first one adds the source."""
    with database.begin() as session:
        if session.get(SourceRow, source) is None:
            add_source(session, "quay" if source == 1 else f"quay{source}")
        values = {"now": NOON} | more
        return store.save(session, source_id=source, posts=posts, **values)


def only_row(database: Database) -> PostRow:
    with database.read() as session:
        return session.scalars(select(PostRow)).one()


def test_a_leak_is_taken_away_and_what_the_source_said_is_kept(database: Database) -> None:
    read(database, post(summary=LEAK))
    row = only_row(database)
    assert row.summary == "Queues fill up at night. We measured why."
    assert (row.raw_title, row.raw_summary) == (None, LEAK)
    assert row.fitness == "repaired"
    assert row.rules
    assert read(database, post(summary=LEAK), now=NOON + HOUR).changed == 0


def test_a_clean_post_keeps_no_second_copy_of_its_words(database: Database) -> None:
    read(database, post(summary="Queues fill up at night."))
    row = only_row(database)
    assert (row.raw_title, row.raw_summary, row.rules, row.fitness) == (None, None, [], "clean")


def test_a_cut_title_is_held_until_its_own_page_shows_it_whole(database: Database) -> None:
    listed = post(title=CUT)
    assert read(database, listed).held == 1
    assert only_row(database).held == CUT_TITLE
    page = LookedUp(listed=listed, page=post(title=WHOLE))
    again = read(database, listed, looked_up={listed.url: page}, now=NOON + HOUR)
    row = only_row(database)
    assert (again.changed, row.held, row.title, row.raw_title) == (1, None, WHOLE, CUT)
    assert row.fitness == "replaced"
    assert read(database, listed, now=NOON + 2 * HOUR).changed == 0  # the list cuts it for ever
    assert only_row(database).title == WHOLE


def test_a_post_without_title_is_held_and_so_is_one_that_could_not_be_completed(
    database: Database,
) -> None:
    bare = post(title="", url="https://quay.example/bare")
    told = post(title="", url="https://quay.example/told", summary="Queues fill up at night.")
    assert read(database, bare, told).held == 2
    with database.read() as session:
        assert {*session.scalars(select(PostRow.held))} == {NO_TITLE}


def test_what_a_post_lacks_is_asked_of_its_own_page_once_in_its_first_days(
    database: Database,
) -> None:
    def is_settled(url: str, *, now: datetime = NOON + HOUR) -> bool:
        with database.read() as session:
            return store.is_settled(session, url, now=now)

    undated = post(url="https://quay.example/2", title="Undated", published_at=None)
    read(database, post(), undated)
    assert is_settled("https://quay.example/1")
    assert not is_settled("https://quay.example/2")
    assert not is_settled("https://quay.example/never-seen")
    assert is_settled("https://quay.example/2", now=NOON + timedelta(days=8))
    page = LookedUp(listed=undated, page=undated)
    read(database, undated, looked_up={undated.url: page})
    assert is_settled("https://quay.example/2")


def test_what_stood_there_at_a_first_reading_is_not_looked_up_later(database: Database) -> None:
    undated = post(published_at=None)
    read(database, undated, now=NOON - HOUR)
    with database.read() as session:
        assert store.is_settled(session, undated.url, now=NOON)


@pytest.mark.parametrize(
    ("stated", "kept"),
    [((1, 1, 1, 1), {None}), ((4, 7, 12, 9), {4, 7, 12, 9}), ((None, None), {None})],
)
def test_reading_times_are_kept_where_they_are_believed(
    database: Database, stated: tuple[int | None, ...], kept: set[int | None]
) -> None:
    read(
        database,
        *(
            post(url=f"https://quay.example/{n}", title=f"Post {n}", minutes=minutes)
            for n, minutes in enumerate(stated)
        ),
    )
    with database.read() as session:
        assert {*session.scalars(select(PostRow.minutes))} == kept


def test_the_language_is_the_texts_own_or_else_what_its_source_states(database: Database) -> None:
    german = "Warum die Warteschlange nachts voll ist und was wir dagegen getan haben"
    read(
        database,
        post(title=german, language="en"),
        post(url="https://quay.example/2", title="Kubernetes 1.31"),
        language="fr",
    )
    with database.read() as session:
        assert [*session.scalars(select(PostRow.language).order_by(PostRow.id))] == ["de", "fr"]


def test_another_page_of_the_same_site_renames_a_post_but_does_not_reword_it(
    database: Database,
) -> None:
    read(database, post(summary="Queues fill up."))
    with database.begin() as session:
        add_source(session, "hub", url="https://quay.example/hub")
        add_source(session, "planet", url="https://planet.example/feed")
    reworded = post(summary="Other words of the hub.")
    assert read(database, reworded, source=2).changed == 0
    assert read(database, post(title="A planet's name for it"), source=3).changed == 0
    renamed = post(title="Full queues: a guide", summary="New words.")
    assert read(database, renamed, source=2).changed == 1
    row = only_row(database)
    assert (row.title, row.summary) == ("Full queues: a guide", "New words.")


def test_no_reading_undoes_what_a_person_decided(database: Database) -> None:
    listed = [post(title=f"{n} {CUT}", url=f"https://quay.example/{n}") for n in range(3)]
    read(database, *listed)
    with database.begin() as session:
        assert [p.id for p in decisions.waiting(session)] == [1, 2, 3]
        decisions.take(session, [1], now=NOON)
        decisions.drop(session, [2])
        decisions.edit(session, 3, title="A whole title", summary=None, now=NOON)
        assert decisions.waiting(session) == []
    changed = [post(title=p.title, url=p.url, summary="They wrote it anew.") for p in listed]
    read(database, *changed, now=NOON + HOUR)
    with database.read() as session:
        taken, dropped, edited = store.posts_where(session)
        assert decisions.named(session, "https://quay.example/1") == dropped
        assert decisions.named(session, "3") == edited
        assert decisions.named(session, "99999999999999999999") is None
    assert (taken.held, taken.decision, taken.summary) == (None, "taken", "They wrote it anew.")
    assert dropped.decision == "dropped"
    assert (edited.title, edited.held, edited.summary) == ("A whole title", None, None)
