"""How long 500 feeds and 100 listing pages take to be read, parsed and saved, and in what memory.

Half of them are unchanged since they were read last. The pages come from a server in a process of
its own, and are made there.
"""

import asyncio
import functools
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.http import Client
from digest.processes import Processes
from digest.reading import HttpSettings
from digest.sources.guard import Parser
from digest.sources.poll import PollResult, poll
from digest.sources.settings import PollSettings
from digest.sources.state import State
from digest.tables import Base, SourceRow
from storage.database import Database
from storage.settings import DatabaseSettings

FEEDS, LISTINGS = 500, 100
SECONDS = 30.0  # for all of them
MEMORY = 300_000_000  # bytes, of this process and its children
FEW, MANY = 50, 5_000  # sources between which the cost of each stays the same
NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
TAG = '"1"'  # the version that half of the sources have already
ENTRIES, LENGTH = 30, 3_300  # posts of a feed, and characters of each
WORDS = ("build", "cache", "queue", "index", "shard", "latency", "<b>fast</b>", "&amp;", "tide")


@dataclass(frozen=True, kw_only=True)
class Polled:
    """What one poll of all sources took."""

    seconds: float
    memory: int


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return rows for the time, the memory, the cost of each source, and a bare loop."""
    part = 5 if quick else 1
    feeds, listings = FEEDS // part, LISTINGS // part
    with _served() as (url, server), Parser() as parser:
        polled = _poll(_sources(url, feeds=feeds, listings=listings), parser, server=server)
        ours = _poll(_sources(url, feeds=feeds), parser, server=server).seconds / feeds
        few, many = _costs(url, parser, server=server, most=MANY // (10 if quick else 1))
        bare = _bare(url, count=feeds // 10)
    allowed = SECONDS / part
    return [
        {
            "name": f"read, parse and save {FEEDS} feeds and {LISTINGS} pages, half of them new",
            "ratio": polled.seconds / allowed,
            "must": "<= 1",
            "reference": f"{allowed:g} s",
            "note": f"{feeds} feeds and {listings} pages in {polled.seconds:.1f} s",
        },
        {
            "name": "memory of all processes while they are read",
            "ratio": polled.memory / MEMORY,
            "must": "<= 1",
            "reference": f"{MEMORY / 1e6:.0f} MB",
            "note": f"{polled.memory / 1e6:.0f} MB at most",
        },
        {
            "name": f"cost of a source among {MANY:,}, against one among {FEW}",
            "ratio": many / few,
            "must": "<= 1.5",
            "reference": f"one of {FEW} small feeds",
            "note": f"{many * 1000:.1f} ms against {few * 1000:.1f} ms",
        },
        {
            "name": f"read {FEEDS} feeds, against a bare loop",
            "ratio": bare / ours,
            "must": ">= 3",
            "reference": "httpx and feedparser, one after the other",
            "note": f"{ours * 1000:.1f} ms each against {bare * 1000:.1f} ms",
        },
    ]


def _sources(url: str, *, feeds: int, listings: int = 0) -> list[SourceRow]:
    """Make the rows of the sources; every second one knows its page's version."""
    paths = [("feed", n) for n in range(feeds)] + [("listing", n) for n in range(listings)]
    return [
        SourceRow(
            name=f"{kind} {number}",
            url=f"{url}/{kind}/{number}",
            kind=kind,
            etag=TAG if number % 2 else None,
            added_at=NOW,
        )
        for kind, number in paths
    ]


def _costs(url: str, parser: Parser, *, server: int, most: int) -> tuple[float, float]:
    """Return the seconds for each source: of few, the median of five times, and of many."""

    def cost(count: int) -> float:
        rows = [
            SourceRow(name=str(number), url=f"{url}/small/{number}", added_at=NOW)
            for number in range(count)
        ]
        return _poll(rows, parser, server=server).seconds / count

    return statistics.median(cost(FEW) for _ in range(5)), cost(most)


def _poll(rows: list[SourceRow], parser: Parser, *, server: int) -> Polled:
    """Poll these sources into a database of their own."""
    memory: list[int] = []
    expected = {State.NEW_POSTS, State.UNCHANGED}

    def report(result: PollResult) -> None:
        assert result.state in expected, result  # noqa: S101 - else nothing was measured
        memory.append(_memory(but=server) if result.source_id % 10 == 0 else 0)

    with tempfile.TemporaryDirectory() as folder:
        database = _database(folder, rows)
        start = time.perf_counter()
        results = poll(
            database,
            client=Client(HttpSettings(allow_networks=("127.0.0.0/8",))),
            parser=parser,
            now=lambda: NOW,
            settings=PollSettings(gap_seconds=0, per_host=8),
            processes=Processes(Path(folder) / "processes"),
            due_only=True,
            report=report,
        )
        seconds = time.perf_counter() - start
        database.close()
    assert len(results) == len(memory) == len(rows)  # noqa: S101 - else nothing was measured
    return Polled(seconds=seconds, memory=max(memory))


