"""A post's own page: what completes the post, and what is no post at all."""

from datetime import UTC, date, datetime

import pytest

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources import postpage
from digest.sources.adapter import Page, UnreadableError
from digest.sources.state import State

URL = "https://blog.example/2026/a-lease/?utm_source=x"
BODY = "<p>" + "A lease is a promise with a date on it. " * 10 + "</p>"
ARTICLE = f"<main><article><h1>A lease is a promise</h1>{BODY}</article></main>"


def read(body: str, *, head: str = "", url: str = URL) -> FetchedPost:
    markup = f'<html lang="en"><head>{head}</head><body>{body}</body></html>'
    reading = postpage.read(Page(url=url, content=markup.encode()))
    assert len(reading.posts) == 1
    return reading.posts[0]


def test_the_page_gives_title_address_words_and_summary() -> None:
    head = '<link rel="canonical" href="/2026/a-lease/"><meta property="og:site_name" content="B">'
    post = read(ARTICLE + "<footer><p>Of no interest whatever.</p></footer>", head=head)
    assert (post.title, post.url) == ("A lease is a promise", "https://blog.example/2026/a-lease/")
    assert post.words == 100
    assert (post.summary or "").startswith("A lease is a promise with a date")


DATED = {
    "open graph": '<meta property="article:published_time" content="2026-06-04T08:00:00+02:00">',
    "JSON-LD": '<script type="application/ld+json">{"@graph": [{"@type": "BlogPosting",'
    ' "headline": "A lease is a promise", "datePublished": "2026-06-04T06:00:00Z"}]}</script>',
}


@pytest.mark.parametrize("name", DATED)
def test_the_instant_of_publication_is_read(name: str) -> None:
    post = read(ARTICLE, head=DATED[name])
    assert post.published_at == datetime(2026, 6, 4, 6, 0, tzinfo=UTC)
    assert post.dated_by == {"open graph": "page meta", "JSON-LD": "page json-ld"}[name]


@pytest.mark.parametrize(
    ("body", "url", "place"),
    [
        (
            f'<article><h1>T of it</h1><time datetime="2026-06-04">4 June</time>{BODY}</article>',
            URL,
            DateOrigin.PAGE_TEXT,
        ),
        (
            f"<article><h1>T of it</h1>{BODY}</article>",
            "https://blog.example/2026/06/04/t/",
            DateOrigin.ADDRESS,
        ),
    ],
)
def test_a_day_is_read_from_the_page_or_its_address(body: str, url: str, place: DateOrigin) -> None:
    post = read(body, url=url)
    assert (post.published_on, post.dated_by) == (date(2026, 6, 4), place)


def test_authors_and_tags_are_read_and_the_sites_name_is_no_part_of_the_title() -> None:
    head = (
        '<meta property="og:title" content="Leases | Notes"><meta property="og:site_name"'
        ' content="Notes"><meta name="author" content="Ann Lee">'
        '<meta property="article:tag" content="go"><meta property="article:tag" content="db">'
    )
    post = read(f'<article lang="de">{BODY}</article>', head=head)
    assert (post.title, post.author, post.tags) == ("Leases", "Ann Lee", ("go", "db"))
    assert post.language == "de"


def test_a_canonical_address_that_is_the_home_page_or_elsewhere_is_not_believed() -> None:
    for href in ("https://blog.example/", "https://other.example/a-lease/"):
        assert read(ARTICLE, head=f'<link rel="canonical" href="{href}">').url == URL


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<h1>404</h1><p>Nothing is here. Try the search, or go home again.</p>",
        "<title>Just a moment...</title><h1>blog.example</h1><p>Checking your browser.</p>",
        "<h1>Seite nicht gefunden</h1><p>Die gesuchte Seite gibt es hier leider nicht mehr.</p>",
        '<div id="root"></div><script src="/app.js"></script>',
    ],
)
def test_an_error_page_is_no_post(body: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(body)
    assert caught.value.state == State.NO_POSTS


def test_a_post_about_an_error_is_a_post() -> None:
    text = "<p>" + "What we learnt from our worst night. " * 40 + "</p>"
    assert read(f"<article><h1>404: how we lost a region</h1>{text}</article>").words == 280
