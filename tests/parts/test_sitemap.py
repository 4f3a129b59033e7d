"""Sitemaps: which of the addresses are posts, and what of them is known."""

import gzip
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.permalinks import posts_among
from digest.sources.sitemap import read
from digest.sources.state import State

SITE = "https://quay.example"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)


def reading(content: bytes | str, *, url: str = f"{SITE}/sitemap.xml") -> Reading:
    return read(Page(url=url, content=content.encode() if isinstance(content, str) else content))


def urlset(*entries: str, root: str = "urlset", head: str = "") -> str:
    body = "".join(entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<{root} {NAMESPACES}>{body}</{root}>'


def entry(path: str, *, changed: str = "", extra: str = "", kind: str = "url") -> str:
    lastmod = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<{kind}><loc>{SITE}{path}</loc>{lastmod}{extra}</{kind}>"


def paths(found: Reading) -> list[str]:
    return [post.url.removeprefix(SITE) for post in found.posts]


def index(*names: str, changed: str = "") -> Reading:
    entries = (entry(f"/{name}", changed=changed, kind="sitemap") for name in names)
    return reading(urlset(*entries, root="sitemapindex"))


# What a sitemap tells


def test_a_plain_sitemap_gives_candidates_without_titles() -> None:
    (post,) = reading(urlset(entry("/2026/06/12/cranes/", changed="2026-06-14"))).posts
    assert post == FetchedPost(
        url=f"{SITE}/2026/06/12/cranes/",
        title="",
        published_on=date(2026, 6, 12),
        dated_by=DateOrigin.ADDRESS,
    )


def test_a_change_is_no_publication() -> None:
    (post,) = reading(urlset(entry("/blog/cranes", changed="2026-06-14T10:00:00Z"))).posts
    assert (post.published_at, post.published_on) == (None, None)


def test_what_changed_last_comes_first_and_what_says_nothing_last() -> None:
    found = reading(
        urlset(
            entry("/blog/old", changed="2026-01-03"),
            entry("/blog/silent"),
            entry("/blog/newest", changed="2026-06-12T08:00:00+02:00"),
            entry("/blog/newer", changed="2026-06-12T05:00:00Z"),
        )
    )
    assert paths(found) == ["/blog/newest", "/blog/newer", "/blog/old", "/blog/silent"]


def test_a_news_sitemap_tells_titles_dates_tags_and_language() -> None:
    news = (
        "<news:news><news:publication><news:name>Quay</news:name><news:language>de</news:language>"
        "</news:publication><news:publication_date>2026-06-12T08:00:00+02:00"
        "</news:publication_date><news:title>Krane &amp; Kr&#228;ne</news:title>"
        "<news:keywords>Hafen, Technik, Hafen</news:keywords></news:news>"
    )
    (post,) = reading(urlset(entry("/krane", extra=news), entry("/about"))).posts
    assert post == FetchedPost(
        url=f"{SITE}/krane",
        title="Krane & Kräne",
        tags=("Hafen", "Technik"),
        language="de",
        published_at=datetime(2026, 6, 12, 6, tzinfo=UTC),
        dated_by=DateOrigin.SITEMAP,
    )


def test_images_and_translations_are_no_posts() -> None:
    extra = (
        f"<image:image><image:loc>{SITE}/blog/a.png</image:loc><image:title>A</image:title>"
        f'</image:image><xhtml:link rel="alternate" hreflang="de" href="{SITE}/de/blog/a"/>'
    )
    assert reading(urlset(entry("/blog/a", extra=extra))).posts == (
        FetchedPost(url=f"{SITE}/blog/a", title=""),
    )


def test_the_same_address_counts_once() -> None:
    assert paths(reading(urlset(entry("/blog/a"), entry("/blog/a")))) == ["/blog/a"]


def test_only_addresses_of_the_web_are_taken() -> None:
    locs = ("javascript:alert(1)", "ftp://quay.example/blog/a", "https://", "", "/blog/relative")
    found = reading(urlset(*(f"<url><loc> {loc}\n</loc></url>" for loc in locs)))
    assert paths(found) == ["/blog/relative"]


# Which addresses are posts


@pytest.mark.parametrize(
    ("why", "posts", "others"),
    [
        (
            "dated addresses; what hangs below a post, and archives, are none",
            ["/2026/06/12/a/", "/2026/05/b/", "/2019/12/2019/"],
            ["/2026/06/", "/2026/", "/2026/06/12/a/attachment/pic/", "/2026/06/12/a/pic/", "/pic/"],
        ),
        (
            "a folder of posts; the folder itself, its lists and the documentation are none",
            ["/blog/a", "/blog/b", "/en/blog/c.html", "/blog/about"],
            ["/blog", "/blog/page/2", "/blog/tags/x", "/docs/intro", "/pricing", "/", "/a.pdf"],
        ),
        (
            "days in the slug, among pages",
            ["/notes/20260612-a.html", "/notes/2026-06-11-b", "/notes/2026_06_10_c"],
            ["/tag/x/", "/tag/y/", "/tag/z/", "/tag/", "/timeline/"],
        ),
        (
            "the root, where nothing else tells",
            ["/how-we-build/", "/why-we-test/", "/cranes/", "/2025-in-review/"],
            ["/about/", "/privacy-policy/", "/author/ada/", "/tag/x/", "/tag/y/", "/feed.xml"],
        ),
        (
            "a folder with a name of its own that holds most",
            ["/werkstatt/a", "/werkstatt/b", "/werkstatt/c"],
            ["/impressum", "/datenschutz", "/kategorie/x", "/autor/y", "/ueber-uns"],
        ),
        (
            "posts by their numbers, of which some look like years",
            ["/posts/12", "/posts/77", "/posts/512", "/posts/1950", "/posts/2034"],
            ["/2019/", "/2019/12/", "/about/"],
        ),
        ("pages only", [], ["/", "/about/", "/contact/", "/tag/x/", "/index.html"]),
    ],
)
def test_posts_are_told_by_the_shape_of_their_addresses(
    why: str, posts: list[str], others: list[str]
) -> None:
    mixed = [f"{SITE}{path}" for path in (*others[::2], *posts, *others[1::2])]
    assert [url.removeprefix(SITE) for url in posts_among(mixed)] == posts, why


# An index of sitemaps

WORDPRESS_OTHERS = ("wp-sitemap-posts-page-9.xml", "wp-sitemap-users-1.xml")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["sitemap-pages.xml", "sitemap-posts.xml", "sitemap-tags.xml"], "sitemap-posts.xml"),
        (["post-sitemap.xml", "post-sitemap2.xml", "page-sitemap.xml"], "post-sitemap2.xml"),
        (
            ["wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-post-2.xml", *WORDPRESS_OTHERS],
            "wp-sitemap-posts-post-2.xml",
        ),
        (
            ["sitemap-2026-05.xml", "sitemap-2026-06.xml", "sitemap-2025-12.xml"],
            "sitemap-2026-06.xml",
        ),
        (["sitemap-0.xml"], "sitemap-0.xml"),
    ],
)
def test_an_index_leads_to_its_newest_sitemap_of_posts(names: list[str], expected: str) -> None:
    found = index(*names)
    assert (found.posts, found.next_url) == ((), f"{SITE}/{expected}")


