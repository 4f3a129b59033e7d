"""One source, read from a real server on loopback."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from internet import Internet

from digest.http import Client
from digest.reading import HttpSettings
from digest.sources.fetch import Fetched, Source, fetch, next_check, read_retry_after
from digest.sources.further import Reach
from digest.sources.guard import Parser
from digest.sources.state import State

FEED = (Path(__file__).parents[1] / "fixtures" / "feeds" / "rss2.xml").read_bytes()
EMPTY = b'<rss version="2.0"><channel><title>Quay</title></channel></rss>'
NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def web() -> Iterator[Internet]:
    with Internet() as web:
        yield web


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


class Reader:
    """Reads sources of the fake web."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._client = Client(
            HttpSettings(allow_networks=("127.0.0.0/8",), deadline=0.6, max_bytes=500_000)
        )

    def __call__(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        entries: int | None = None,
        kind: str = "feed",
        recipe: Mapping[str, str] | None = None,
        **further: Any,
    ) -> Fetched:
        """Read the source at this address, of which we know so much."""
        source = Source(
            id=1,
            name="quay",
            url=url,
            kind=kind,
            recipe=recipe,
            etag=etag,
            last_modified=last_modified,
            entries=entries,
        )
        return fetch(source, client=self._client, parser=self._parser, now=NOW, **further)


@pytest.fixture
def read(parser: Parser) -> Reader:
    return Reader(parser)


def test_a_feed_is_read_with_the_version_it_has(web: Internet, read: Reader) -> None:
    date = "Thu, 11 Jun 2026 09:00:00 GMT"
    found = read(web.serve("/feed.xml", FEED, etag='W/"7"', last_modified=date))
    assert found.reading is not None
    assert [post.title for post in found.reading.posts] == [
        "How we halved our build time",
        "On queues",
    ]
    assert (found.etag, found.last_modified) == ('W/"7"', date)


def test_the_version_we_have_is_not_sent_again(web: Internet, read: Reader) -> None:
    url = web.serve("/feed.xml", FEED, etag='"7"')
    found = read(url, etag='"7"', last_modified="Thu, 11 Jun 2026 09:00:00 GMT")
    assert (found.state, found.reading) == (State.UNCHANGED, None)
    assert (found.etag, found.last_modified) == ('"7"', "Thu, 11 Jun 2026 09:00:00 GMT")
    (asked,) = web.requests("/feed.xml")
    assert asked.headers["if-none-match"] == '"7"'
    assert asked.headers["if-modified-since"] == "Thu, 11 Jun 2026 09:00:00 GMT"
    assert read(url, etag='"6"').reading is not None


def test_a_first_reading_asks_without_conditions(web: Internet, read: Reader) -> None:
    read(web.serve("/feed.xml", FEED))
    (asked,) = web.requests("/feed.xml")
    assert not {"if-none-match", "if-modified-since"} & asked.headers.keys()


def test_not_modified_without_being_asked_is_an_error(web: Internet, read: Reader) -> None:
    assert read(web.serve("/feed.xml", status=304)).state is State.HTTP_ERROR


@pytest.mark.parametrize(
    "etag", ["x" * 1025, "caf\xe9"], ids=["too long for the database", "not ASCII"]
)
def test_a_version_that_cannot_be_sent_back_is_forgotten(
    web: Internet, read: Reader, etag: str
) -> None:
    assert read(web.serve("/feed.xml", FEED, etag=etag)).etag is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (401, State.HTTP_ERROR),
        (403, State.HTTP_ERROR),
        (404, State.NOT_FOUND),
        (410, State.GONE),
        (429, State.RATE_LIMITED),
        (451, State.HTTP_ERROR),
        (500, State.SERVER_ERROR),
        (503, State.SERVER_ERROR),
        (599, State.SERVER_ERROR),
        (204, State.HTTP_ERROR),
        (302, State.HTTP_ERROR),
    ],
)
def test_every_status_has_a_state(web: Internet, read: Reader, status: int, state: State) -> None:
    found = read(web.serve("/feed.xml", FEED, status=status))
    assert (found.state, found.reading) == (state, None)
    assert found.detail == f"the site answered {status}"


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_may_say_how_long_to_stay_away(web: Internet, read: Reader, status: int) -> None:
    url = web.serve("/feed.xml", status=status, headers={"Retry-After": "120"})
    assert read(url).retry_after == 120


