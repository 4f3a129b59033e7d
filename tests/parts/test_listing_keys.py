"""Real listing pages with known posts: how many are found, and how well they are read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from digest.posts.post import FetchedPost
from digest.sources import listing
from digest.sources.adapter import Page, Reading, UnreadableError

POSTS, TITLES, DATES = 0.98, 0.98, 0.97


@dataclass(frozen=True)
class Checked:
    """One page beside its key."""

    name: str
    key: dict[str, Any]
    reading: Reading | None

    @property
    def keyed(self) -> dict[str, dict[str, Any]]:
        """The posts of the key by address, or by title where the page has no address."""
        return {_plain(p["url"]) or p["title"]: p for p in self.key["posts"]}

    @property
    def found(self) -> dict[str, FetchedPost]:
        """The posts of the reading by the same names."""
        posts = self.reading.posts if self.reading else ()
        return {p.title if p.title in self.keyed else _plain(p.url): p for p in posts}

    def pairs(self) -> Iterator[tuple[FetchedPost, dict[str, Any]]]:
        """Give the posts that stand in both."""
        for name, post in self.found.items():
            if name in self.keyed:
                yield post, self.keyed[name]


def _plain(url: str | None) -> str:
    return unquote(url or "").rstrip("/").lower()


def stated_day(post: FetchedPost) -> str:
    """Return the day of a post as the key writes it."""
    day = post.published_at.date() if post.published_at else post.published_on
    return day.isoformat() if day else ""


def check(key_file: Path, page_file: Path) -> Checked:
    """Read a page as if its site served it."""
    key = json.loads(key_file.read_text(encoding="utf-8"))
    try:
        reading = listing.read(Page(url=key["base"], content=page_file.read_bytes()))
    except UnreadableError:
        reading = None
    return Checked(name=page_file.name, key=key, reading=reading)


@pytest.fixture(scope="module")
def checked(shared_data: Path) -> list[Checked]:
    """Read all pages with a key."""
    folder = shared_data / "listings"
    keys = sorted((folder / "keys").glob("*.json"))
    return [check(key, folder / f"{key.stem}.html") for key in keys]


@pytest.fixture(scope="module")
def seeds(shared_data: Path) -> list[Checked]:
    """Read the five seeds' pages."""
    folder = shared_data / "seeds" / "html"
    keys = sorted(folder.glob("*.key.json"))
    return [check(key, key.with_name(key.name.replace(".key.json", ".html"))) for key in keys]


def test_hardly_a_post_is_missed_or_made_up(checked: list[Checked]) -> None:
    assert len(checked) >= 40
    keyed = sum(len(page.keyed) for page in checked)
    found = sum(len(page.found) for page in checked)
    both = sum(len(list(page.pairs())) for page in checked)
    short = {p.name: (len(p.keyed), len(p.found)) for p in checked if set(p.keyed) != set(p.found)}
    assert both / keyed >= POSTS, short
    assert both / found >= POSTS, short


def test_titles_are_those_of_the_page(checked: list[Checked]) -> None:
    pairs = [pair for page in checked for pair in page.pairs()]
    wrong = [(post.title, key["title"]) for post, key in pairs if post.title != key["title"]]
    assert 1 - len(wrong) / len(pairs) >= TITLES, wrong


def test_dates_are_those_of_the_page(checked: list[Checked]) -> None:
    pairs = [pair for page in checked for pair in page.pairs()]
    wrong = [
        (post.url, stated_day(post), key["date"])
        for post, key in pairs
        if stated_day(post) != (key["date"] or "").strip()[:10]
    ]
    assert 1 - len(wrong) / len(pairs) >= DATES, wrong


def test_every_reading_names_the_structure_it_was_found_in(checked: list[Checked]) -> None:
    assert [page.name for page in checked if page.reading and not page.reading.shape] == []


def test_the_seeds_give_exactly_their_posts(seeds: list[Checked]) -> None:
    assert len(seeds) == 5
    for page in seeds:
        assert page.reading is not None, page.name
        expected = [(p["title"], p["url"], p["date"][:10]) for p in page.key["posts"]]
        found = [(post.title, post.url, stated_day(post)) for post in page.reading.posts]
        assert found == expected, page.name


def test_the_seeds_give_excerpts_tags_and_minutes(seeds: list[Checked]) -> None:
    for page in seeds:
        for post, key in page.pairs():
            assert post.summary == key["excerpt"], page.name
            assert list(post.tags) == key.get("tags", []), page.name
            assert post.minutes == key.get("reading_minutes"), page.name


def test_the_seeds_say_how_many_posts_there_are_and_where_they_go_on(seeds: list[Checked]) -> None:
    readings = {page.name[:3]: page.reading for page in seeds}
    counts = {name: reading.count for name, reading in readings.items() if reading}
    assert counts == {"000": None, "001": 198, "002": 68, "003": None, "004": 65}
    for page in seeds:
        assert page.reading is not None
        assert page.reading.next_url == page.key.get("next"), page.name
