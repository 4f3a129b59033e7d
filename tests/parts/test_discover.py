"""The best way to the posts behind an address is found, on a fake web."""

import gzip
from collections.abc import Callable, Iterator

import pytest
from internet import Internet

from digest.http import Client
from digest.reading import HttpSettings
from digest.sources.adapter import Page, UnreadableError
from digest.sources.discover import Found, discover, saved
from digest.sources.guard import Parser
from digest.sources.state import State

TITLES = ("Counting cold reads", "Queues that push back", "What a fsync costs", "Reading a plan")
OTHERS = ("Our new office", "A year in numbers", "We are hiring", "Meet the team")

Discover = Callable[..., Found]


@pytest.fixture
def web() -> Iterator[Internet]:
    with Internet() as web:
        yield web


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


@pytest.fixture
def look(web: Internet, parser: Parser) -> Discover:
    client = Client(HttpSettings(allow_networks=("127.0.0.0/8",), deadline=5))

    def look(path: str = "/", **settings: str) -> Found:
        return discover(web.url(path), client=client, parser=parser, **settings)  # type: ignore[arg-type]

    return look


def slug(title: str) -> str:
    return title.lower().replace(" ", "-")


def feed(*titles: str, about: str = "Plain Systems") -> str:
    items = "".join(
        f"<item><title>{title}</title><link>/blog/{slug(title)}/</link>"
        f"<pubDate>Tue, {number:02} Jun 2026 10:00:00 +0000</pubDate></item>"
        for number, title in enumerate(titles, 1)
    )
    return f"<rss version='2.0'><channel><title>{about}</title>{items}</channel></rss>"


def page(*titles: str, head: str = "", body: str = "") -> str:
    """Return a page that lists posts, each a card with title, day and a sentence."""
    cards = "".join(
        f'<article class="post"><h2><a href="/blog/{slug(title)}/">{title}</a></h2>'
        f'<time datetime="2026-06-{number:02}">{number} June 2026</time>'
        f"<p>What we learned about this, in a few words and figures.</p></article>"
        for number, title in enumerate(titles, 1)
    )
    return (
        f'<!doctype html><html lang="en"><head><title>Plain</title>{head}</head>'
        f"<body><main>{cards}</main>{body}</body></html>"
    )


def link(href: str, *, kind: str = "rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="application/{kind}" title="{title}" href="{href}">'


def sitemap(*paths: str) -> str:
    entries = "".join(f"<url><loc>{path}</loc></url>" for path in paths)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def taken(web: Internet, found: Found) -> tuple[str, str]:
    return found.kind, found.url.removeprefix(web.url(""))


# The address itself


def test_the_address_of_a_feed_is_taken_as_it_is(web: Internet, look: Discover) -> None:
    web.serve("/some/feed", feed(*TITLES))
    assert taken(web, look("/some/feed")) == ("feed", "/some/feed")
    assert len(web.asked) == 1


def test_the_address_of_a_sitemap_is_taken_as_it_is(web: Internet, look: Discover) -> None:
    web.serve("/map.xml", sitemap(*(web.url(f"/blog/{slug(title)}/") for title in TITLES)))
    found = look("/map.xml")
    assert taken(web, found) == ("sitemap", "/map.xml")
    assert len(found.reading.posts) == 4


def test_a_feed_that_moved_for_good_is_followed_where_it_is_now(
    web: Internet, look: Discover
) -> None:
    web.serve("/new.xml", feed(*TITLES))
    web.redirect("/old.xml", "/new.xml", status=301)
    web.redirect("/today.xml", "/new.xml", status=302)
    assert taken(web, look("/old.xml")) == ("feed", "/new.xml")
    assert taken(web, look("/today.xml")) == ("feed", "/today.xml")


def test_trouble_with_the_address_has_a_state_and_shows_no_key(
    web: Internet, look: Discover
) -> None:
    web.serve("/gone", status=410)
    web.serve("/broken.xml", "<?xml version='1.0'?><rss><cha")
    for path, state in (
        ("/nothing?key=secret", State.NOT_FOUND),
        ("/gone?key=secret", State.GONE),
        ("/broken.xml?key=secret", State.MALFORMED),
    ):
        with pytest.raises(UnreadableError) as caught:
            look(path)
        assert caught.value.state == state
        assert "secret" not in str(caught.value)


# Feeds that a page names


def test_a_feed_that_the_page_names_wins_over_its_list(web: Internet, look: Discover) -> None:
    web.serve("/", page(*TITLES, head=link("/my/posts")))
    web.serve("/my/posts", feed(*TITLES))
    assert taken(web, look()) == ("feed", "/my/posts")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<LINK REL="Alternate" TYPE="application/RSS+XML; charset=utf-8" HREF=/my/posts.xml>', ""),
        ('<link rel="alternate" type="application/atom+xml" href="my/posts.xml">', ""),
        ('<base href="/my/"><link rel=alternate type=application/rss+xml href="posts.xml">', ""),
        ('<link rel="alternate feed" href="/my/posts.xml">', ""),
        ("", '<a href="/my/posts.xml">RSS</a>'),
    ],
)
def test_a_feed_is_named_in_many_ways(web: Internet, look: Discover, head: str, body: str) -> None:
    web.serve("/", page(*TITLES, head=head, body=body))
    web.serve("/my/posts.xml", feed(*TITLES))
    assert taken(web, look()) == ("feed", "/my/posts.xml")