def test_trouble_on_the_way_has_a_state(web: Internet, read: Reader) -> None:
    assert read(web.silent("/a")).state is State.TIMED_OUT
    assert read(web.drip("/a")).state is State.TIMED_OUT
    assert read(web.endless("/a")).state is State.TOO_LARGE
    assert read(web.bomb("/a", unfolded=5_000_000)).state is State.TOO_LARGE
    assert read(web.redirect("/a", "/a")).state is State.TOO_MANY_REDIRECTS
    assert read(web.redirect("/a", "http://10.0.0.1/")).state is State.ADDRESS_REFUSED
    assert read("ftp://quay.example/").state is State.ADDRESS_REFUSED
    assert read("http://127.0.0.1:9/").state is State.UNREACHABLE


def test_a_page_that_is_no_feed_has_a_state(web: Internet, read: Reader) -> None:
    assert read(web.serve("/a", "<html><p>Hello</p></html>")).state is State.NOT_A_FEED
    assert read(web.serve("/a", "garbage")).state is State.MALFORMED


def test_an_empty_feed_is_no_error_and_a_suddenly_empty_one_is(web: Internet, read: Reader) -> None:
    url = web.serve("/feed.xml", EMPTY, etag='"0"')
    for entries in (None, 0, 4):
        found = read(url, entries=entries)
        assert (found.state, found.etag) == (State.EMPTY, '"0"')
        assert found.reading is not None
    sudden = read(url, entries=5)
    assert (sudden.state, sudden.reading, sudden.etag) == (State.SUDDENLY_EMPTY, None, None)
    assert sudden.state.is_error


def test_a_move_for_good_is_noted_without_its_key(web: Internet, read: Reader) -> None:
    web.serve("/new.xml", FEED)
    found = read(web.redirect("/old.xml", "/new.xml?key=secret", status=301))
    assert found.detail == f"moved to {web.url('/new.xml')}?…"
    assert found.reading is not None
    assert read(web.redirect("/old.xml", "/new.xml", status=302)).detail is None


def test_links_count_from_where_the_feed_was_found(web: Internet, read: Reader) -> None:
    body = (
        b'<rss version="2.0"><channel><item><title>A</title><link>1</link></item></channel></rss>'
    )
    web.serve("/new/feed.xml", body)
    found = read(web.redirect("/old", "/new/feed.xml"))
    assert found.reading is not None
    assert found.reading.posts[0].url == web.url("/new/1")


# Beyond the first page

CUT = "What we learned when the write-ahead log of the billing database grew beyond every…"
WHOLE = CUT.replace("every…", "every disk that we had")


def page(*numbers: int, after: str | None = None, dated: bool = True) -> str:
    """Return a page that lists these posts, and says where the list goes on."""
    cards = "".join(
        f'<article class="post"><h2><a href="/post/{n}">Post number {n} on queues</a></h2>'
        + (f'<time datetime="2026-05-{n:02}">{n} May 2026</time>' if dated else "")
        + f"<p>What number {n} taught us about queues and patience.</p></article>"
        for n in numbers
    )
    rel = f'<link rel="next" href="{after}">' if after else ""
    return f"<!doctype html><html><head><title>Quay</title>{rel}</head><body>{cards}</body></html>"


def own_page(title: str, *, day: str = "2026-05-09") -> str:
    """Return the page of one post."""
    return (
        f'<!doctype html><html lang="en"><head><title>{title} | Quay</title>'
        f'<meta property="og:type" content="article"><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{day}"></head><body><article>'
        f"<h1>{title}</h1><p>{'Words of the post itself. ' * 60}</p></article></body></html>"
    )


def numbers(found: Fetched) -> list[int]:
    assert found.reading is not None
    return [int(post.url.rpartition("/")[2]) for post in found.reading.posts]


@pytest.fixture
def blog(web: Internet) -> str:
    """Give a blog that lists three posts on each of four pages."""
    for number in range(4):
        first = 20 - 3 * number
        after = f"/page/{number + 2}" if number < 3 else None
        posts = page(first, first - 1, first - 2, after=after)
        web.serve(f"/page/{number + 1}", posts, etag='"7"')
    return web.url("/page/1")


def test_a_list_is_followed_as_far_as_is_allowed(blog: str, read: Reader) -> None:
    assert numbers(read(blog, kind="listing")) == list(range(20, 11, -1))
    assert numbers(read(blog, kind="listing", reach=Reach(pages=1))) == [20, 19, 18]
    assert numbers(read(blog, kind="listing", reach=Reach(pages=9))) == list(range(20, 8, -1))


def test_a_page_with_nothing_unknown_is_the_last(web: Internet, blog: str, read: Reader) -> None:
    def is_known(url: str) -> bool:
        return int(url.rpartition("/")[2]) <= 17

    found = read(blog, kind="listing", reach=Reach(pages=9), is_known=is_known)
    assert numbers(found) == [20, 19, 18, 17, 16, 15]
    assert [asked.path for asked in web.asked] == ["/page/1", "/page/2"]


