"""Recognising a post by its id, its link and its title."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts import identity
from digest.posts.identity import Known, Recognised, canonical_link, recognise, title_key
from digest.posts.post import FetchedPost

MONDAY = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)


def post(
    title: str = "Cold reads",
    url: str = "https://plain.example/cold-reads",
    guid: str | None = "1",
    at: datetime | None = MONDAY,
) -> FetchedPost:
    return FetchedPost(url=url, title=title, guid=guid, published_at=at)


def store(*readings: list[FetchedPost]) -> tuple[list[Known], list[Recognised]]:
    """Save reading after reading as the database would; return what is known, and the last."""
    known: dict[int, Known] = {}
    found: list[Recognised] = []
    for reading in readings:
        found = recognise(reading, known.values())
        for item in found:
            new = item.known is None
            post_id = len(known) + 1 if item.known is None else item.known
            had = frozenset() if new else known[post_id].keys
            known[post_id] = Known(
                post_id=post_id,
                title=item.post.title,
                keys=had | item.keys,
                dated=item.post.published_at if new else known[post_id].dated,
            )
    return list(known.values()), found


def new_titles(*readings: list[FetchedPost]) -> list[str]:
    return [item.post.title for item in store(*readings)[1] if item.known is None]


def test_the_same_post_again_is_known() -> None:
    assert new_titles([post()], [post()]) == []


def test_an_edited_title_is_no_new_post() -> None:
    assert new_titles([post()], [post("Cold reads, counted again")]) == []


def test_a_wholly_new_title_under_the_same_id_and_date_is_an_edit() -> None:
    assert new_titles([post()], [post("Something else entirely")]) == []


def test_a_reused_id_with_a_new_title_and_a_later_date_is_a_new_post() -> None:
    later = post("Snapshots at noon", at=MONDAY + timedelta(days=7))
    assert new_titles([post()], [later]) == ["Snapshots at noon"]


def test_positional_ids_hide_nothing_and_repeat_nothing() -> None:
    first = [post("A", "https://x.example/0", "0"), post("B", "https://x.example/1", "1")]
    shifted = [
        post("C", "https://x.example/0", "0"),
        post("A", "https://x.example/1", "1"),
        post("B", "https://x.example/2", "2"),
    ]
    assert new_titles(first, shifted) == ["C"]
    assert new_titles(first, shifted, first) == []


def test_a_rebuilt_site_with_new_ids_brings_nothing_new() -> None:
    old = [post(f"Title {n}", f"https://x.example/{n}", f"old-{n}") for n in range(20)]
    rebuilt = [post(f"Title {n}", f"https://y.example/p/{n}", f"new-{n}") for n in range(20)]
    assert new_titles(old, rebuilt) == []


def test_a_repeated_headline_weeks_later_is_a_new_post() -> None:
    june = post("Community update", "https://x.example/june", "j")
    july = post("Community update", "https://x.example/july", "k", MONDAY + timedelta(days=30))
    assert new_titles([june], [june, july]) == ["Community update"]
    assert new_titles([june], [july]) == ["Community update"]


def test_a_podcast_that_links_every_episode_to_one_page_loses_none() -> None:
    page = "https://cast.example/episodes"
    reading = [post(f"Episode {n}", page, f"e{n}") for n in range(5)]
    assert len(new_titles(reading)) == 5
    assert new_titles(reading, [post("Episode 5", page, "e5"), *reading]) == ["Episode 5"]


def test_links_without_ids_that_repeat_are_told_apart_by_title() -> None:
    page = "https://log.example/changes"
    reading = [post(f"Version {n}", page, None) for n in range(3)]
    newer = [post("Version 3", page, None), *reading]
    assert new_titles(reading, newer) == ["Version 3"]
    assert new_titles(reading, newer, newer) == []


def test_the_same_entry_twice_in_one_reading_is_one_post() -> None:
    assert new_titles([post(), post()]) == ["Cold reads"]
    assert new_titles([post(guid="1"), post(guid="2")]) == ["Cold reads"]


def test_one_id_on_two_entries_of_one_reading_is_two_posts() -> None:
    both = [post("Version 1", "https://x.example/1"), post("Version 2", "https://x.example/2")]
    assert new_titles(both) == ["Version 1", "Version 2"]
    assert new_titles(both, both) == []


def test_posts_that_lost_their_titles_for_a_day_stay_themselves() -> None:
    real = [post(f"Title {n}", f"https://x.example/{n}", str(n)) for n in range(3)]
    lost = [post("No title", f"https://x.example/{n}", str(n), None) for n in range(3)]
    assert new_titles(real, lost) == []
    assert new_titles(real, lost, real) == []


def test_a_post_of_another_source_under_the_same_link_is_known() -> None:
    theirs = Known(
        post_id=7,
        title="Cold reads",
        keys=frozenset(
            {identity.key(identity.Kind.LINK, canonical_link("http://plain.example/cold-reads/"))}
        ),
        here=False,
    )
    (found,) = recognise([post("Cold reads: a longer name", guid="their-own")], [theirs])
    assert found.known == 7


@pytest.mark.parametrize(
    "spelling",
    [
        "http://plain.example/cold-reads",
        "https://www.plain.example/cold-reads/",
        "https://PLAIN.example/cold-reads?utm_source=rss&utm_medium=feed",
        "https://plain.example:443/cold-reads#comments",
        "https://plain.example/cold-reads/index.html",
        "https://plain.example/cold-reads/amp/",
        "https://plain.example/cold-reads?amp=1",
        "https://amp.plain.example/cold-reads",
        "https://plain.example/cold-reads?source=rss----3f2a9b---4",
        "https://plain.example/cold-reads?source=collection_home---------0-----------",
    ],
)
def test_spellings_of_one_address_are_equal(spelling: str) -> None:
    assert canonical_link(spelling) == canonical_link("https://plain.example/cold-reads")


def test_a_query_that_names_the_page_is_kept() -> None:
    assert canonical_link("https://x.example/?p=1") != canonical_link("https://x.example/?p=2")
    assert canonical_link("https://x.example/?source=atlas") == "x.example/?source=atlas"
    assert canonical_link("https://x.example/amp/") == "x.example/amp"


def test_titles_are_compared_without_typography() -> None:
    curly = "\u201cIt\u2019s just cost\u201d \u2014 a STUDY"
    assert title_key(curly) == title_key('"It\'s just cost" -- a study')


titles = st.text(min_size=1, max_size=12)


@given(st.lists(st.tuples(titles, st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_reading_the_same_feed_twice_brings_nothing_new(
    entries: list[tuple[str, int, int]],
) -> None:
    reading = [post(t, f"https://x.example/{link}", str(guid)) for t, link, guid in entries]
    assert new_titles(reading, reading) == []
