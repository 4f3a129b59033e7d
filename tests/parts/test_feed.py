"""Feeds in all formats, and as badly written as real ones."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.feed import read
from digest.sources.state import State

FEEDS = Path(__file__).parents[1] / "fixtures" / "feeds"
HOME = "https://quay.example/"


def reading(content: bytes | str, *, url: str = f"{HOME}feed.xml", kind: str = "") -> Reading:
    data = content.encode() if isinstance(content, str) else content
    return read(Page(url=url, content=data, headers={"content-type": kind} if kind else {}))


def rss(*items: str, head: str = "", declaration: str = '<?xml version="1.0"?>') -> str:
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'{declaration}<rss version="2.0"><channel><title>Quay</title>{head}{body}</channel></rss>'
    )


def item(*, title: str = "A post", link: str = f"{HOME}1", date: str = "", extra: str = "") -> str:
    day = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<title>{title}</title><link>{link}</link>{day}{extra}"


def only(content: bytes | str, **how: str) -> FetchedPost:
    (post,) = reading(content, **how).posts
    return post


# Formats


def test_rss_2_is_read_whole() -> None:
    found = reading((FEEDS / "rss2.xml").read_bytes())
    assert (found.title, found.home, found.language) == ("Quay & Crane", HOME, "en-GB")
    first, second = found.posts
    assert first == FetchedPost(
        url="https://quay.example/posts/build-time",
        title="How we halved our build time",
        guid="quay-3",
        summary="Twelve minutes became six. Here is how.",
        author="Ada Quill",
        tags=("builds", "Speed"),
        published_at=datetime(2026, 6, 10, 6, 30, tzinfo=UTC),
        dated_by=DateOrigin.FEED,
        words=14,
    )
    assert second.author == "Bea Stone"
    assert second.published_at == datetime(2026, 6, 9, tzinfo=UTC)
    assert second.words is None


def test_atom_is_read_whole() -> None:
    found = reading((FEEDS / "atom.xml").read_bytes(), url="https://werft.example/feed.xml")
    assert (found.title, found.home, found.language) == (
        "Werft & Kran",
        "https://werft.example/",
        "de",
    )
    first, second = found.posts
    assert first.title == "Das kleine Datenbank-Einmaleins"
    assert first.url == "https://werft.example/datenbank"
    assert first.author == "Çem Öz"
    assert first.summary == "Erster Absatz. Zweiter."
    assert first.words == 3
    assert first.published_at == datetime(2026, 6, 11, 7, tzinfo=UTC)
    assert second.url == "https://werft.example/geaendert"
    assert second.published_at == datetime(2026, 6, 10, 10, tzinfo=UTC)


def test_rss_1_is_read() -> None:
    post = only((FEEDS / "rdf.xml").read_bytes())
    assert (post.title, post.url) == ("Still here", "https://old.example/1")
    assert post.published_at == datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_rss_091_is_read() -> None:
    post = only((FEEDS / "rss091.xml").read_bytes())
    assert (post.title, post.guid) == ("No date and no id", None)
    assert (post.published_at, post.published_on) == (None, None)


def test_json_feed_is_read_whole() -> None:
    found = reading((FEEDS / "feed.json").read_bytes(), url="https://pier.example/feed.json")
    assert (found.title, found.home, found.language) == (
        "Pier Notes",
        "https://pier.example/",
        "pt-BR",
    )
    first, second = found.posts
    assert first == FetchedPost(
        url="https://pier.example/17",
        title="Types & tides",
        guid="17",
        summary="The tide, in < 5 minutes",
        author="Rui, Lia",
        tags=("tide", "types"),
        published_at=datetime(2026, 6, 11, 13, tzinfo=UTC),
        dated_by=DateOrigin.FEED,
        words=7,
    )
    assert second.url == second.guid == "https://pier.example/16"
    assert second.title == "A note without a title, about vector<int> & friends."
    assert second.published_on == date(2026, 6, 10)


@pytest.mark.parametrize(
    "before", [b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \r\n", b"\n\xef\xbb\xbf"]
)
@pytest.mark.parametrize("name", ["rss2.xml", "feed.json"])
def test_what_stands_before_the_declaration_is_overlooked(before: bytes, name: str) -> None:
    assert len(reading(before + (FEEDS / name).read_bytes()).posts) == 2


@pytest.mark.parametrize("name", ["rss2.xml", "feed.json"])
def test_a_feed_that_is_stored_compressed_is_read(name: str) -> None:
    assert len(reading(gzip.compress((FEEDS / name).read_bytes())).posts) == 2


def test_a_compressed_feed_that_grows_too_large_is_refused() -> None:
    with pytest.raises(UnreadableError) as caught:
        reading(gzip.compress(bytes(30_000_000)))
    assert caught.value.state == State.TOO_LARGE


# What is no feed


@pytest.mark.parametrize(
    ("content", "state"),
    [
        ("<!DOCTYPE html><html><body><p>404</p></body></html>", State.NOT_A_FEED),
        ("  <HTML><head><title>Just a moment...</title>", State.NOT_A_FEED),
        ("<?xml version='1.0'?><!-- x --><html xmlns='x'><p/></html>", State.NOT_A_FEED),
        ("<?xml version='1.0'?><opml version='2.0'><body/></opml>", State.NOT_A_FEED),
        ('{"version": "1", "items": []}', State.NOT_A_FEED),
        ('["https://jsonfeed.org/version/1"]', State.NOT_A_FEED),
        ('{"version": "https://jsonfeed.org/version/1"}', State.MALFORMED),
        ('{"version": "https://jsonfeed.org/version/1", "items": [{"id"', State.MALFORMED),
        ("[" * 100_000, State.MALFORMED),
        ("<rss version='2.0'><channel><title>cut o", State.MALFORMED),
        ("just words", State.MALFORMED),
        ("", State.MALFORMED),
        (b"\x00\x01\x02\xff\xfe" * 50, State.MALFORMED),
        (b"\x1f\x8bno gzip", State.MALFORMED),
        (b'<?xml version="1.0" encoding="ut\xba-8"?><rss version="2.0">\xff', State.MALFORMED),
    ],
)
def test_what_is_no_feed_is_named(content: bytes | str, state: State) -> None:
    with pytest.raises(UnreadableError) as caught:
        reading(content)
    assert caught.value.state == state


@pytest.mark.parametrize(
    "content",
    [rss(), '{"version": "https://jsonfeed.org/version/1", "items": []}'],
)
def test_a_feed_without_entries_is_an_empty_reading(content: str) -> None:
    assert reading(content).posts == ()


def test_the_body_is_never_taken_for_a_file_or_an_address(tmp_path: Path) -> None:
    stored = tmp_path / "feed.xml"
    stored.write_text(rss(item()))
    for content in (str(stored), stored.as_uri()):
        with pytest.raises(UnreadableError):
            reading(content)


# Broken XML and wrong labels


def test_an_ampersand_that_stands_bare_is_read() -> None:
    assert only(rss(item(title="AT&T & friends", link=f"{HOME}?a=1&b=2"))).title == "AT&T & friends"


@pytest.mark.parametrize("reference", ["&#0;", "&#xD800;", "&#x1b;", "&#55296;", "&#x110000;"])
def test_a_reference_to_no_character_spoils_no_feed(reference: str) -> None:
    assert only(rss(item(title=f"a{reference}b &#x1F6A2;"))).title == "ab 🚢"


def test_a_feed_that_went_through_an_html_parser_keeps_its_links() -> None:
    mangled = "<title>A</title><link>https://quay.example/a<guid isPermaLink=false>1</guid><br>"
    assert only(rss(mangled)).url == f"{HOME}a"


def test_a_feed_that_was_cut_off_shows_what_was_whole() -> None:
    whole = rss(item(title="One"), item(title="Two", link=f"{HOME}2"), item(title="Three"))
    titles = [post.title for post in reading(whole[: whole.index("Three")]).posts]
    assert titles[:2] == ["One", "Two"]


@pytest.mark.parametrize(
    ("encoding", "declared", "kind"),
    [
        ("utf-8", "", ""),
        ("utf-8", "utf-8", "text/xml"),
        ("utf-8", "iso-8859-1", ""),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "iso-8859-1", "application/rss+xml"),
        ("iso-8859-1", "", ""),
        ("iso-8859-1", "utf-8", ""),
        ("iso-8859-1", "", "text/xml; charset=iso-8859-1"),
        ("cp1252", "iso-8859-1", ""),
        ("utf-16", "utf-16", ""),
        ("utf-8", "nonsense-8", ""),
    ],
)
def test_labels_of_the_encoding_may_lie(encoding: str, declared: str, kind: str) -> None:
    label = f' encoding="{declared}"' if declared else ""
    content = rss(item(title="Größe für später"), declaration=f'<?xml version="1.0"{label}?>')
    assert only(content.encode(encoding), kind=kind).title == "Größe für später"


@pytest.mark.parametrize(
    ("encoding", "title"),
    [("big5", "港口的故事"), ("euc-kr", "항구 이야기"), ("shift_jis", "港の話")],
)
def test_old_encodings_are_read(encoding: str, title: str) -> None:
    content = rss(item(title=title), declaration=f'<?xml version="1.0" encoding="{encoding}"?>')
    assert only(content.encode(encoding)).title == title


def test_entities_from_outside_and_entities_that_grow_stay_unread() -> None:
    outside, growing = '<!ENTITY x SYSTEM "file:///etc/passwd">', '<!ENTITY b "&x;&x;&x;">'
    doctype = f"<!DOCTYPE rss [{outside}{growing}]>"
    content = rss(item(title="x&x;&b;"), declaration=f'<?xml version="1.0"?>{doctype}')
    title = only(content).title
    assert "root" not in title
    assert len(title) < 20


# Words


@pytest.mark.parametrize(
    "title",
    ["{{7*7}}", "AT&T", "I <3 it", "</mj-text>", "List<String>", "a > b", "=?utf-8?q?x=0D=0A?="],
)
def test_a_title_comes_through_as_it_was_meant(title: str) -> None:
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    assert only(rss(item(title=escaped))).title == title
    assert only(rss(item(title=f"<![CDATA[{title}]]>"))).title == title
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "items": [{"id": "1", "url": HOME, "title": title}],
    }
    assert only(json.dumps(feed)).title == title


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("&lt;b&gt;bold&lt;/b&gt; move", "bold move"),
        ("&amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt; move", "bold move"),
        ("It&amp;#8217;s", "It\u2019s"),
        ("R&amp;amp;D", "R&D"),
        ("a&#13;&#10;Bcc: b@quay.example", "a Bcc: b@quay.example"),
        ("a\u2028b\u2029c", "a b c"),
        ("a&#x9b;b", "a\u203ab"),  # what Windows meant by it
    ],
)
def test_a_title_is_cleaned(raw: str, title: str) -> None:
    assert only(rss(item(title=raw))).title == title


def test_a_nul_byte_in_a_title_is_dropped() -> None:
    assert only(rss(item(title="a\x00b"))).title == "ab"


def test_a_summary_is_cut_at_a_word() -> None:
    post = only(rss(item(extra=f"<description>{'word ' * 1000}</description>")))
    assert post.summary is not None
    assert len(post.summary) <= 1000
    assert post.summary.endswith("word…")
    assert post.words == 1000  # no excerpt is that long: it is the whole post


def test_a_post_without_a_title_is_called_by_its_first_words() -> None:
    text = "The quick brown fox jumps over the lazy dog and then over the next lazy dog and so on"
    post = only(rss(item(title="", extra=f"<description>{text}</description>")))
    assert len(post.title) <= 80
    assert post.title.startswith("The quick brown fox")
    assert post.title.endswith("…")


def test_an_entry_without_title_and_text_is_skipped() -> None:
    assert (
        reading(rss(item(title=" "), item(title="Kept", link=f"{HOME}2"))).posts[0].title == "Kept"
    )
    assert len(reading(rss(item(title=" "))).posts) == 0


def test_an_address_is_never_a_name() -> None:
    for author in ("ada@quay.example", "&lt;ada@quay.example&gt;"):
        assert only(rss(item(extra=f"<author>{author}</author>"))).author is None
    named = only(rss(item(extra="<author>Ada Quill &lt;ada@quay.example&gt;</author>")))
    assert named.author == "Ada Quill"


# Links


def test_relative_links_count_from_the_blogs_home() -> None:
    head = "<link>https://blog.quay.example/</link>"
    assert only(rss(item(link="posts/1"), head=head)).url == "https://blog.quay.example/posts/1"
    assert only(rss(item(link="/posts/1"))).url == f"{HOME}posts/1"


def test_links_to_localhost_are_moved_to_the_feeds_host() -> None:
    head = "<link>http://localhost:2368/</link>"
    found = reading(rss(item(link="http://localhost:2368/post/"), head=head))
    assert (found.home, found.posts[0].url) == (HOME, f"{HOME}post/")


def test_links_to_localhost_stay_when_the_feed_is_there() -> None:
    url = "http://127.0.0.1:8000/feed.xml"
    assert only(rss(item(link="http://localhost:8000/1")), url=url).url == "http://localhost:8000/1"


def test_an_id_stands_in_for_a_link_when_it_is_an_address() -> None:
    by_id = rss("<title>A</title><guid>https://quay.example/9</guid>")
    assert only(by_id).url == f"{HOME}9"
    script = rss(item(link="javascript:x()", extra="<guid>https://quay.example/9</guid>"))
    assert only(script).url == f"{HOME}9"
    assert reading(rss("<title>A</title><guid>tag:quay,2026:9</guid>")).posts == ()


def test_an_entry_without_a_link_leads_to_the_blog_if_an_id_tells_it_from_others() -> None:
    said = "<title>Login</title><description>It works again.</description>"
    bare = [f'{said}<guid isPermaLink="false">7</guid>', said]
    found = reading(rss(*bare, head=f"<link>{HOME}</link>")).posts
    assert [(post.title, post.guid, post.url) for post in found] == [("Login", "7", HOME)]


def test_a_document_that_is_no_page_is_linked_all_the_same() -> None:
    entry = '<link rel="alternate" type="application/pdf" href="/thesis.pdf"/>'
    feed = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title>{entry}</entry></feed>'
    )
    assert only(feed).url == f"{HOME}thesis.pdf"


def test_the_same_entry_twice_is_one_post() -> None:
    guid = "<guid isPermaLink='false'>1</guid>"
    twice = item(extra=guid)
    again = item(title="Another title", extra=guid)
    titles = [post.title for post in reading(rss(twice, twice, again)).posts]
    assert titles == ["A post", "Another title"]


# Dates


def test_a_feed_that_dates_all_at_midnight_gives_days() -> None:
    found = reading((FEEDS / "hugo.xml").read_bytes())
    days = [(post.title, post.published_on, post.published_at) for post in found.posts]
    assert days == [
        ("Buoys as code", date(2026, 6, 11), None),
        ("Fog signals", date(2026, 6, 8), None),
    ]


def test_pages_dated_in_the_year_1_stay_when_nothing_else_is_dated() -> None:
    zero = "Mon, 01 Jan 0001 00:00:00 +0000"
    found = reading(rss(item(date=zero), item(link=f"{HOME}2", date=zero)))
    assert [(post.published_at, post.published_on) for post in found.posts] == [(None, None)] * 2


def test_an_undated_post_among_dated_ones_stays() -> None:
    found = reading(rss(item(date="Wed, 10 Jun 2026 08:30:00 GMT"), item(link=f"{HOME}2")))
    assert len(found.posts) == 2


def test_summer_time_is_read_as_summer_time() -> None:
    post = only(rss(item(date="Wed, 10 Jun 2026 08:30:00 CEST")))
    assert post.published_at == datetime(2026, 6, 10, 6, 30, tzinfo=UTC)
