"""Posts in the database: new, changed, known, held."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.posts import store
from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.tables import PostRow, SourceRow
from storage.database import Database

NOON = datetime(2026, 6, 8, 12, 0, tzinfo=UTC)


def add_source(session: Session, name: str = "Plain Systems", **facts: object) -> int:
    row = SourceRow(name=name, url=f"https://{name}.example/feed", added_at=NOON, **facts)
    session.add(row)
    session.flush()
    return row.id


def post(number: int = 1, **facts: object) -> FetchedPost:
    values: dict[str, object] = {
        "url": f"https://plain.example/{number}",
        "title": f"Post number {number}",
        "guid": str(number),
        "published_at": NOON,
    }
    return FetchedPost(**values | facts)  # type: ignore[arg-type] # facts are its fields


def test_a_post_is_kept_once_however_often_it_is_read(database: Database) -> None:
    with database.begin() as session:
        source = add_source(session)
        first = store.save(session, source_id=source, posts=[post(1), post(2)], now=NOON)
    with database.begin() as session:
        again = store.save(session, source_id=source, posts=[post(1), post(2), post(3)], now=NOON)
    assert (first.new, first.known) == (2, 0)
    assert (again.new, again.known, again.changed) == (1, 2, 0)


def test_an_edited_post_is_updated_and_keeps_its_first_date(database: Database) -> None:
    later = NOON + timedelta(days=20)
    edited = post(1, title="Post number 1, revised", summary="New words.", published_at=later)
    with database.begin() as session:
        source = add_source(session)
        store.save(session, source_id=source, posts=[post(1)], now=NOON)
        saved = store.save(session, source_id=source, posts=[edited], now=later)
        row = session.scalars(select(PostRow)).one()
    assert (saved.new, saved.changed) == (0, 1)
    assert (row.title, row.summary) == ("Post number 1, revised", "New words.")
    assert row.published_at == NOON
    assert row.changed_at == later


def test_the_place_of_a_date_is_kept_with_it_and_comes_with_a_date_that_is_found_later(
    database: Database,
) -> None:
    dated = post(1, dated_by=DateOrigin.FEED)
    undated = post(2, published_at=None)
    moved = post(1, dated_by=DateOrigin.PAGE_META)
    found = post(2, dated_by=DateOrigin.LIST_TEXT)
    with database.begin() as session:
        source = add_source(session)
        store.save(session, source_id=source, posts=[dated, undated], now=NOON)
        store.save(session, source_id=source, posts=[moved, found], now=NOON)
        rows = session.scalars(select(PostRow).order_by(PostRow.id)).all()
        assert [row.dated_by for row in rows] == [DateOrigin.FEED, DateOrigin.LIST_TEXT]


def test_a_post_that_two_sources_list_is_one_post(database: Database) -> None:
    with database.begin() as session:
        blog, planet = add_source(session), add_source(session, "Planet")
        store.save(session, source_id=blog, posts=[post(1)], now=NOON)
        theirs = post(1, guid="planet:77", url="http://www.plain.example/1/?utm_source=planet")
        saved = store.save(session, source_id=planet, posts=[theirs], now=NOON)
    assert (saved.new, saved.known) == (0, 1)


def test_equal_titles_of_two_sources_are_two_posts(database: Database) -> None:
    with database.begin() as session:
        one, two = add_source(session), add_source(session, "Other")
        store.save(session, source_id=one, posts=[post(1, title="Hello world")], now=NOON)
        other = post(1, title="Hello world", url="https://other.example/1")
        assert store.save(session, source_id=two, posts=[other], now=NOON).new == 1


def test_a_feed_of_thousands_is_saved_and_recognised(database: Database) -> None:
    many = [post(n) for n in range(3_000)]
    with database.begin() as session:
        source = add_source(session)
        assert store.save(session, source_id=source, posts=many, now=NOON).new == 3_000
        again = store.save(session, source_id=source, posts=many, now=NOON)
    assert (again.new, again.known) == (0, 3_000)


def test_a_post_is_found_by_any_spelling_of_its_address(database: Database) -> None:
    with database.begin() as session:
        source = add_source(session, title="Plain Systems Blog", topic="Storage")
        store.save(session, source_id=source, posts=[post(1)], now=NOON)
        (found,) = store.find_by_url(session, "http://www.plain.example/1/?utm_source=x#top")
        assert store.find_by_url(session, "https://plain.example/2") == []
    assert (found.title, found.source, found.topic) == (
        "Post number 1",
        "Plain Systems Blog",
        "Storage",
    )


def test_days_and_instants_survive_the_database(database: Database) -> None:
    day = date(2026, 6, 9)
    with database.begin() as session:
        source = add_source(session)
        posts = [post(1), post(2, published_at=None, published_on=day)]
        store.save(session, source_id=source, posts=posts, now=NOON)
    with database.read() as session:
        one, two = store.posts_where(session)
    assert (one.published_at, one.published_on) == (NOON, None)
    assert (two.published_at, two.published_on) == (None, day)