def test_a_version_that_we_have_is_not_followed(web: Internet, blog: str, read: Reader) -> None:
    assert read(blog, kind="listing", etag='"7"').state is State.UNCHANGED
    assert len(web.asked) == 1


@pytest.mark.parametrize("target", ["/page/1", "/page/2", "http://localhost:1/page/3", "//["])
def test_a_list_that_leads_back_or_away_ends(
    web: Internet, blog: str, read: Reader, target: str
) -> None:
    web.serve("/page/2", page(17, 16, 15, after=target))
    assert numbers(read(blog, kind="listing", reach=Reach(pages=9)))[:6] == list(range(20, 14, -1))
    assert len(web.asked) == 2


def test_a_list_without_end_ends_where_it_brings_nothing_new(web: Internet, read: Reader) -> None:
    for number in range(1, 9):
        web.serve(f"/all/{number}", page(3, 2, 1, after=f"/all/{number + 1}"))
    assert numbers(read(web.url("/all/1"), kind="listing", reach=Reach(pages=9))) == [3, 2, 1]
    assert len(web.asked) == 2


@pytest.mark.parametrize("status", [404, 429, 500, 301])
def test_a_second_page_that_fails_costs_only_itself(
    web: Internet, blog: str, read: Reader, status: int
) -> None:
    web.serve("/page/2", status=status, headers={"Location": "http://10.0.0.1/"})
    found = read(blog, kind="listing")
    assert (numbers(found), found.state) == ([20, 19, 18], State.UNCHANGED)
    assert found.etag is None  # so that the next reading looks again


def test_a_second_page_that_hangs_or_is_hostile_costs_only_itself(
    web: Internet, blog: str, read: Reader
) -> None:
    web.silent("/page/2")
    assert numbers(read(blog, kind="listing")) == [20, 19, 18]
    web.serve("/page/2", "<div>" * 100_000)
    assert numbers(read(blog, kind="listing")) == [20, 19, 18]


def test_a_pause_comes_before_each_further_request_and_may_end_it(
    web: Internet, blog: str, read: Reader
) -> None:
    pauses: list[int] = []

    def pause() -> bool:
        pauses.append(len(web.asked))
        return len(web.asked) == 2

    assert len(numbers(read(blog, kind="listing", pause=pause))) == 6
    assert pauses == [1, 2]


def test_a_list_is_read_by_its_recipe(web: Internet, read: Reader) -> None:
    rows = "".join(f"<tr><td class=n>{n} May 2026<td><b>Post {n}</b> <a href=/post/{n}>go</a>"
                   for n in (9, 8))  # fmt: skip
    web.serve("/odd", f"<table>{rows}</table>")
    recipe = {"post": "tr", "title": "b", "link": "a", "date": ".n"}
    found = read(web.url("/odd"), kind="listing", recipe=recipe)
    assert found.reading is not None
    assert [(post.title, post.published_on) for post in found.reading.posts] == [
        ("Post 9", date(2026, 5, 9)),
        ("Post 8", date(2026, 5, 8)),
    ]


# Posts' own pages


def test_a_post_without_a_date_gets_it_from_its_own_page(web: Internet, read: Reader) -> None:
    web.serve("/", page(9, 8, 7, dated=False), etag='"7"')
    for number in (9, 8, 7):
        title = f"Post number {number} on queues"
        web.serve(f"/post/{number}", own_page(title, day=f"2026-05-{number:02}"))
    found = read(web.url("/"), kind="listing")
    assert found.reading is not None
    days = [post.published_on for post in found.reading.posts]
    assert days == [date(2026, 5, 9), date(2026, 5, 8), date(2026, 5, 7)]
    assert found.etag == '"7"'
    assert {one.listed.published_on for one in found.looked_up.values()} == {None}


def cut_feed(web: Internet, *, title: str = CUT) -> str:
    item = (
        f"<item><title>{title}</title><link>{web.url('/post/1')}</link>"
        "<pubDate>Tue, 09 Jun 2026 10:00:00 +0000</pubDate></item>"
    )
    return web.serve("/feed", f'<rss version="2.0"><channel>{item}</channel></rss>')


def test_a_cut_title_is_replaced_by_the_whole_one(web: Internet, read: Reader) -> None:
    web.serve("/post/1", own_page(WHOLE))
    found = read(cut_feed(web))
    assert found.reading is not None
    (post,) = found.reading.posts
    assert post.title == WHOLE
    assert post.published_at == datetime(2026, 6, 9, 10, tzinfo=UTC)  # the list's own date stays
    (looked_up,) = found.looked_up.values()
    assert (looked_up.listed.title, looked_up.page.title) == (CUT, WHOLE)