def test_the_last_change_tells_which_sitemap_is_the_newest() -> None:
    found = reading(
        urlset(
            entry("/post-sitemap.xml", changed="2026-06-12", kind="sitemap"),
            entry("/post-sitemap2.xml", changed="2025-01-01", kind="sitemap"),
            entry("/page-sitemap.xml", changed="2026-06-13", kind="sitemap"),
            root="sitemapindex",
        )
    )
    assert found.next_url == f"{SITE}/post-sitemap.xml"


def test_an_index_never_leads_back_to_itself() -> None:
    assert index("sitemap.xml").next_url is None


# Trouble


def test_what_editors_and_servers_do_to_a_sitemap_is_undone() -> None:
    plain = urlset(entry("/blog/a"))
    for content in (
        b"\n\n " + plain.encode(),
        b"\xef\xbb\xbf" + plain.encode(),
        gzip.compress(plain.encode()),
        plain.replace("/blog/a", "/blog/a?x=1&y=2").encode(),  # a bare ampersand
        plain.replace("UTF-8", "UTF-16").encode("utf-16"),
    ):
        assert paths(reading(content))[0].startswith("/blog/a"), content[:40]


ENTITY = '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE urlset [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
LAUGHS = "<url><loc>https://quay.example/blog/&b;</loc></url>"


@pytest.mark.parametrize(
    ("content", "state"),
    [
        ("", State.MALFORMED),
        ("no XML at all", State.MALFORMED),
        (urlset(entry("/blog/a"))[:150], State.MALFORMED),
        ("<!DOCTYPE html><html><body>Not found</body></html>", State.NOT_A_FEED),
        ('<rss version="2.0"><channel><title>Quay</title></channel></rss>', State.NOT_A_FEED),
        (urlset(LAUGHS, head=ENTITY), State.MALFORMED),
        (urlset("<url><loc>&a;</loc></url>", head=EXTERNAL), State.MALFORMED),
        ('<?xml version="1.0" encoding="nonsense"?><urlset/>', State.MALFORMED),
        (b"\x1f\x8bnot gzip", State.MALFORMED),
        (gzip.compress(b"<urlset>" + b" " * 60_000_000, compresslevel=1), State.TOO_LARGE),
    ],
)
def test_trouble_has_a_name(content: str | bytes, state: State) -> None:
    with pytest.raises(UnreadableError) as caught:
        reading(content)
    assert caught.value.state == state


def test_a_sitemap_without_addresses_is_empty_and_no_trouble() -> None:
    assert reading(urlset()) == Reading(posts=())


# Real ones: how many of the addresses are posts, and what none of them may look like


@pytest.mark.parametrize(
    ("name", "posts"),
    [
        ("sitemap-ghost-posts.xml", 59),
        ("sitemap-alswl.xml", 457),
        ("sitemap-pulsar.xml", 11),
        ("sitemap-wp-330k.xml", 60),
        ("sitemap-advdevops.xml", 58),
    ],
)
def test_real_sitemaps_give_their_posts(shared_data: Path, name: str, posts: int) -> None:
    found = reading((shared_data / "listings" / name).read_bytes())
    assert len(found.posts) == posts
    lists = re.compile(r"/(?:tags?|categor\w+|docs|attachment|hosts|page)/|/(?:about|archive)/?$")
    assert [post.url for post in found.posts if lists.search(post.url)] == []


def test_a_real_index_leads_to_its_posts(shared_data: Path) -> None:
    found = reading((shared_data / "listings" / "sitemap-ghost-index.xml").read_bytes())
    assert found.next_url is not None
    assert found.next_url.endswith("/sitemap-posts.xml")
