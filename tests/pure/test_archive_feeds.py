"""Feeds of the archive: what they say is what our own reader of feeds finds in them."""

import json
from copy import copy
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from library import FRIDAY, record, the_librarian
from press import HOSTILE, issue, post

from digest.archive.addresses import MEDIA_TYPES, Kind
from digest.archive.feed import MOST_ISSUES, NEVER, Feed, Item
from digest.archive.record import Record, topics_of
from digest.archive.syndicate import WRITERS, issues_feed, topic_feed
from digest.editions.issue import Also, IssuePost, NewsletterSettings
from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources import feed as adapter
from digest.sources.adapter import Page, Reading

LIBRARIAN = the_librarian()
ENGLISH = LIBRARIAN.words("en")
KINDS = pytest.mark.parametrize("kind", Kind)


def read(feed: Feed, kind: Kind) -> Reading:
    """Read a feed as if a blog had published it."""
    headers = {"content-type": f"{MEDIA_TYPES[kind]}; charset=utf-8"}
    return adapter.read(Page(url=feed.url, content=WRITERS[kind](feed), headers=headers))


@KINDS
def test_our_own_reader_finds_every_issue_as_it_was_written(kind: Kind) -> None:
    feed = issues_feed(LIBRARIAN, [record(24), record(23)], kind=kind, words=ENGLISH)
    found = read(feed, kind)
    assert (found.title, found.language) == ("The Weekly Dive", "en")
    assert found.home == "https://digest.example/archive"
    assert [replace(one, words=None) for one in found.posts] == [
        FetchedPost(
            url=f"https://digest.example/{number}",
            title="Counting Cold Reads",
            guid=item.id,
            summary="Two posts measure what a cache saves. Both find less than hoped.",
            author="The Weekly Dive",
            tags=("Storage", "Operations", "Netzwerk", "Networking"),
            language="en",
            published_at=item.published_at,
            dated_by=DateOrigin.FEED,
        )
        for number, item in zip((24, 23), feed.items, strict=True)
    ]
    assert all(one.words and one.words > 100 for one in found.posts)  # the issue is there whole


@KINDS
def test_our_own_reader_finds_every_post_of_a_topic_as_it_was_written(kind: Kind) -> None:
    topic = topics_of([record(24)])["operations"]
    found = read(topic_feed(LIBRARIAN, topic, kind=kind, words=ENGLISH), kind)
    assert found.title == "The Weekly Dive: Operations"
    assert found.home == "https://digest.example/topics/operations"
    wanted = [entry.post for entry in topic.posts if isinstance(entry.post, IssuePost)]
    assert len(wanted) == len(topic.posts)
    assert [replace(one, guid=None, words=None) for one in found.posts] == [
        FetchedPost(
            url=one.url,
            title=one.title,
            summary=one.summary,
            author=one.author or one.source,
            language=one.language,
            published_at=FRIDAY,
            dated_by=DateOrigin.FEED,
        )
        for one in wanted
    ]
    assert len({one.guid for one in found.posts}) == len(wanted) == 3


def hostile(number: int, words: str) -> Record:
    """Make an issue that says this wherever it can; every third one is withdrawn."""
    odd = post(1, title=words or "-", summary=words, author=words, source=words, topic="A")
    is_gone = number % 3 == 0
    return record(number, of=issue([odd], introduction=words), withdrawn=words if is_gone else None)


@KINDS
@pytest.mark.parametrize("first", range(1, len(HOSTILE), MOST_ISSUES))
def test_hostile_words_break_no_feed(kind: Kind, first: int) -> None:
    some = [hostile(n, HOSTILE[n]) for n in range(first, min(first + MOST_ISSUES, len(HOSTILE)))]
    librarian = copy(LIBRARIAN)
    librarian.newsletter = NewsletterSettings(name=f"x{HOSTILE[first]}", tagline=HOSTILE[first])
    feed = issues_feed(librarian, some, kind=kind, words=ENGLISH)
    content = WRITERS[kind](feed)
    assert json.loads(content) if kind is Kind.JSON else len(ET.fromstring(content))  # noqa: S314
    assert [found.guid for found in read(feed, kind).posts] == [item.id for item in feed.items]


