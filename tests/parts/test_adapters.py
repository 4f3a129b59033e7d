"""What every adapter keeps to, whatever it reads: one suite for all of them."""

import html
import json
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

import pytest

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.registry import ADAPTERS

SITE = "https://quay.example"
TEXT = "How the cranes of the harbour lift what the ships bring, in the words of those who do it."
MARKUP = re.compile(
    r"</?(?:b|i|em|p|div|br|script|style|a)(?:\s[^<>]*)?>|<!--|CDATA", re.IGNORECASE
)
UNSEEN = {"Cc", "Cs", "Zl", "Zp"}  # categories of Unicode


@dataclass(frozen=True, kw_only=True)
class Item:
    """A post as its blog would write it down."""

    title: str = "Cranes & ropes"
    link: str = f"{SITE}/blog/cranes"
    date: str = "2026-06-11T07:30:00+02:00"
    summary: str = TEXT


def rss(items: Sequence[Item]) -> str:
    body = "".join(
        f"<item><title>{html.escape(item.title)}</title><link>{html.escape(item.link)}</link>"
        f"<description>{html.escape(item.summary)}</description>"
        f"<dc:date>{item.date}</dc:date></item>"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Quay</title>{body}</channel></rss>"
    )


def listing(items: Sequence[Item]) -> str:
    body = "".join(
        f'<article class="post"><h2><a href="{html.escape(item.link)}">{html.escape(item.title)}'
        f'</a></h2><time datetime="{item.date}">11 June</time>'
        f"<p>{html.escape(item.summary)}</p></article>"
        for item in items
    )
    return f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><main>{body}</main></html>'


def sitemap(items: Sequence[Item]) -> str:
    body = "".join(
        f"<url><loc>{html.escape(item.link)}</loc><news:news>"
        f"<news:publication_date>{item.date}</news:publication_date>"
        f"<news:title>{html.escape(item.title)}</news:title></news:news></url>"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        f' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{body}</urlset>'
    )


def ghost(items: Sequence[Item]) -> str:
    posts = [
        {
            "id": item.link,
            "title": item.title,
            "url": item.link,
            "published_at": item.date,
            "excerpt": item.summary,
        }
        for item in items
    ]
    return json.dumps({"posts": posts}, ensure_ascii=False)


def wordpress(items: Sequence[Item]) -> str:
    posts = [
        {
            "title": {"rendered": html.escape(item.title)},
            "link": item.link,
            "date_gmt": item.date,
            "excerpt": {"rendered": html.escape(item.summary)},
        }
        for item in items
    ]
    return json.dumps(posts, ensure_ascii=False)


def post_page(items: Sequence[Item]) -> str:
    """Write the page of the first post."""
    first = items[0]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>'
        f'{html.escape(first.title)} | Quay</title><link rel="canonical" href="'
        f'{html.escape(first.link)}"><meta property="og:type" content="article"><meta property='
        f'"og:title" content="{html.escape(first.title)}"><meta property='
        f'"article:published_time" content="{first.date}"></head><body><article><h1>'
        f"{html.escape(first.title)}</h1><p>{html.escape(first.summary)}</p></article></body></html>"
    )


WRITERS: dict[str, Callable[[Sequence[Item]], str]] = {
    "feed": rss,
    "listing": listing,
    "sitemap": sitemap,
    "ghost": ghost,
    "wordpress": wordpress,
    "post": post_page,
}
LISTS = sorted(set(WRITERS) - {"post"})  # a post's own page has one post only
SEVERAL = [
    Item(title=f"Number {number} of the harbour stories", link=f"{SITE}/blog/story-{number}")
    for number in (5, 3, 4, 1, 2)
]


def read(kind: str, content: bytes) -> Reading:
    return ADAPTERS[kind](Page(url=f"{SITE}/blog/", content=content))


def read_items(kind: str, *items: Item) -> tuple[FetchedPost, ...]:
    found = read(kind, WRITERS[kind](items).encode())
    keeps_the_rules(found)
    return found.posts


