"""The machine dies in the middle of a send, again and again, and is started again."""

import random
import signal
from collections import Counter
from pathlib import Path

import pytest
from installation import FEED, Installation, adopt
from internet import Internet
from mailhost import MailHost

from storage.database import Database

READERS = 150
KILLS = 6
AT = "2026-06-12T07:00"


@pytest.fixture
def installation(database: Database, database_url: str, tmp_path: Path):  # type: ignore[no-untyped-def] # noqa: ANN201 - a fixture that yields a pair
    """Give an installation with readers and a blog, and the mail host it sends to."""
    adopt(database)
    with Internet() as web, MailHost(delay=0.003) as mail:
        home = Installation(tmp_path / "digest", database_url=database_url, mail_port=mail.port)
        home.prepare(web.serve("/feed.xml", FEED), readers=READERS)
        yield home, mail


def kill_in_mid_send(home: Installation, mail: MailHost, *, after: int) -> None:
    """Start a run and kill it, as the machine would, once the host has taken more letters."""
    process = home.start("run", "--at", AT)
    enough = len(mail.accepted) + after
    assert mail.settles(lambda: len(mail.accepted) >= enough, seconds=60)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def test_killed_again_and_again_nobody_gets_two_and_nobody_is_lost(
    installation: tuple[Installation, MailHost],
) -> None:
    home, mail = installation
    chance = random.Random(24)
    for _ in range(KILLS):
        kill_in_mid_send(home, mail, after=chance.randrange(1, 25))
    home.call("run", "--at", AT, codes=(0, 4))
    copies = Counter(taken.recipient for taken in mail.accepted)
    assert max(copies.values()) == 1
    account = home.call("issue", "show", "2026-W24", "--json")
    missing = {f"reader{n}@example.org" for n in range(READERS)} - set(copies)
    assert all(address in account for address in missing)
    assert account.count('"state": "unknown"') <= 4 * KILLS
    home.call("audit")
    before = len(mail.accepted)
    assert "nothing to do" in home.call("run", "--at", AT, codes=(0, 4))
    assert len(mail.accepted) == before


def test_asked_to_stop_it_leaves_nothing_unknown(
    installation: tuple[Installation, MailHost],
) -> None:
    home, mail = installation
    process = home.start("run", "--at", AT)
    assert mail.settles(lambda: len(mail.accepted) >= 10, seconds=60)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 4, output
    assert 10 <= len(mail.accepted) < READERS
    assert "unknown" not in output
    home.call("run", "--at", AT)
    assert len(mail.accepted) == READERS
    assert len({taken.recipient for taken in mail.accepted}) == READERS
