"""Pages that are made to hurt: each ends in a reading or an error of ours, and soon."""

import time

import pytest

from digest.sources import listing, postpage
from digest.sources.adapter import Adapter, Page, Reading, UnreadableError
from digest.sources.state import State

SECONDS = 20.0  # of work; the slowest takes about one on an idle machine
CARD = (
    '<article class="post"><h2><a href="/p/{0}-a-post-of-many">Post {0} of many</a></h2>'
    "<p>What it says is of no great interest.</p></article>"
)
PAGES = {
    "elements that are never closed": b"<div>" * 200_000,
    "links in links": b"<a href=/x>" * 200_000,
    "paragraphs without end": b"<p>x" * 100_000,
    "open angle brackets": b"<a " * 200_000,
    "nothing": b"",
    "zeros": b"\0" * 1_000_000,
    "one word of five megabytes": b"a" * 5_000_000,
    "dates without end": b"<p>" + b"2026-01-" * 100_000,
    "a group for every element": b"".join(
        b"<x%d><a href=/p/%d>Some words here %d</a></x%d>" % (i % 3_000, i, i, i % 3_000)
        for i in range(12_000)
    ),
    "deep JSON": b'<script type="application/json">' + b"[" * 300_000 + b"</script>",
    "deep flight": b'<script>self.__next_f.push([1,"0:' + b"[" * 50_000 + b'\\n"])</script>',
    "rows that promise too much": b'<script>self.__next_f.push([1,"1:Tffffffff,x"])</script>',
    "a base that is no address": b'<base href="http://["><article><h2><a href="/a-b-c">x</a></h2>',
}


def outcome(read: Adapter, page: Page) -> type | str:
    """Say how a reading ended; any error but ours fails the test."""
    try:
        return type(read(page))
    except UnreadableError as error:
        return error.state


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_ends_soon_and_in_order(name: str) -> None:
    page = Page(url="https://blog.example/", content=PAGES[name])
    started = time.process_time()
    for read in (listing.read, postpage.read):
        assert outcome(read, page) in {Reading, *State}
    assert time.process_time() - started < SECONDS


def test_two_thousand_posts_are_all_read() -> None:
    content = "".join(map(CARD.format, range(2_000))).encode()
    started = time.process_time()
    reading = listing.read(Page(url="https://blog.example/", content=content))
    assert len(reading.posts) == 2_000
    assert time.process_time() - started < SECONDS


def test_a_page_cut_anywhere_is_read_or_refused() -> None:
    whole = ("<main>" + "".join(map(CARD.format, range(12))) + "</main>").encode()
    counts = []
    for end in range(0, len(whole), 61):
        try:
            reading = listing.read(Page(url="https://blog.example/", content=whole[:end]))
        except UnreadableError:
            continue
        counts.append(len(reading.posts))
    assert counts == sorted(counts)  # what is there is found, however the page ends