def read_or_trouble(kind: str, content: bytes) -> Reading | UnreadableError:
    try:
        return read(kind, content)
    except UnreadableError as error:
        return error


def keeps_the_rules(found: Reading) -> None:
    """Fail if a reading holds anything that may not leave an adapter."""
    assert len(set(found.posts)) == len(found.posts)
    for post in found.posts:
        is_address(post.url)
        assert post.title or post.summary or post.url
        for text in (post.title, post.summary, post.author, *post.tags):
            is_plain(text)
        assert not (post.published_at and post.published_on)
        assert post.published_at is None or post.published_at.utcoffset() is not None
        assert post.words is None or post.words > 0
        assert post.minutes is None or post.minutes > 0
    for address in filter(None, (found.home, found.next_url)):
        is_address(address)
    is_plain(found.title)


def is_address(url: str) -> None:
    parts = urlsplit(url)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert url.isascii()
    assert " " not in url


def is_plain(text: str | None) -> None:
    if text is not None:
        assert text == " ".join(text.split())
        assert not {unicodedata.category(character) for character in text} & UNSEEN, repr(text)
        assert not MARKUP.search(text), text


def test_every_kind_of_source_stands_in_this_suite() -> None:
    assert set(ADAPTERS) == set(WRITERS)


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_a_post_comes_with_its_title_address_and_date(kind: str) -> None:
    items = SEVERAL if kind in LISTS else SEVERAL[:1]
    posts = read_items(kind, *items)
    assert [post.title for post in posts] == [item.title for item in items]
    assert [post.url for post in posts] == [item.link for item in items]
    assert {post.published_at and post.published_at.isoformat() for post in posts} == {
        "2026-06-11T07:30:00+02:00"  # in the zone that the blog writes
    }


DATED_BY = {
    "feed": DateOrigin.FEED,
    "listing": DateOrigin.LIST_MARKUP,
    "sitemap": DateOrigin.SITEMAP,
    "ghost": DateOrigin.API,
    "wordpress": DateOrigin.API,
    "post": DateOrigin.PAGE_META,
}


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_a_date_comes_with_the_place_in_which_it_was_read(kind: str) -> None:
    items = SEVERAL if kind in LISTS else SEVERAL[:1]
    assert {post.dated_by for post in read_items(kind, *items)} == {DATED_BY[kind]}
    without = [replace(item, date="") for item in items]
    assert {post.dated_by for post in read_items(kind, *without)} == {None}


@pytest.mark.parametrize("kind", LISTS)
def test_a_post_that_stands_there_twice_is_one(kind: str) -> None:
    posts = read_items(kind, *SEVERAL, SEVERAL[1], SEVERAL[0])
    assert [post.url for post in posts] == [item.link for item in SEVERAL]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "mailto:crew@quay.example", "data:text/html,x", "http://[", ""]
)
@pytest.mark.parametrize("kind", LISTS)
def test_what_nobody_can_open_is_no_address(kind: str, link: str) -> None:
    posts = read_items(kind, *SEVERAL, Item(link=link))
    assert [post.url for post in posts] == [item.link for item in SEVERAL]


@pytest.mark.parametrize("kind", LISTS)
def test_relative_addresses_count_from_the_page(kind: str) -> None:
    posts = read_items(kind, *SEVERAL[:4], Item(link="/blog/überall ist's schön"))
    assert posts[-1].url == f"{SITE}/blog/%C3%BCberall%20ist's%20sch%C3%B6n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Cranes\u00a0and\u2028ropes\n\t of\ufeff steel", "Cranes and ropes of steel"),
        ("AT&T <3 List<String>", "AT&T <3 List<String>"),
        ("Krane für Anfänger, 起重机 🏗️", "Krane für Anfänger, 起重机 🏗️"),
        ("שלום cranes", "שלום cranes"),
    ],
)
@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_titles_are_plain_text_in_every_script(kind: str, written: str, expected: str) -> None:
    posts = read_items(kind, Item(title=written), *SEVERAL)
    assert posts[0].title == expected


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_markup_in_a_summary_does_not_come_through(kind: str) -> None:
    script = "<p>Cranes <b>lift</b></p><script>alert(1)</script>" + TEXT
    posts = read_items(kind, Item(summary=script), *SEVERAL)
    assert posts[0].title == "Cranes & ropes"


