"""Real feeds of 137 blogs: each is read, or its trouble has a name."""

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from digest.sources.adapter import NoPost, Page, Reading, UnreadableError
from digest.sources.guard import Parser
from digest.sources.state import State

LEFT_OUT = {
    "0xmh-ar.xml": {NoPost.SECTION: 1},
    "2i2c-hugo-huge.xml": {NoPost.SECTION: 45},
    "akshat-hugo.xml": {NoPost.SECTION: 10},
    "innersource-en.xml": {NoPost.SECTION: 114},
    "innersource-ja.xml": {NoPost.SECTION: 115},
    "lilianweng-hugo.xml": {NoPost.SECTION: 1},
    "enc-none-iso8859-1.xml": {NoPost.NO_WORDS: 1},
    "feedparser-amp-links.xml": {NoPost.NO_WORDS: 1},
    "feedparser-demoronize.xml": {NoPost.NO_ADDRESS: 1},
    "feedparser-double-encoded.xml": {NoPost.NO_ADDRESS: 1},
    "feedparser-linenoise.xml": {NoPost.NO_ADDRESS: 1},
    "nodefp-illegally-nested.xml": {NoPost.NO_WORDS: 10},  # shells around the other entries
    "windsurf-changelog.xml": {NoPost.REPEATED: 3},  # releases that stand there word for word
}
NAMED = {
    "allthis-partial-json.json": State.MALFORMED,  # cut off
    "feedparser-bom-invalid.xml": State.MALFORMED,
    "feedparser-illformed.xml": State.MALFORMED,
    "feedparser-undeclared-ns.xml": State.MALFORMED,
    "nodefp-notafeed.html": State.NOT_A_FEED,
}
ABOUT_MARKUP = {"Die Rückkehr von <i> und <b>"}  # names tags, and uses none
Readings = dict[str, tuple[dict[str, Any], Reading | str]]
TAG = re.compile(r"</?(?:a|b|i|em|strong|code|span|p|br|div|img|script|sup|sub)(?:\s[^>]*)?/?>")


@pytest.fixture(scope="module")
def readings(shared_data: Path) -> Readings:
    """Read each file as if its blog served it."""
    folder = shared_data / "feeds"
    found: Readings = {}
    with Parser() as parser:
        for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
            content = (folder / entry["file"]).read_bytes()
            page = Page(url="https://feeds.example/blog/feed.xml", content=content)
            try:
                found[entry["file"]] = entry, parser.parse("feed", page)
            except UnreadableError as error:
                found[entry["file"]] = entry, error.state
    return found


def read_ones(readings: Readings) -> Iterator[tuple[str, dict[str, Any], Reading]]:
    for name, (entry, reading) in readings.items():
        if isinstance(reading, Reading):
            yield name, entry, reading


def test_every_feed_is_read_or_its_trouble_is_the_known_one(readings: Readings) -> None:
    assert len(readings) == 137
    states = {name: found for name, (_, found) in readings.items() if isinstance(found, str)}
    assert states == NAMED


def test_every_entry_of_the_manifest_is_found_and_has_words_or_a_reason(
    readings: Readings,
) -> None:
    known = {name: entry for name, (entry, _) in readings.items() if entry["parses"]}
    found = {name: reading.entries for name, _, reading in read_ones(readings) if name in known}
    assert found == {name: entry["entries"] for name, entry in known.items()}
    assert sum(found.values()) > 4_000
    posts = [post for _, _, reading in read_ones(readings) for post in reading.posts]
    assert all(post.title or post.summary for post in posts)


def test_what_is_left_out_has_its_reason(readings: Readings) -> None:
    reasons = {
        name: reading.left_out for name, _, reading in read_ones(readings) if reading.left_out
    }
    assert reasons == LEFT_OUT


def test_every_title_is_clean(readings: Readings) -> None:
    for name, _, reading in read_ones(readings):
        for post in reading.posts:
            assert post.title == post.title.strip() != "", name
            assert len(post.title) <= 500, name
            categories = {unicodedata.category(character) for character in post.title}
            assert not categories & {"Cc", "Cs", "Zl", "Zp"}, (name, post.title)
            assert not TAG.search(post.title) or post.title in ABOUT_MARKUP, (name, post.title)
            assert not re.search(r"&(?:#\d+|amp|lt|gt|quot|nbsp);", post.title), (name, post.title)
            assert "CDATA" not in post.title, (name, post.title)


def test_every_summary_is_plain_and_short(readings: Readings) -> None:
    for name, _, reading in read_ones(readings):
        for post in reading.posts:
            summary = post.summary or "-"
            assert len(summary) <= 1000, name
            assert not re.search(r"<(?:p|br|div|img)[\s>/]", summary), (name, summary)
            assert "\n" not in summary, name


def test_every_address_can_be_opened(readings: Readings) -> None:
    for name, _, reading in read_ones(readings):
        for post in reading.posts:
            parts = urlsplit(post.url)
            assert parts.scheme in {"http", "https"}, (name, post.url)
            assert parts.hostname not in {None, "localhost", "127.0.0.1"}, (name, post.url)
            assert post.url.isascii(), (name, post.url)
            assert " " not in post.url, (name, post.url)


def test_dates_agree_with_the_manifest(readings: Readings) -> None:
    for name, entry, reading in read_ones(readings):
        if not reading.posts or not entry.get("newest"):
            continue
        newest = datetime.fromisoformat(entry["newest"]).replace(tzinfo=UTC)
        instants = [post.published_at for post in reading.posts if post.published_at]
        days = [post.published_on for post in reading.posts if post.published_on]
        assert not (instants and days), name
        if instants:  # of JSON Feeds the manifest has the time of day without its zone
            slack = timedelta(hours=14 if name.endswith(".json") else 0)
            assert abs(max(instants) - newest) <= slack + timedelta(seconds=1), name
        elif days:  # the stated day, which in UTC may be the one before or after
            assert abs(max(days) - newest.date()) <= timedelta(days=1), name


def test_a_feed_of_midnights_has_days(readings: Readings) -> None:
    for name in ("agenteo-middleman.xml", "abotyim-ar.xml", "neverworkintheory.atom"):
        _, reading = readings[name]
        assert isinstance(reading, Reading)
        assert all(post.published_on for post in reading.posts), name


def test_the_local_day_of_a_feed_of_local_midnights_is_not_shifted(readings: Readings) -> None:
    _, reading = readings["devalias-atom.atom"]  # its own listing page says the 15th
    assert isinstance(reading, Reading)
    assert reading.posts[0].published_on == date(2018, 9, 15)


def test_weekdays_in_portuguese_are_read(readings: Readings) -> None:
    _, reading = readings["uol-pt.xml"]
    assert isinstance(reading, Reading)
    assert all(post.published_at for post in reading.posts)