def test_a_cut_title_is_not_replaced_by_another_posts(web: Internet, read: Reader) -> None:
    web.serve("/post/1", own_page("Something else altogether, on another page of this blog"))
    found = read(cut_feed(web))
    assert found.reading is not None
    assert found.reading.posts[0].title == CUT


def test_posts_that_are_known_or_elsewhere_are_not_looked_up(web: Internet, read: Reader) -> None:
    url = cut_feed(web)
    assert read(url, is_known=lambda _: True).looked_up == {}
    web.serve("/feed", web._routes["/feed"].body.replace(b"127.0.0.1", b"elsewhere.example"))
    assert read(url).looked_up == {}
    assert [asked.path for asked in web.asked] == ["/feed", "/feed"]


def test_only_so_many_posts_are_looked_up(web: Internet, read: Reader) -> None:
    web.serve("/", page(*range(20, 0, -1), dated=False), etag='"7"')
    for number in range(1, 21):
        web.serve(f"/post/{number}", own_page(f"Post number {number} on queues"))
    for reach, count in ((Reach(), 10), (Reach(completions=3), 3), (Reach(completions=0), 0)):
        found = read(web.url("/"), kind="listing", reach=reach)
        assert len(found.looked_up) == count
        assert len(numbers(found)) == 20
        assert found.etag is None


@pytest.mark.parametrize("status", [404, 500])
def test_a_posts_own_page_that_fails_costs_nothing(
    web: Internet, read: Reader, status: int
) -> None:
    web.serve("/", page(9, 8, 7, dated=False), etag='"7"')
    web.serve("/post/9", own_page("Post number 9 on queues"))
    web.serve("/post/8", status=status)
    web.silent("/post/7")
    found = read(web.url("/"), kind="listing")
    assert numbers(found) == [9, 8, 7]
    assert len(found.looked_up) == 1
    assert found.etag is None


def test_a_sitemap_gets_its_titles_from_the_posts(web: Internet, read: Reader) -> None:
    paths = [f"/2026/05/{number:02}/what-queues-taught-us-{number}" for number in (1, 2)]
    inner = web.serve("/posts.xml", "<urlset>" + "".join(
        f"<url><loc>{web.url(path)}</loc></url>" for path in paths) + "</urlset>")  # fmt: skip
    index = web.serve(
        "/sitemap.xml", f"<sitemapindex><sitemap><loc>{inner}</loc></sitemap></sitemapindex>"
    )
    for path in paths:
        web.serve(path, own_page(f"What queues taught us ({path[-1]})"))
    found = read(index, kind="sitemap")
    assert found.reading is not None
    titles = sorted(post.title for post in found.reading.posts)
    assert titles == ["What queues taught us (1)", "What queues taught us (2)"]


def test_an_index_whose_sitemap_fails_is_in_trouble(web: Internet, read: Reader) -> None:
    inner = web.serve("/posts.xml", status=500)
    index = f"<sitemapindex><sitemap><loc>{inner}</loc></sitemap></sitemapindex>"
    found = read(web.serve("/sitemap.xml", index), kind="sitemap")
    assert (found.state, found.reading) == (State.SERVER_ERROR, None)


# When to ask again


def wait(state: State, *, failures: int = 0, retry_after: float | None = None) -> timedelta:
    when = next_check(
        now=NOW, state=state, failures=failures, interval=HOUR, retry_after=retry_after
    )
    return when - NOW


@pytest.mark.parametrize("state", [State.NEW_POSTS, State.UNCHANGED, State.EMPTY])
def test_a_good_source_is_asked_again_after_the_interval(state: State) -> None:
    assert wait(state) == HOUR


def test_the_wait_after_failures_doubles_from_a_quarter_of_an_hour_to_a_day() -> None:
    minutes = [wait(State.TIMED_OUT, failures=n) / timedelta(minutes=1) for n in range(1, 10)]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    assert wait(State.TIMED_OUT, failures=100_000) == timedelta(hours=24)


def test_a_site_is_obeyed_for_a_week_at_most_and_never_hurries_us() -> None:
    assert wait(State.RATE_LIMITED, failures=1, retry_after=7200) == timedelta(hours=2)
    assert wait(State.RATE_LIMITED, failures=1, retry_after=1) == timedelta(minutes=15)
    assert wait(State.RATE_LIMITED, failures=1, retry_after=1e12) == timedelta(days=7)
    assert wait(State.GONE, failures=1) == timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 5000, 999_999_999_999.0),
        ("Fri, 12 Jun 2026 08:00:00 GMT", 3600.0),
        ("Fri, 12 Jun 2020 08:00:00 GMT", 0.0),
        ("Fri, 99 Jun 2026 08:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, now=NOW) == seconds
