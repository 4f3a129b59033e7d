"""One installation in a folder, with a blog and a mail host, driven by its command line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from internet import Internet
from mailhost import MailHost
from sqlalchemy import text
from typer.main import get_command

from digest.cli import main as cli
from digest.migrations import schema
from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings

MONDAY = "2026-06-01T12:00"  # the blog is found
FRIDAY = "2026-06-12T07:00"  # issue 2026-W24 is due
IMPATIENT = {"sources": "gap_seconds = 0.0\n", "delivery": "reconnect_seconds = 0.01\n"}
SAID_YES = ("--consent", "agreed at the meet-up")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What stdout says, as JSON; fails when it says anything else beside it."""
        return json.loads(self.out)


@dataclass
class Newsroom:
    """The folder, and two ways to give it a command: in this process, or in one of its own."""

    folder: Path
    database_url: str
    web: Internet
    mail: MailHost

    def configure(self, more: str = "", *, smtp_port: int | None = None) -> None:
        """Write the configuration; ``more`` is TOML that goes to its end."""
        (self.folder / "config.toml").write_text(
            f"""
[database]
url = "{self.database_url}"
[http]
allow_networks = ["127.0.0.0/8"]
[carrier.smtp]
host = "127.0.0.1"
port = {smtp_port or self.mail.port}
security = "none"
{_impatient(more)}
""",
            encoding="utf-8",
        )

    def call(
        self,
        capsys: pytest.CaptureFixture[str],
        *arguments: str,
        code: int | None = 0,
    ) -> Ended:
        """Run a command in this process; ``code`` is the exit code it must have, if any."""
        before = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["digest", *arguments])
            patch.setattr(cli, "app", built(cli.app))
            patch.chdir(self.folder)
            with pytest.raises(SystemExit) as end:
                cli.main()
        for number, handler in before.items():
            signal.signal(number, handler)
        out, err = capsys.readouterr()
        ended = Ended(code=int(end.value.code or 0), out=out, err=err)
        assert code is None or ended.code == code, ended
        return ended

    def start(self, *arguments: str, **settings: Any) -> subprocess.Popen[str]:
        """Start a command in a process of its own, and go on."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_")}
        return subprocess.Popen(
            [sys.executable, "-m", "digest", *arguments],
            cwd=self.folder,
            env=environment | settings.pop("env", {}),
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings,
        )

    def run(self, *arguments: str, code: int | None = 0, **settings: Any) -> Ended:
        """Run a command in a process of its own, to its end."""
        process = self.start(*arguments, **settings)
        out, err = process.communicate(timeout=120)
        ended = Ended(code=process.returncode, out=out, err=err)
        assert code is None or ended.code == code, ended
        return ended

    def blog(self, *titles: str, path: str = "/feed.xml", day: str = "Tue, 09 Jun 2026") -> str:
        """Publish a feed with these posts, dated on one day; return its address."""
        items = "".join(
            f"<item><title>{title}</title><link>https://plain.example/{title}</link>"
            f"<guid>{path}-{title}</guid><description>About {title}.</description>"
            f"<pubDate>{day} 10:00:00 +0000</pubDate></item>"
            for title in titles
        )
        return self.web.serve(
            path,
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>Plain</title>'
            f"<link>https://plain.example/</link>{items}</channel></rss>",
            headers={"Content-Type": "application/rss+xml"},
        )

    def rows(self) -> dict[str, list[Any]]:
        """Return every row of every table."""
        database = Database(DatabaseSettings(url=self.database_url))
        try:
            with database.read() as session:
                return {
                    name: sorted(repr(tuple(row)) for row in session.execute(table.select()))
                    for name, table in Base.metadata.tables.items()
                }
        finally:
            database.close()


def _impatient(more: str) -> str:
    """Return the configuration with the settings that keep no test waiting."""
    for section, setting in IMPATIENT.items():
        head = f"[{section}]\n"
        if setting.partition(" ")[0] not in more:
            more = more.replace(head, head + setting) if head in more else head + setting + more
    return more


@cache
def built(commands: typer.Typer) -> Callable[..., Any]:
    """Build the command line once: a process of its own would do so for each command."""
    return get_command(commands)


@contextmanager
def newsroom(folder: Path, *, database_url: str, **mail: Any) -> Iterator[Newsroom]:
    """Open a newsroom whose database has the tables; ``mail`` is for its mail host."""
    _stamp(database_url)
    with Internet() as web, MailHost(**mail) as host:
        home = folder / "newsroom"
        home.mkdir()
        room = Newsroom(folder=home, database_url=database_url, web=web, mail=host)
        room.configure()
        yield room


def _stamp(database_url: str) -> None:
    """Mark the tables that a fixture made as `digest migrate` would have."""
    database = Database(DatabaseSettings(url=database_url))
    with database.begin() as session:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        session.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.head()})
    database.close()