@pytest.mark.parametrize(
    "other",
    [
        link("/comments/feed/", title="Plain » Comments Feed"),
        link("/kommentare.xml", title="Kommentare zu Plain"),
        link("/tag/hiring/feed.xml", title="Hiring"),
        link("/categories/index.xml", title="Categories"),
        link("/?cat=3&feed=rss2"),
        link("/wp-json/wp/v2/posts/1", kind="json"),
        link("/oembed?url=x", kind="json+oembed"),
    ],
)
def test_feeds_of_comments_and_of_other_things_are_not_taken(
    web: Internet, look: Discover, other: str
) -> None:
    web.serve("/", page(*TITLES, head=other + link("/posts.xml")))
    for path in ("/comments/feed/", "/kommentare.xml", "/tag/hiring/feed.xml",
                 "/categories/index.xml", "/posts.xml"):  # fmt: skip
        web.serve(path, feed(*TITLES))
    assert taken(web, look()) == ("feed", "/posts.xml")


def test_the_feed_of_the_pages_own_section_wins(web: Internet, look: Discover) -> None:
    named = link("/feed.xml") + link("/en/feed.xml") + link("/en/blog/feed.xml")
    web.serve("/en/blog/", page(*TITLES, head=named))
    for path in ("/feed.xml", "/en/feed.xml", "/en/blog/feed.xml"):
        web.serve(path, feed(*TITLES))
    assert taken(web, look("/en/blog/")) == ("feed", "/en/blog/feed.xml")
    web.serve("/en/blog/feed.xml", status=404)
    assert taken(web, look("/en/blog/")) == ("feed", "/en/feed.xml")


def test_a_page_of_one_tag_takes_the_feed_of_that_tag(web: Internet, look: Discover) -> None:
    web.serve("/tag/storage/page/4/", page(*TITLES, head=link("/feed/")))
    web.serve("/feed/", feed(*TITLES, *OTHERS))
    web.serve("/tag/storage/feed/", feed(*TITLES))
    assert taken(web, look("/tag/storage/page/4/")) == ("feed", "/tag/storage/feed/")


def test_a_page_of_one_tag_is_read_itself_where_only_the_whole_site_has_a_feed(
    web: Internet, look: Discover
) -> None:
    web.serve("/tag/storage/", page(*TITLES, head=link("/feed/")))
    web.serve("/feed/", feed(*TITLES, *OTHERS))
    found = look("/tag/storage/")
    assert taken(web, found) == ("listing", "/tag/storage/")
    assert found.note == f"not taken: the feed {web.url('/feed/')}, which is not of this page"


def test_a_feed_with_none_of_the_posts_of_a_section_is_not_its_feed(
    web: Internet, look: Discover
) -> None:
    web.serve("/engineering/", page(*TITLES, head=link("/news.xml")))
    web.serve("/news.xml", feed(*OTHERS))
    assert look("/engineering/").kind == "listing"
    web.serve("/news.xml", feed(*OTHERS, TITLES[2]))
    assert taken(web, look("/engineering/")) == ("feed", "/news.xml")


def test_a_feed_that_the_page_names_and_nobody_serves_is_passed_over(
    web: Internet, look: Discover
) -> None:
    web.serve("/", page(*TITLES, head=link("/gone.xml") + link("/empty.xml")))
    web.serve("/empty.xml", feed())
    web.serve("/atom.xml", feed(*TITLES))
    assert taken(web, look()) == ("feed", "/atom.xml")


# Feeds that no page names


@pytest.mark.parametrize(
    "path",
    ["/feed/", "/rss/", "/index.xml", "/feed.xml", "/atom.xml", "/rss.xml", "/feed.json", "/rss"],
)
def test_a_feed_at_a_usual_place_is_found(web: Internet, look: Discover, path: str) -> None:
    web.serve("/", page(*TITLES))
    body = feed(*TITLES)
    if path.endswith(".json"):
        body = (
            '{"version": "https://jsonfeed.org/version/1.1", "title": "Plain", "items":'
            ' [{"id": "1", "url": "https://plain.example/1", "title": "One"}]}'
        )
    web.serve(path, body)
    assert taken(web, look()) == ("feed", path)


def test_the_place_that_the_pages_program_is_used_to_comes_first(
    web: Internet, look: Discover
) -> None:
    web.serve("/", page(*TITLES, head='<meta name="generator" content="Hugo 0.160">'))
    web.serve("/index.xml", feed(*TITLES))
    look()
    assert [asked.path for asked in web.asked] == ["/", "/index.xml"]


def test_a_site_that_answers_everything_with_a_page_has_no_feed(
    web: Internet, look: Discover
) -> None:
    for path in ("/", "/feed/", "/rss/", "/index.xml", "/sitemap.xml", "/robots.txt"):
        web.serve(path, page(*TITLES))
    assert taken(web, look()) == ("listing", "/")


