"""How long 200 feeds take to be read, parsed and saved, and what they leave in memory."""

import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.http import Client, HttpSettings
from digest.processes import Processes
from digest.sources.guard import Parser
from digest.sources.poll import PollResult, poll
from digest.sources.settings import PollSettings
from digest.sources.state import State
from digest.tables import Base, SourceRow
from storage.database import Database, DatabaseSettings

FEEDS = 200
SECONDS = 20.0  # for all of them
GROWTH = 20_000_000  # bytes, of this process, over the second half
NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
WORDS = ("build", "cache", "queue", "index", "shard", "latency", "<b>fast</b>", "&amp;", "tide")


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return one row for the time and one for the memory; ratios of what is allowed."""
    count = FEEDS // 4 if quick else FEEDS
    with tempfile.TemporaryDirectory() as folder:
        size = sum(_write(Path(folder), number) for number in range(count))
        with _served(folder) as url, Parser() as parser:
            database = _database(folder, url, count)
            seconds, memory = _poll(database, parser, count, folder=Path(folder))
            database.close()
    allowed = SECONDS * count / FEEDS
    growth = max(0, memory[-1] - memory[count // 2])
    note = f"{count} feeds of {size / count / 1000:.0f} KB in {seconds:.1f} s"
    return [
        {
            "name": "read, parse and save 200 feeds",
            "ratio": seconds / allowed,
            "must": "<= 1",
            "reference": f"{allowed:.0f} s",
            "note": note,
        },
        {
            "name": "memory that the second half of them adds",
            "ratio": growth / GROWTH,
            "must": "<= 1",
            "reference": f"{GROWTH / 1e6:.0f} MB",
            "note": f"{growth / 1e6:.1f} MB on top of {memory[count // 2] / 1e6:.0f} MB",
        },
    ]


def _poll(
    database: Database, parser: Parser, count: int, *, folder: Path
) -> tuple[float, list[int]]:
    """Poll all sources; return the seconds, and the memory after each feed."""
    memory: list[int] = []

    def report(result: PollResult) -> None:
        assert result.state is State.NEW_POSTS, result  # noqa: S101 - else nothing was measured
        memory.append(_memory())

    start = time.perf_counter()
    results = poll(
        database,
        client=Client(HttpSettings(allow_networks=("127.0.0.0/8",))),
        parser=parser,
        now=lambda: NOW,
        settings=PollSettings(gap_seconds=0, per_host=8),
        processes=Processes(folder / "processes"),
        due_only=True,
        report=report,
    )
    assert len(results) == count  # noqa: S101 - else nothing was measured
    return time.perf_counter() - start, memory


def _database(folder: str, url: str, count: int) -> Database:
    database = Database(DatabaseSettings(url=f"sqlite:///{folder}/digest.sqlite3"))
    Base.metadata.create_all(database.engine)
    with database.begin() as session:
        session.add_all(
            SourceRow(name=str(number), url=f"{url}/{number}.xml", added_at=NOW)
            for number in range(count)
        )
    return database


def _write(folder: Path, number: int) -> int:
    """Write a feed of 20 to 50 entries and 100 to 230 KB; return its size."""
    chance = random.Random(number)
    entries = chance.randint(20, 50)
    length = chance.randint(95_000, 210_000) // entries
    items = "".join(_item(chance, number, entry, length=length) for entry in range(entries))
    head = f"<title>Blog {number}</title><link>https://blog-{number}.example/</link>"
    text = f'<rss version="2.0"><channel>{head}{items}</channel></rss>'
    return (folder / f"{number}.xml").write_text(text)


def _item(chance: random.Random, number: int, entry: int, *, length: int) -> str:
    body = ""
    while len(body) < length:
        body += f"<p>{' '.join(chance.choices(WORDS, k=60))}</p>\n"
    link = f"https://blog-{number}.example/{entry}"
    date = (NOW - timedelta(hours=5 * entry)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        f"<item><title>Post {entry} of {number}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{date}</pubDate><description><![CDATA[{body}]]></description></item>"
    )


@contextmanager
def _served(folder: str) -> Iterator[str]:
    """Serve a folder from a process of its own; give its address."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(  # noqa: S603 - our own words
        [*command, "--directory", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout  # noqa: S101 - it was asked for
            port = re.search(r"port (\d+)", server.stdout.readline())
            assert port  # noqa: S101 - the first thing that http.server says
            yield f"http://127.0.0.1:{port[1]}"
        finally:
            server.kill()


def _memory() -> int:
    """Return what this process holds in memory, in bytes."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(f"{row['ratio']:6.2f}  must be {row['must']}  {row['name']} ({row['note']})")
