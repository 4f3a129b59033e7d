"""The demo's world: five sample blogs, their feeds, and the web that serves them."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import feedparser
import httpx
import pytest

from digest.demo.blogs import SampleBlog, sample_blogs
from digest.demo.posts import SamplePost
from digest.demo.press import Press, feed_type
from digest.demo.web import SampleWeb
from digest.posts.excerpt import LENGTH, excerpt
from digest.posts.hygiene import examine
from digest.sources.adapter import Page
from digest.sources.feed import read

BERLIN = ZoneInfo("Europe/Berlin")
OPENS = datetime(2026, 6, 5, tzinfo=BERLIN)
CLOSES = datetime(2026, 6, 12, tzinfo=BERLIN)
BLOGS = sample_blogs()
BY_SLUG = pytest.mark.parametrize("blog", BLOGS, ids=lambda blog: blog.slug)
POSTS = {
    "tokens-and-tradeoffs": 20,
    "schaltplan": 30,
    "plain-systems": 39,
    "broken-on-purpose": 16,
    "field-log": 13,
}
THIS_WEEK = {
    "tokens-and-tradeoffs": 3,
    "schaltplan": 5,
    "plain-systems": 3,
    "broken-on-purpose": 2,
    "field-log": 1,
}


def in_week(blog: SampleBlog) -> list[SamplePost]:
    def when(post: SamplePost) -> datetime:
        if isinstance(post.date, datetime):
            return post.date
        return datetime(post.date.year, post.date.month, post.date.day, tzinfo=BERLIN)

    return [post for post in blog.posts if OPENS <= when(post) < CLOSES]


def page_of(blog: SampleBlog, content: bytes) -> Page:
    return Page(url=f"http://blogs.test{blog.feed_path}", content=content)


# The blogs


def test_there_are_five_blogs_in_five_formats_with_a_topic_each() -> None:
    assert {blog.slug: len(blog.posts) for blog in BLOGS} == POSTS
    assert {blog.kind for blog in BLOGS} == {"atom", "hugo", "json", "rdf", "wordpress"}
    assert len({blog.topic for blog in BLOGS}) == 5
    assert {blog.slug: len(in_week(blog)) for blog in BLOGS} == THIS_WEEK


def test_no_two_posts_share_an_address() -> None:
    paths = [blog.path_of(post) for blog in BLOGS for post in blog.posts]
    assert len(set(paths)) == len(paths) == sum(POSTS.values())


@BY_SLUG
def test_feeds_are_what_other_readers_expect(blog: SampleBlog) -> None:
    content = Press().feed(blog, base_url="http://blogs.test")
    if blog.kind == "json":
        feed = json.loads(content)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        titles = [item["title"] for item in feed["items"]]
    else:
        parsed = feedparser.parse(content)
        assert not parsed.bozo
        titles = [entry.title for entry in parsed.entries]
    assert len(titles) == POSTS[blog.slug]


def test_each_format_is_what_it_says() -> None:
    versions = {
        blog.kind: feedparser.parse(Press().feed(blog, base_url="http://blogs.test")).version
        for blog in BLOGS
        if blog.kind != "json"
    }
    assert versions == {"atom": "atom10", "hugo": "rss20", "rdf": "rss10", "wordpress": "rss20"}


@BY_SLUG
def test_our_own_reader_gets_titles_days_and_tags_as_written(blog: SampleBlog) -> None:
    reading = read(page_of(blog, Press().feed(blog, base_url="http://blogs.test")))
    assert reading.title == blog.name
    assert [post.title for post in reading.posts] == [post.title for post in blog.posts]
    assert [post.published_at or post.published_on for post in reading.posts] == [
        post.date for post in blog.posts
    ]
    assert [post.tags for post in reading.posts] == [post.tags for post in blog.posts]


@BY_SLUG
def test_every_post_of_the_week_has_an_excerpt_of_whole_sentences(blog: SampleBlog) -> None:
    reading = read(page_of(blog, Press().feed(blog, base_url="http://blogs.test")))
    titles = {post.title for post in in_week(blog)}
    for post in reading.posts:
        if post.title in titles:
            examined = examine(title=post.title, summary=post.summary)
            shaped = excerpt(examined.summary, title=post.title)
            assert shaped is not None
            assert 80 < len(shaped) <= LENGTH
            assert shaped.endswith((".", "?"))
            assert "Read more" not in shaped
            assert "Here it is" not in shaped  # a text generator speaks in one of them


def test_the_wordpress_feed_shows_cut_excerpts_and_the_whole_text() -> None:
    blog = next(blog for blog in BLOGS if blog.kind == "wordpress")
    content = Press().feed(blog, base_url="http://blogs.test")
    item = ET.fromstring(content).findall(".//item")[0]  # noqa: S314 - we wrote it ourselves
    description = item.findtext("description")
    whole = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert description is not None
    assert description.endswith("Read more</a></p>")
    assert len(in_week(blog)[0].summary.split()) == 55
    assert whole is not None
    assert whole.count("<p>") == len(in_week(blog)[0].body)


def test_the_week_holds_what_is_hard_to_print() -> None:
    titles = " ".join(post.title for blog in BLOGS for post in in_week(blog))
    assert all(part in titles for part in ("&", "<T>", "—", "“", "'"))
    languages = [post.language for blog in BLOGS for post in in_week(blog)]
    assert languages.count("de") == 1


def test_the_german_post_says_its_language_in_the_feed() -> None:
    blog = next(blog for blog in BLOGS if blog.kind == "rdf")
    reading = read(page_of(blog, Press().feed(blog, base_url="http://blogs.test")))
    assert [post.title for post in reading.posts if post.language == "de"] == [
        "Was kostet eine Availability Zone? — Eine ehrliche Rechnung für kleine Teams (2026)"
    ]


# Their web


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with SampleWeb() as running:
        yield running.url


@BY_SLUG
def test_links_in_the_feed_of_the_week_answer_with_the_post(web: str, blog: SampleBlog) -> None:
    feed = httpx.get(web + blog.feed_path)
    reading = read(Page(url=str(feed.url), content=feed.content, headers=dict(feed.headers)))
    titles = {post.title for post in in_week(blog)}
    links = [post.url for post in reading.posts if post.title in titles]
    assert len(links) == THIS_WEEK[blog.slug]
    for link in links:
        answer = httpx.get(link)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "made up for the demo" in answer.text or "für die Vorführung" in answer.text


@BY_SLUG
def test_the_home_page_lists_the_posts_and_names_the_feed(web: str, blog: SampleBlog) -> None:
    answer = httpx.get(web + blog.home_path)
    assert answer.status_code == 200
    assert f'rel="alternate" type="{feed_type(blog)}"' in answer.text
    assert all(f'href="{blog.path_of(post)}"' in answer.text for post in blog.posts)


def test_markup_in_a_title_is_text_on_the_page(web: str) -> None:
    page = httpx.get(f"{web}/plain-systems/").text
    assert "Result&lt;T&gt; Over the Wire" in page
    assert "Result<T>" not in page


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_a_feed_that_is_known_already_is_not_sent_again(web: str, header: str) -> None:
    url = f"{web}/plain-systems/index.xml"
    first = httpx.get(url)
    question = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[header]
    again = httpx.get(url, headers={question: first.headers[header]})
    assert (again.status_code, again.content) == (304, b"")
    other = {"ETag": '"another"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}[header]
    assert httpx.get(url, headers={question: other}).content == first.content


def test_an_old_tag_counts_even_when_the_date_is_right(web: str) -> None:
    url = f"{web}/field-log/feed.json"
    changed = httpx.get(url).headers["Last-Modified"]
    headers = {"If-None-Match": '"old"', "If-Modified-Since": changed}
    assert httpx.get(url, headers=headers).status_code == 200


def test_unknown_paths_are_not_found_and_head_has_no_body(web: str) -> None:
    assert httpx.get(f"{web}/../../etc/passwd").status_code == 404
    assert httpx.get(f"{web}/plain-systems/feed/").status_code == 404
    answer = httpx.head(f"{web}/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_web_closes_while_a_browser_keeps_a_connection_open() -> None:
    before = threading.active_count()
    with SampleWeb() as running:
        address = running.url.removeprefix("http://").split(":")
        idle = socket.create_connection((address[0], int(address[1])))
        assert httpx.get(running.url).status_code == 200
    with idle:
        assert idle.recv(1) == b""
    assert threading.active_count() <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.url)
