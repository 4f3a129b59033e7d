"""Parsing in processes of their own, against feeds that want to stop the week."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from kept import new_processes

from digest.posts.hygiene import examine
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.guard import Parser
from digest.sources.settings import ParserSettings
from digest.sources.state import State

FEEDS = Path(__file__).parents[1] / "fixtures" / "feeds"
GOOD = (FEEDS / "rss2.xml").read_bytes()
HEAD = b'<rss version="2.0"><channel><title>Quay</title><link>https://quay.example/</link>'
TAIL = b"</channel></rss>"
SLOW = HEAD + b"<item><title>A</title><description>" + b"&lt;div&gt;" * 400_000  # minutes of work


def page(content: bytes) -> Page:
    return Page(url="https://quay.example/feed.xml", content=content)


def item(number: int, *, text: bytes = b"words") -> bytes:
    return (
        b"<item><title>Post %d</title><link>https://quay.example/%d</link>"
        b"<description>%s</description></item>" % (number, number, text)
    )


@pytest.fixture(scope="module", autouse=True)
def _new_processes() -> Iterator[None]:
    with new_processes():
        yield


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


@pytest.fixture
def hasty() -> Iterator[Parser]:
    with Parser(ParserSettings(processes=1, seconds=0.5, memory=100_000_000)) as parser:
        yield parser


def state_of(parser: Parser, content: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        parser.parse("feed", page(content))
    return caught.value.state


def processes(parser: Parser) -> list[int]:
    return [child._running.process.pid for child in parser._children if child._running]


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_ends(pid: int, *, within: float) -> None:
    end = time.monotonic() + within
    while is_alive(pid):
        assert time.monotonic() < end, "the process lives on"
        time.sleep(0.02)


def test_a_feed_comes_back_as_it_was_read_with_its_posts_examined(parser: Parser) -> None:
    from digest.sources.feed import read  # noqa: PLC0415 - the parent of a guard needs no parser

    here = read(page(GOOD))
    posts = tuple(
        replace(post, examined=examine(title=post.title, summary=post.summary))
        for post in here.posts
    )
    assert parser.parse("feed", page(GOOD)) == replace(here, posts=posts)


def test_what_is_no_feed_keeps_its_state(parser: Parser) -> None:
    assert state_of(parser, b"<html><p>404</p></html>") == State.NOT_A_FEED
    assert state_of(parser, b"garbage") == State.MALFORMED


def test_many_threads_share_the_processes(parser: Parser) -> None:
    def read(number: int) -> Reading:
        return parser.parse("feed", page(HEAD + item(number) + TAIL))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read, range(40)))
    assert [reading.posts[0].title for reading in found] == [f"Post {n}" for n in range(40)]
    assert len(processes(parser)) == 2


def test_a_feed_that_takes_too_long_is_stopped_and_the_next_one_read(hasty: Parser) -> None:
    assert hasty.parse("feed", page(GOOD)).posts
    (slow,) = processes(hasty)
    start = time.monotonic()
    assert state_of(hasty, SLOW) == State.TOO_SLOW_TO_PARSE
    assert time.monotonic() - start < 3
    assert not is_alive(slow)
    assert len(hasty.parse("feed", page(GOOD)).posts) == 2


def test_a_feed_that_takes_too_much_memory_is_stopped_and_the_next_one_read() -> None:
    large = HEAD + b"".join(item(n, text=b"x" * 300) for n in range(20_000)) + TAIL
    with Parser(ParserSettings(processes=1, seconds=30, memory=30_000_000)) as parser:
        assert state_of(parser, large) == State.TOO_LARGE_TO_PARSE
        assert len(parser.parse("feed", page(GOOD)).posts) == 2


def test_a_process_that_dies_at_work_costs_only_its_page() -> None:
    with Parser(ParserSettings(processes=1, seconds=30)) as parser:
        parser.parse("feed", page(GOOD))
        (pid,) = processes(parser)
        killer = threading.Timer(0.3, os.kill, (pid, signal.SIGKILL))
        killer.start()
        assert state_of(parser, SLOW) == State.TOO_LARGE_TO_PARSE
        killer.join()
        assert len(parser.parse("feed", page(GOOD)).posts) == 2


def test_a_process_that_died_while_idle_costs_nothing() -> None:
    with Parser(ParserSettings(processes=1)) as parser:
        parser.parse("feed", page(GOOD))
        (pid,) = processes(parser)
        os.kill(pid, signal.SIGKILL)
        assert_ends(pid, within=5)
        assert len(parser.parse("feed", page(GOOD)).posts) == 2


@pytest.mark.parametrize(
    "content",
    [
        HEAD + b"<item>" + b"<b>" * 200_000 + b"</b>" * 200_000 + b"</item>" + TAIL,
        HEAD + b"<item>" + b"<b>" * 200_000,
        HEAD + item(1, text=b"&lt;b&gt;" * 200_000) + TAIL,
        HEAD + item(1, text=b"&lt;a '" * 500_000) + TAIL,
        HEAD + b"<item><title>" + b"&lt;b " * 500_000 + b"</title></item>" + TAIL,
        HEAD + b"".join(item(n, text=b"x" * 300) for n in range(50_000)) + TAIL,
        b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 500_000,
        b"<!DOCTYPE rss [<!ENTITY l0 'lol'>"
        + b"".join(b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
        + b"]>"
        + HEAD
        + b"<item><title>&l9;</title></item>"
        + TAIL,
    ],
    ids=["nested", "unclosed", "nested-html", "quotes", "title", "items", "brackets", "laughs"],
)
def test_no_hostile_feed_stops_the_week(parser: Parser, content: bytes) -> None:
    start = time.monotonic()
    with contextlib.suppress(UnreadableError):
        parser.parse("feed", page(content))
    assert time.monotonic() - start < 7
    assert len(parser.parse("feed", page(GOOD)).posts) == 2


def test_signals_of_the_terminal_and_the_service_do_not_reach_a_process_at_work() -> None:
    with Parser(ParserSettings(processes=1)) as parser:
        parser.parse("feed", page(GOOD))
        (pid,) = processes(parser)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, number)
        assert len(parser.parse("feed", page(GOOD)).posts) == 2
        assert processes(parser) == [pid]
        assert os.getsid(pid) != os.getsid(0)


def test_the_processes_end_with_the_parser() -> None:
    with Parser() as parser:
        parser.parse("feed", page(GOOD))
        pids = processes(parser)
    assert len(pids) == 1
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_the_processes_end_when_their_parent_is_killed(*, busy: bool) -> None:
    script = (
        "import sys; from digest.sources.guard import *; from digest.sources.adapter import Page\n"
        "parser = Parser(ParserSettings(processes=1, seconds=2))\n"
        "page = lambda data: Page(url='https://quay.example/', content=data)\n"
        "parser.parse('feed', page(b'<rss version=\"2.0\"><channel/></rss>'))\n"
        "print(parser._children[0]._running.process.pid, flush=True)\n"
        "data = sys.stdin.buffer.read()\n"
        "data and parser.parse('feed', page(data))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdin
        assert parent.stdout
        child = int(parent.stdout.readline())
        if busy:
            parent.stdin.write(SLOW)
            parent.stdin.close()
            time.sleep(0.5)
        parent.kill()
    assert_ends(child, within=10)


def test_secrets_in_the_environment_stay_with_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP__PASSWORD", "hunter2")
    with Parser(ParserSettings(processes=1)) as parser:
        parser.parse("feed", page(GOOD))
        (pid,) = processes(parser)
        assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()