# What strangers, broken servers and attackers send


def cut_at(good: str, *, tenth: int) -> bytes:
    return good.encode()[: len(good) * tenth // 10]


GOOD = {kind: WRITERS[kind](SEVERAL) for kind in WRITERS}
NOISE = random.Random(7)
HOSTILE: dict[str, Callable[[str], bytes]] = {
    "nothing": lambda _good: b"",
    "a blank": lambda _good: b" \r\n",
    "one byte": lambda _good: b"<",
    "an error page": lambda _good: (
        b"<html><head><title>502</title></head><h1>Bad Gateway</h1></html>"
    ),
    "an error in words": lambda _good: b"Internal Server Error",
    "null": lambda _good: b"null",
    "an empty object": lambda _good: b"{}",
    "an empty list": lambda _good: b"[]",
    "200,000 nested divs": lambda _good: b"<div>" * 200_000,
    "200,000 nested elements of XML": lambda _good: b"<a>" * 200_000 + b"</a>" * 200_000,
    "200,000 nested lists": lambda _good: b"[" * 200_000,
    "200,000 nested objects": lambda _good: b'{"posts":' * 200_000,
    "nested objects that are closed": lambda _good: b'{"posts":' * 9_000 + b"0" + b"}" * 9_000,
    "as UTF-16": lambda good: good.encode("utf-16"),
    "as UTF-32": lambda good: good.encode("utf-32"),
    "as Latin-1 that says UTF-8": lambda good: good.replace("stories", "stör").encode("latin-1"),
    "with an encoding nobody knows": lambda good: good.replace("UTF-8", "klingon").encode(),
    "with an encoding of several bytes": lambda good: good.replace("UTF-8", "shift_jis").encode(),
    "with NULs": lambda good: b"\0".join(good.encode()[i : i + 9] for i in range(0, len(good), 9)),
    "with NULs in front": lambda good: bytes(100) + good.encode(),
    "5 MB of nothing": lambda _good: bytes(5_000_000),
    "5 MB of noise": lambda _good: NOISE.randbytes(5_000_000),
    "5 MB of letters": lambda _good: b"a" * 5_000_000,
    "5 MB behind it": lambda good: good.encode() + b" " * 5_000_000,
    "open brackets": lambda _good: b"<" * 500_000,
    "5 MB of one attribute": lambda _good: b'<a href="' + b"x" * 5_000_000 + b'">',
    "5 MB of entities": lambda _good: b"<p>" + b"&amp;" * 1_000_000,
    **{f"cut at {tenth}0 %": partial(cut_at, tenth=tenth) for tenth in range(1, 10)},
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("what", sorted(HOSTILE))
@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_hostile_input_ends_in_a_reading_or_in_a_named_state(kind: str, what: str) -> None:
    found = read_or_trouble(kind, HOSTILE[what](GOOD[kind]))
    if isinstance(found, UnreadableError):
        assert found.state
        assert len(str(found)) < 500
    else:
        keeps_the_rules(found)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", LISTS)
def test_five_megabytes_of_posts_are_read(kind: str) -> None:
    items = [
        Item(title=f"Story {number}", link=f"{SITE}/blog/{number}", summary=f"{TEXT} " * 100)
        for number in range(600)
    ]
    content = WRITERS[kind](items).encode()
    assert len(content) > 5_000_000 or kind == "sitemap"  # has no summaries
    found = read(kind, content)
    assert [post.title for post in found.posts] == [item.title for item in items]