def _database(folder: str, rows: list[SourceRow]) -> Database:
    database = Database(DatabaseSettings(url=f"sqlite:///{folder}/digest.sqlite3"))
    database.create()
    Base.metadata.create_all(database.engine)
    with database.begin() as session:
        session.add_all(rows)
    return database


def _memory(*, but: int) -> int:
    """Return what this process and its children, but one, hold in memory, in bytes."""
    me = str(Path("/proc/self").resolve().name)
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (entry / "status").open())
        except (OSError, ValueError):
            continue  # it ended meanwhile
        if (entry.name == me or status["PPid"].strip() == me) and entry.name != str(but):
            total += int(status.get("VmRSS", "0 kB").split()[0]) * 1024
    return total


def _bare(url: str, *, count: int) -> float:
    """Return the seconds for each feed of the loop that everybody writes first."""
    program = (
        "import sys, time, httpx, feedparser\n"
        "start = time.perf_counter()\n"
        "with httpx.Client(trust_env=False) as client:\n"
        "    for number in range(int(sys.argv[2])):\n"
        "        page = client.get(f'{sys.argv[1]}/feed/{number}')\n"
        "        assert feedparser.parse(page.content).entries\n"
        "print((time.perf_counter() - start) / int(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", program, url, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)


@contextmanager
def _served() -> Iterator[tuple[str, int]]:
    """Serve the pages from a process of its own; give its address and its number."""
    command = [sys.executable, "-u", __file__, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            assert server.stdout  # noqa: S101 - it was asked for
            yield f"http://127.0.0.1:{int(server.stdout.readline())}", server.pid
        finally:
            server.kill()


async def _serve() -> None:
    """Answer until killed; the port is said first."""
    for kind, count in (("feed", FEEDS), ("listing", LISTINGS)):
        for number in range(count):
            _page(kind, number)
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    try:
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            _, kind, number = lines[0].split()[1].split("/")
            fresh = f"if-none-match: {TAG}" in (line.lower() for line in lines)
            body = b"" if fresh else _page(kind, int(number))
            head = f"HTTP/1.1 {'304 Not Modified' if fresh else '200 OK'}\r\nETag: {TAG}\r\n"
            sort = "text/html" if kind == "listing" else "application/rss+xml"
            head += f"Content-Type: {sort}; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@functools.cache
def _page(kind: str, number: int) -> bytes:
    """Write a feed of about 100 KB, a small one, or a listing page."""
    chance = random.Random(f"{kind}{number}")
    home = f"https://{kind}-{number}.example"
    if kind == "listing":
        cards = "".join(_card(chance, home, entry) for entry in range(ENTRIES))
        text = f"<!doctype html><html lang=en><title>Blog</title><main>{cards}</main></html>"
    else:
        entries, length = (3, 200) if kind == "small" else (ENTRIES, LENGTH)
        items = "".join(_item(chance, home, entry, length=length) for entry in range(entries))
        head = f"<title>Blog {number}</title><link>{home}/</link>"
        text = f'<rss version="2.0"><channel>{head}{items}</channel></rss>'
    return text.encode()


def _item(chance: random.Random, home: str, entry: int, *, length: int) -> str:
    body = ""
    while len(body) < length:
        body += f"<p>{' '.join(chance.choices(WORDS, k=60))}</p>\n"
    link = f"{home}/{entry}"
    date = _dated(entry).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        f"<item><title>{_title(chance, entry)}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{date}</pubDate><description><![CDATA[{body}]]></description></item>"
    )


def _card(chance: random.Random, home: str, entry: int) -> str:
    words = " ".join(chance.choices(WORDS, k=40))
    date = _dated(entry).date()
    return (
        f'<article class="post"><h2><a href="{home}/posts/{entry}">{_title(chance, entry)}</a></h2>'
        f'<time datetime="{date}">{date:%d %b %Y}</time><p>{words}</p></article>\n'
    )


def _title(chance: random.Random, entry: int) -> str:
    return f"On the {' '.join(chance.choices(WORDS[:6], k=4))}, part {entry}"


def _dated(entry: int) -> datetime:
    return NOW - timedelta(hours=5 * entry)


if __name__ == "__main__":
    if "--serve" in sys.argv:
        asyncio.run(_serve())
    for row in measure(quick="--quick" in sys.argv):
        print(f"{row['ratio']:6.2f}  must be {row['must']}  {row['name']} ({row['note']})")