@given(st.lists(st.text(), min_size=4, max_size=4) | st.lists(st.sampled_from(HOSTILE), min_size=4))
def test_any_text_comes_out_of_atom_as_it_went_in_but_for_what_xml_forbids(
    texts: list[str],
) -> None:
    title, summary, author, content = texts[:4]
    item = Item(
        id="urn:x", url="https://x.example/?a=1&b=2", title=title, published_at=FRIDAY,
        updated_at=FRIDAY, author=author, language="en", summary=summary, content=content,
    )  # fmt: skip
    feed = Feed(
        id="urn:y", url="https://x.example/f", home="https://x.example/", title=title,
        subtitle=summary, author=author, language="en", items=(item,),
    )  # fmt: skip
    root = ET.fromstring(WRITERS[Kind.ATOM](feed))  # noqa: S314 - our own
    entry = root.find("{*}entry")
    assert entry is not None
    wanted = {"title": title, "summary": summary, "content": content}
    for name, text in wanted.items():
        node = entry.find(f"{{*}}{name}")
        assert (node.text or "" if node is not None else "") == allowed(text)


def allowed(text: str) -> str:
    """Return what XML 1.0 can hold; its readers make one line end of each."""
    kept = "".join(
        char
        for char in text
        if char in "\t\n\r"
        or "\x20" <= char <= "\ud7ff"
        or "\ue000" <= char <= "\ufffd"
        or char >= "\U00010000"
    )
    return kept.replace("\r\n", "\n").replace("\r", "\n")


@KINDS
def test_a_withdrawn_issue_keeps_its_id_and_address_and_says_that_it_is_gone(kind: Kind) -> None:
    before = issues_feed(LIBRARIAN, [record(24)], kind=kind, words=ENGLISH)
    gone = record(24, withdrawn="A number in it was wrong.")
    after = issues_feed(LIBRARIAN, [gone], kind=kind, words=ENGLISH)
    assert after.items[0].id == before.items[0].id
    assert after.items[0].updated_at > before.items[0].updated_at
    (found,) = read(after, kind).posts
    assert (found.url, found.title) == ("https://digest.example/24", "Issue 24 was withdrawn")
    assert found.summary == "It was withdrawn on 15 June 2026. A number in it was wrong."
    assert b"Cold Reads" not in WRITERS[kind](after)
    assert topics_of([gone]) == {}


def test_ids_stay_when_the_site_moves_and_differ_between_newsletters() -> None:
    def ids(librarian: object, kind: Kind = Kind.ATOM) -> list[str]:
        feed = issues_feed(librarian, [record(24), record(23)], kind=kind, words=ENGLISH)  # type: ignore[arg-type]
        return [feed.id, *(item.id for item in feed.items)]

    moved = type(LIBRARIAN)(NewsletterSettings(), public_url="https://elsewhere.example")
    other = the_librarian(NewsletterSettings(slug="other"))
    assert ids(LIBRARIAN) == ids(moved) == ids(LIBRARIAN, Kind.JSON)
    assert len({*ids(LIBRARIAN), *ids(other)}) == 6


def test_the_entry_of_an_issue_links_every_post_and_keeps_markup_out() -> None:
    also = Also(post_id=99, url="https://x.example/also", title="Also <b>", source="X")
    sealed = issue([post(1, title="<script>", also=(also,)), post(2, url="javascript:alert(1)")])
    (item,) = issues_feed(LIBRARIAN, [record(of=sealed)], kind=Kind.ATOM, words=ENGLISH).items
    assert item.content
    assert 'href="https://plain-systems.example/posts/1?ref=a&amp;part=b"' in item.content
    assert 'href="https://x.example/also">Also &lt;b&gt;</a>' in item.content
    assert "&lt;script&gt;" in item.content
    assert "javascript:" not in item.content


@KINDS
def test_a_feed_without_items_is_a_feed(kind: Kind) -> None:
    feed = issues_feed(LIBRARIAN, [], kind=kind, words=ENGLISH)
    assert feed.updated_at == NEVER
    assert read(feed, kind).posts == ()


@KINDS
def test_the_same_issues_give_the_same_bytes(kind: Kind) -> None:
    one, two = (
        WRITERS[kind](issues_feed(the_librarian(), [record(24)], kind=kind, words=ENGLISH))
        for _ in range(2)
    )
    assert one == two
