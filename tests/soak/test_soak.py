"""The long proofs: `make soak`. The same promises as in `story`, with many more deaths."""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from installation import FEED, Installation, adopt
from internet import Internet
from mailhost import MailHost
from sqlalchemy import func, select

from digest.tables import EditionRow
from storage.database import Database

pytestmark = pytest.mark.soak

READERS = 1_000
KILLS = 50  # on each database, with one sender and with four: 200 in all
ROUNDS, STARTERS, READERS_OF_MANY = 50, 8, 12
FIRST = datetime(2026, 6, 12, 7, tzinfo=UTC)
AT = "2026-06-12T07:00"
CONNECTIONS, IN_FLIGHT = 4, 4
OFFERS = ("SIZE 100000000", "8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING")


@contextmanager
def installed(
    database: Database, url: str, folder: Path, *, processes: int, readers: int
) -> Iterator[tuple[Installation, MailHost, Internet]]:
    """Give an installation with a blog and readers, and the mail host it sends to."""
    adopt(database)
    delivery = f"connections = {CONNECTIONS}"
    if processes > 1:
        delivery += f"\n[engine]\nprocesses = {processes}\nper_process = 100"
    with Internet() as web, MailHost(delay=0.002, offers=OFFERS) as mail:
        home = Installation(folder, database_url=url, mail_port=mail.port, delivery=delivery)
        home.prepare(web.serve("/feed.xml", FEED), readers=readers)
        yield home, mail, web


def kill_after(home: Installation, mail: MailHost, *, letters: int) -> None:
    """Start a run, and kill all of it once the host has taken so many more letters."""
    process = home.start("run", "--at", AT)
    enough = len(mail.accepted) + letters
    while process.poll() is None and len(mail.accepted) < enough:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.timeout(3600)
def test_killed_fifty_times_nobody_gets_two_and_nobody_is_lost(
    database: Database, database_url: str, tmp_path: Path, processes: int
) -> None:
    chance = random.Random(1869)
    with installed(
        database, database_url, tmp_path / "digest", processes=processes, readers=READERS
    ) as (home, mail, _):
        for _ in range(KILLS):
            kill_after(home, mail, letters=chance.randrange(1, READERS // KILLS))
            home.run("audit")
        while "nothing to do" not in home.run("run", "--at", AT, codes=(0, 4)):
            time.sleep(1)  # children of a killed parent finish the letter in hand
        copies = Counter(taken.recipient for taken in mail.accepted)
        account = home.run("issue", "show", "2026-W24", "--json")
        home.run("audit")
    missing = {f"reader{n}@example.org" for n in range(READERS)} - set(copies)
    unknown = account.count('"state": "unknown"')
    assert max(copies.values()) == 1
    assert all(address in account for address in missing)
    assert len(missing) <= unknown <= KILLS * CONNECTIONS * IN_FLIGHT


@pytest.mark.timeout(3600)
def test_eight_starters_at_once_send_one_issue_and_one_letter_each(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with installed(
        database, database_url, tmp_path / "digest", processes=1, readers=READERS_OF_MANY
    ) as (home, mail, web):
        for week in range(ROUNDS):
            friday = FIRST + timedelta(weeks=week)
            web.serve("/feed.xml", feed(friday - timedelta(days=2)))
            mail.accepted.clear()
            starters = [
                home.start("run", "--at", f"{friday:%Y-%m-%dT%H:%M}") for _ in range(STARTERS)
            ]
            outputs = [starter.communicate(timeout=300)[0] for starter in starters]
            assert all(starter.returncode in {0, 4} for starter in starters), outputs
            copies = Counter(taken.recipient for taken in mail.accepted)
            assert (len(copies), set(copies.values())) == (READERS_OF_MANY, {1}), outputs
        home.run("audit")
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(EditionRow)) == ROUNDS


def feed(day: datetime) -> bytes:
    """Return a feed with one post of that day."""
    return FEED.replace(b"Tue, 09 Jun 2026 10:00:00 +0000", format_datetime(day).encode()).replace(
        b"cold", f"{day:%j}".encode()
    )
