"""How light a start is: what a process that does little may not load, and what it may weigh."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PARSERS = {"feedparser", "lxml", "nh3", "selectolax"}
STYLES = {"cssutils", "premailer", "requests"}
COMPARING = {"rapidfuzz", "w3lib"}
DRAWING = {"jinja2", "mjml"}
MACHINERY = {"asyncio", "babel", "httpx", "jinja2", "pydantic", "rapidfuzz", "sqlalchemy"}
TELL = "import atexit, json, sys; atexit.register(lambda: print(json.dumps([*sys.modules])))\n"
HELP = "sys.argv = ['digest', '--help']\nfrom digest.cli.main import main\nmain()"
SETTINGS = "from pathlib import Path\nfrom digest.config import load\nload(Path('config.toml'))"
# What every command loads, and each of the processes that send, before it does anything.
SENDER = f"""{SETTINGS}
import sqlite3
from digest import app, dispatch
from digest.cli import main
from digest.migrations import schema
"""
MEMORY = 85_000_000  # bytes: what is left of 100 MB is for the letters
STATUS = Path("/proc/self/status")
WEIGH = f"print(*[l for l in open('{STATUS}') if l.startswith('VmHWM')])"


def output_of(program: str) -> str:
    """Run a program in a process of its own; return the last line that it has printed."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("program", "kept_out"),
    [
        pytest.param(HELP, PARSERS | STYLES | MACHINERY, id="digest --help"),
        pytest.param(
            SETTINGS,
            PARSERS | STYLES | COMPARING | DRAWING | {"babel", "httpx", "sqlalchemy"},
            id="reading the settings",
        ),
        pytest.param(
            SENDER,
            PARSERS | STYLES | COMPARING | DRAWING | {"alembic", "httpx", "psycopg", "rich"},
            id="a command, and a process that sends",
        ),
        pytest.param("import digest.sources.child", PARSERS | {"sqlalchemy", "httpx"}, id="child"),
    ],
)
def test_a_start_loads_nothing_that_it_may_not_need(program: str, kept_out: set[str]) -> None:
    modules = set(json.loads(output_of(TELL + program)))
    assert "digest" in modules
    assert modules & kept_out == set()


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells what a process weighs")
def test_a_process_that_sends_leaves_room_for_its_letters() -> None:
    _, kilobytes, _ = output_of(f"{SENDER}{WEIGH}").split()
    assert int(kilobytes) * 1024 < MEMORY
