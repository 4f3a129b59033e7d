"""Listing pages as the well-known themes render them, each beside its key of true posts."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from digest.posts.post import FetchedPost
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.listing import read
from digest.sources.state import State

PAGES = Path(__file__).parents[1] / "fixtures" / "pages"
ALL = sorted(path.stem for path in PAGES.glob("*.html"))
BARE = [name for name in ALL if name.startswith("no-posts-")]
NAMES = [name for name in ALL if name not in BARE]
# The posts of these stand in two lists: any order will do.
ANY_ORDER = {"ghost-dawn-index", "jekyll-al-folio-blog"}
WHOLE_POSTS = {"jekyll-lanyon-whole-posts"}  # and no excerpts


def key_of(name: str) -> dict[str, Any]:
    key: dict[str, Any] = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    return key


@cache
def reading_of(name: str) -> Reading:
    content = (PAGES / f"{name}.html").read_bytes()
    return read(Page(url=key_of(name)["page"], content=content))


def date_of(post: FetchedPost, *, as_in: str | None) -> str | None:
    """Write a post's date; an instant in the zone of the expected one."""
    if post.published_at is None:
        return post.published_on.isoformat() if post.published_on else None
    zone = datetime.fromisoformat(as_in).tzinfo if as_in else None
    return post.published_at.astimezone(zone).isoformat()


def of(posts: list[dict[str, Any]], field: str) -> dict[str, Any]:
    """Give one field of each post in a key, by address."""
    return {post["url"]: post[field] for post in posts}


def test_there_are_pages_and_each_has_its_key() -> None:
    assert len(NAMES) >= 90
    assert sorted(path.stem for path in PAGES.glob("*.json")) == ALL
    assert all(bool(key_of(name)["posts"]) is (name in NAMES) for name in ALL)


@pytest.mark.parametrize("name", NAMES)
def test_exactly_the_posts_are_found(name: str) -> None:
    expected = [post["url"] for post in key_of(name)["posts"]]
    found = [post.url for post in reading_of(name).posts]
    if name in ANY_ORDER:
        expected, found = sorted(expected), sorted(found)
    assert found == expected


@pytest.mark.parametrize("name", BARE)
def test_a_page_without_a_list_of_posts_says_so(name: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        reading_of(name)
    assert caught.value.state == State.NO_POSTS


@pytest.mark.parametrize("name", NAMES)
def test_titles_are_exact(name: str) -> None:
    found = {post.url: post.title for post in reading_of(name).posts}
    assert found == of(key_of(name)["posts"], "title")


@pytest.mark.parametrize("name", NAMES)
def test_dates_are_exact(name: str) -> None:
    expected = of(key_of(name)["posts"], "date")
    posts = reading_of(name).posts
    assert {p.url: date_of(p, as_in=expected.get(p.url)) for p in posts} == expected


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WHOLE_POSTS])
def test_excerpts_are_what_the_page_shows(name: str) -> None:
    found = {post.url: post.summary for post in reading_of(name).posts}
    assert found == of(key_of(name)["posts"], "excerpt")


@pytest.mark.parametrize("name", NAMES)
def test_authors_and_reading_times_are_found(name: str) -> None:
    posts, found = key_of(name)["posts"], reading_of(name).posts
    assert {post.url: post.author for post in found} == of(posts, "author")
    assert {post.url: post.minutes for post in found} == of(posts, "minutes")


@pytest.mark.parametrize("name", NAMES)
def test_tags_are_those_of_the_post(name: str) -> None:
    found = {post.url: list(post.tags) for post in reading_of(name).posts}
    assert found == of(key_of(name)["posts"], "tags")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_its_language_and_where_it_goes_on(name: str) -> None:
    key, found = key_of(name), reading_of(name)
    assert (found.language or "en").split("-")[0] == key["language"].split("-")[0]
    assert found.next_url == (key["next"] or found.next_url)  # some only say it in their words
    assert found.count == (key["count"] or found.count)
