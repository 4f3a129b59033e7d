"""One installation in a folder of its own, driven by its command line as an operator would."""

import io
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from newsroom import built
from sqlalchemy import text

from digest.cli import main as cli
from digest.migrations import schema
from storage.database import Database

DELIVERY = "connections = 4\nbatch = 20"
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Plain</title>
<link>https://plain.example/</link><item><title>Counting cold reads</title>
<link>https://plain.example/cold</link><guid>1</guid><description>Half of them.</description>
<pubDate>Tue, 09 Jun 2026 10:00:00 +0000</pubDate></item></channel></rss>"""


class Installation:
    """One newsletter in a folder, driven by its command line as an operator would."""

    def __init__(
        self, folder: Path, *, database_url: str, mail_port: int, delivery: str = DELIVERY
    ) -> None:
        self.folder = folder
        folder.mkdir()
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
{delivery}
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

    def call(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command in this process, where it is of no matter; return all it printed."""
        before = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["digest", *arguments])
            patch.setattr(cli, "app", built(cli.app))
            patch.chdir(self.folder)
            with (
                redirect_stdout(printed),
                redirect_stderr(printed),
                pytest.raises(SystemExit) as end,
            ):
                cli.main()
        for number, handler in before.items():
            signal.signal(number, handler)
        assert int(end.value.code or 0) in codes, printed.getvalue()
        return printed.getvalue()

    def prepare(self, feed_url: str, *, readers: int) -> None:
        """Follow a blog, and put so many readers on the list."""
        self.call("source", "add", feed_url, "--at", "2026-06-01T12:00")
        addresses = "".join(f"reader{n}@example.org\n" for n in range(readers))
        (self.folder / "readers.txt").write_text(addresses, encoding="utf-8")
        self.call("subscriber", "add", "--file", "readers.txt", "--consent", "a test")


def adopt(database: Database) -> None:
    """Stamp the tables that the fixture made, as if `digest migrate` had made them."""
    with database.begin() as session:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        session.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.head()})
