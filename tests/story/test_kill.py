"""The machine dies in the middle of a send, again and again, and is started again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from internet import Internet
from mailhost import MailHost
from sqlalchemy import text

from digest.migrations import schema
from storage.database import Database

READERS = 150
KILLS = 6
AT = "2026-06-12T07:00"
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Plain</title>
<link>https://plain.example/</link><item><title>Counting cold reads</title>
<link>https://plain.example/cold</link><guid>1</guid><description>Half of them.</description>
<pubDate>Tue, 09 Jun 2026 10:00:00 +0000</pubDate></item></channel></rss>"""


class Installation:
    """One newsletter in a folder, driven by its command line as an operator would."""

    def __init__(self, folder: Path, *, database_url: str, mail_port: int) -> None:
        self.folder = folder
        (folder / "config.toml").write_text(
            f"""
[database]
url = "{database_url}"
[http]
allow_networks = ["127.0.0.0/8"]
[carrier.smtp]
host = "127.0.0.1"
port = {mail_port}
security = "none"
[delivery]
connections = 4
batch = 20
""",
            encoding="utf-8",
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and go on."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_")}
        return subprocess.Popen(
            [sys.executable, "-m", "digest", *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command to its end; return all it printed."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        assert process.returncode in codes, output
        return output


@pytest.fixture
def installation(database: Database, database_url: str, tmp_path: Path):  # type: ignore[no-untyped-def] # noqa: ANN201 - a fixture that yields a pair
    """Give an installation with readers and a blog, and the mail host it sends to."""
    _adopt(database)
    with Internet() as web, MailHost(delay=0.003) as mail:
        folder = tmp_path / "digest"
        folder.mkdir()
        home = Installation(folder, database_url=database_url, mail_port=mail.port)
        home.run("source", "add", web.serve("/feed.xml", FEED), "--at", "2026-06-01T12:00")
        addresses = folder / "readers.txt"
        addresses.write_text("".join(f"reader{n}@example.org\n" for n in range(READERS)))
        home.run("subscriber", "add", "--file", "readers.txt", "--consent", "a test")
        yield home, mail


def _adopt(database: Database) -> None:
    """Stamp the tables that the fixture made, as if `digest migrate` had made them."""
    with database.begin() as session:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        session.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.head()})


def kill_in_mid_send(home: Installation, mail: MailHost, *, after: int) -> None:
    """Start a run and kill it, as the machine would, once the host has taken more letters."""
    process = home.start("run", "--at", AT)
    enough = len(mail.accepted) + after
    while process.poll() is None and len(mail.accepted) < enough:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def test_killed_again_and_again_nobody_gets_two_and_nobody_is_lost(
    installation: tuple[Installation, MailHost],
) -> None:
    home, mail = installation
    chance = random.Random(24)
    for _ in range(KILLS):
        kill_in_mid_send(home, mail, after=chance.randrange(1, 25))
    home.run("run", "--at", AT, codes=(0, 4))
    copies = Counter(taken.recipient for taken in mail.accepted)
    assert max(copies.values()) == 1
    account = home.run("issue", "show", "2026-W24", "--json")
    missing = {f"reader{n}@example.org" for n in range(READERS)} - set(copies)
    assert all(address in account for address in missing)
    assert account.count('"state": "unknown"') <= 4 * KILLS
    home.run("audit")
    before = len(mail.accepted)
    assert "nothing to do" in home.run("run", "--at", AT, codes=(0, 4))
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
    home.run("run", "--at", AT)
    assert len(mail.accepted) == READERS
    assert len({taken.recipient for taken in mail.accepted}) == READERS