# Without a feed


def test_without_a_feed_the_sitemap_with_these_posts_is_taken(
    web: Internet, look: Discover
) -> None:
    web.serve("/blog/", page(*TITLES))
    web.serve("/robots.txt", f"User-agent: *\nSitemap: {web.url('/maps/all.xml')}\n")
    web.serve("/maps/all.xml", sitemap(*(web.url(f"/blog/{slug(t)}/") for t in TITLES)))
    assert taken(web, look("/blog/")) == ("sitemap", "/maps/all.xml")


def test_a_sitemap_of_other_pages_is_not_taken(web: Internet, look: Discover) -> None:
    web.serve("/blog/", page(*TITLES))
    pages = [web.url(f"/docs/{number}/how-to-do-this-and-that/") for number in range(30)]
    web.serve("/sitemap.xml", sitemap(*pages))
    assert taken(web, look("/blog/")) == ("listing", "/blog/")
    web.serve("/sitemap.xml", sitemap(*pages, *(web.url(f"/blog/{slug(t)}/") for t in TITLES)))
    assert len(look("/blog/").reading.posts) == 4


def test_an_index_of_sitemaps_is_followed(web: Internet, look: Discover) -> None:
    web.serve("/", "<!doctype html><html><body><div id=app></div></body></html>")
    inner = web.serve("/post-map.xml", sitemap(*(web.url(f"/blog/{slug(t)}/") for t in TITLES)))
    index = f"<sitemapindex><sitemap><loc>{inner}</loc></sitemap></sitemapindex>"
    web.serve("/sitemap.xml", index)
    found = look()
    assert taken(web, found) == ("sitemap", "/sitemap.xml")
    assert len(found.reading.posts) == 4


def test_the_interface_of_wordpress_is_used_where_its_feed_is_off(
    web: Internet, look: Discover
) -> None:
    named = f'<link rel="https://api.w.org/" href="{web.url("/wp-json/")}">'
    web.serve("/", f"<!doctype html><html><head>{named}</head><body><p>Hi</p></body></html>")
    web.serve(
        "/wp-json/wp/v2/posts",
        '[{"link": "https://plain.example/1", "title": {"rendered": "One"},'
        ' "date_gmt": "2026-06-09T10:00:00"}]',
    )
    found = look()
    assert found.kind == "wordpress"
    assert [post.title for post in found.reading.posts] == ["One"]


def test_where_nothing_is_found_it_says_what_was_tried(web: Internet, look: Discover) -> None:
    web.serve("/", "<!doctype html><html><body><p>Hello there.</p></body></html>")
    with pytest.raises(UnreadableError, match=r"names no feed.*--kind") as caught:
        look()
    assert caught.value.state == State.NO_POSTS
    assert len(web.asked) < 20
    assert len({asked.path for asked in web.asked}) == len(web.asked)


# What the operator says it is


def test_the_operator_may_say_what_it_is(web: Internet, look: Discover) -> None:
    web.serve("/", page(*TITLES, head=link("/posts.xml")))
    web.serve("/posts.xml", feed(*TITLES))
    web.serve("/sitemap.xml", sitemap(*(web.url(f"/blog/{slug(t)}/") for t in TITLES)))
    assert taken(web, look("/", kind="listing")) == ("listing", "/")
    assert taken(web, look("/", kind="feed")) == ("feed", "/posts.xml")
    assert taken(web, look("/", kind="sitemap")) == ("sitemap", "/sitemap.xml")
    with pytest.raises(UnreadableError):
        look("/", kind="ghost")


# Saved pages


def test_a_saved_page_is_read_without_the_network(parser: Parser, web: Internet) -> None:
    for content, kind in (
        (page(*TITLES, head=link("/posts.xml")), "listing"),
        (feed(*TITLES), "feed"),
        (sitemap(*(f"https://plain.example/blog/{slug(title)}/" for title in TITLES)), "sitemap"),
    ):
        at = Page(url="https://plain.example/blog/", content=content.encode())
        found = saved(at, parser=parser)
        assert (found.kind, len(found.reading.posts)) == (kind, 4)
    assert web.asked == []


def test_a_saved_page_without_posts_is_unreadable(parser: Parser) -> None:
    at = Page(url="https://plain.example/", content=b"<html><body><p>Hello.</p></body></html>")
    with pytest.raises(UnreadableError) as caught:
        saved(at, parser=parser)
    assert caught.value.state == State.NO_POSTS


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (b"", State.MALFORMED),
        (gzip.compress(b"<rss>" + b" " * 30_000_000), State.TOO_LARGE),
        (b"<html><body><p>Hello.</p></body></html>", State.NO_POSTS),
    ],
)
def test_the_trouble_with_a_saved_feed_is_the_feeds_own(
    content: bytes, state: State, parser: Parser
) -> None:
    with pytest.raises(UnreadableError) as caught:
        saved(Page(url="https://quay.example/feed.xml", content=content), parser=parser)
    assert caught.value.state == state
