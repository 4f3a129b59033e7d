"""One source, read from a real server on loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from internet import Internet

from digest.http import Client, HttpSettings
from digest.sources.fetch import Fetched, Source, fetch, next_check, read_retry_after
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
    ) -> Fetched:
        """Read the source at this address, of which we know so much."""
        source = Source(
            id=1, name="quay", url=url, etag=etag, last_modified=last_modified, entries=entries
        )
        return fetch(source, client=self._client, parser=self._parser, now=NOW)


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
