"""The command line keeps its contract: outputs, options, exit codes, and quick help."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom
from typer.main import get_command

from digest.cli.help import EXIT_CODES, PANELS
from digest.cli.main import app, options_first
from digest.errors import UsageError
from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings

HEAVY = ("sqlalchemy", "fastapi", "mjml", "httpx", "pydantic", "feedparser", "rich", "uvicorn")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url, delay=0.02) as room:
        yield room


def test_help_shows_the_commands_by_kind_of_work_and_cuts_nothing_off(
    room: Newsroom, capsys: Capture
) -> None:
    text = room.call(capsys, "--help").out
    assert [line for line in text.splitlines() if line.endswith(":")] == [
        *(f"{panel}:" for panel in PANELS),
        "Options:",
    ]
    assert "New here? Run:  digest demo" in text
    assert "Exit codes: digest help exit-codes" in text
    assert "..." not in text.split("\n", 1)[1]
    assert max(len(line) for line in text.splitlines()) <= 80


def test_every_command_stands_in_one_panel() -> None:
    named = [name for names in PANELS.values() for name in names]
    commands = get_command(app).commands  # type: ignore[attr-defined] # it is a group
    assert sorted(named) == sorted(name for name, c in commands.items() if not c.hidden)


def test_help_is_quick_because_nothing_heavy_is_imported(room: Newsroom) -> None:
    program = (
        "import sys, atexit; sys.argv = ['digest', '--help'];"
        f"atexit.register(lambda: print([n for n in {HEAVY!r} if n in sys.modules]));"
        "from digest.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert room.run("--help").out == done.stdout.rpartition("[]")[0]


def test_help_explains_the_exit_codes_and_any_command(room: Newsroom, capsys: Capture) -> None:
    codes = room.call(capsys, "help", "exit-codes").out
    assert [int(line.split()[0]) for line in codes.splitlines()] == list(EXIT_CODES)
    assert room.call(capsys, "help", "issue", "show").out.startswith("Usage: digest issue show")
    assert room.call(capsys, "help").out == room.call(capsys, "--help").out
    assert "No such command" in room.call(capsys, "help", "teapot", code=2).err


def test_version_says_which(room: Newsroom, capsys: Capture) -> None:
    assert re.fullmatch(r"digest \d+\.\d+\.\d+\n", room.call(capsys, "--version").out)


@pytest.mark.parametrize(("wrong", "near"), [("fetsh", "fetch"), ("subscribers", "subscriber")])
def test_an_unknown_command_suggests_the_nearest(
    room: Newsroom, capsys: Capture, wrong: str, near: str
) -> None:
    ended = room.call(capsys, wrong, code=2)
    assert f"Did you mean '{near}'" in ended.err
    assert ended.out == ""


def test_options_may_stand_anywhere() -> None:
    assert options_first(["send", "2026-W24", "--json", "--at=2026-06-12", "-c", "x.toml"]) == [
        "--json", "--at=2026-06-12", "-c", "x.toml", "send", "2026-W24",
    ]  # fmt: skip
    assert options_first(["why", "--", "--json"]) == ["why", "--", "--json"]
    with pytest.raises(UsageError, match="--at needs a value"):
        options_first(["run", "--at"])


def test_the_place_of_an_option_changes_nothing(room: Newsroom, capsys: Capture) -> None:
    before = room.call(capsys, "--json", "--at", FRIDAY, "check").out
    assert room.call(capsys, "check", "--json", "--at", FRIDAY).out == before
    assert room.call(capsys, "check", f"--at={FRIDAY}", "--json").out == before


def test_an_unforeseen_error_shows_its_trace_with_v_only(room: Newsroom, capsys: Capture) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digest.questions.all_editions", lambda _app: 1 / 0)
        ended = room.call(capsys, "issue", "list", code=1)
        assert ended.err == (
            "digest: unexpected: ZeroDivisionError: division by zero; run it again with -v\n"
        )
        with pytest.raises(ZeroDivisionError):
            room.call(capsys, "issue", "list", "-v")


def test_a_database_that_does_not_answer_is_one_sentence(room: Newsroom, capsys: Capture) -> None:
    room.database_url = "postgresql+psycopg://digest:canary@127.0.0.1:1/none"
    room.configure()
    ended = room.call(capsys, "issue", "list", code=1)
    assert "does not answer" in ended.err
    assert "canary" not in ended.err
    assert "Traceback" not in ended.err


def test_a_command_in_the_wrong_folder_makes_no_database(room: Newsroom, capsys: Capture) -> None:
    room.database_url = "sqlite:///nowhere/digest.sqlite3"
    room.configure()
    for arguments in (("today",), ("run", "-q"), ("doctor",), ("migrate", "--dry-run")):
        told = room.call(capsys, *arguments, code=None)
        if arguments[0] != "migrate":
            assert told.code == 1
            assert "there is no database at" in told.out + told.err
            assert "'digest migrate' makes a new one" in told.out + told.err
        assert not (room.folder / "nowhere").exists(), arguments
    room.call(capsys, "migrate")
    assert (room.folder / "nowhere" / "digest.sqlite3").stat().st_mode & 0o777 == 0o600
    assert "Next: issue 1" in room.call(capsys, "today").out


def test_no_configuration_says_where_it_was_looked_for(room: Newsroom, capsys: Capture) -> None:
    (room.folder / "config.toml").unlink()
    ended = room.call(capsys, "run", code=2)
    assert "digest init" in ended.err
    assert "gone.toml" in room.call(capsys, "run", "-c", "gone.toml", code=2).err


def test_an_output_without_the_marks_still_shows_the_words(room: Newsroom) -> None:
    ended = room.run("doctor", env={"PYTHONIOENCODING": "ascii"})
    assert "? mail headers: this Python writes them safely" in ended.out


def test_init_makes_a_newsletter_that_runs(room: Newsroom, capsys: Capture) -> None:
    home = room.folder / "mine"
    told = room.call(capsys, "init", "mine", "--dry-run", "--json").data
    assert told == {"would_write": "mine/config.toml"}
    assert not home.exists()
    assert "Next: cd mine, edit config.toml" in room.call(capsys, "init", "mine").out
    assert "already at" in room.call(capsys, "migrate", "-c", "mine/config.toml").out
    assert "nothing to do" in room.call(capsys, "run", "-c", "mine/config.toml").out
    before = (home / "config.toml").read_bytes()
    assert "is there already" in room.call(capsys, "init", "mine", code=2).err
    assert (home / "config.toml").read_bytes() == before
    (room.folder / "config.toml").unlink()
    assert "Next: edit config.toml, then digest source add" in room.call(capsys, "init").out


def test_a_newsletter_without_anything_is_told_to_add_a_source_and_then_a_reader(
    room: Newsroom, capsys: Capture
) -> None:
    source, reader = "digest source add https://", "digest subscriber add "
    for command in (("today",), ("fetch",), ("issue", "show"), ("check",)):
        assert f"Next: {source}" in room.call(capsys, *command).out
    assert f"next: {source}" in room.call(capsys, "preview", "--no-open", code=3).err
    assert f"sources: there are none\n     {source}" in room.call(capsys, "doctor", code=None).out
    room.call(capsys, "source", "add", room.blog("one"))
    assert f"Next: {reader}" in room.call(capsys, "today").out
    assert f"readers: there are none\n     {reader}" in room.call(capsys, "doctor", code=None).out
    room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES)
    assert "Next: digest fetch" in room.call(capsys, "today").out


@pytest.mark.parametrize(("answer", "left"), [("n", 1), ("y", 0)])
def test_on_a_terminal_a_person_is_asked_before_somebody_is_removed(
    room: Newsroom, capsys: Capture, answer: str, left: int
) -> None:
    room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES)
    master, slave = pty.openpty()
    process = room.start("subscriber", "remove", "ada@example.org", stdin=slave)
    os.write(master, f"{answer}\n".encode())
    out, err = process.communicate(timeout=60)
    os.close(slave)
    os.close(master)
    assert process.returncode == 0
    assert "Remove ada@example.org?" in err
    assert ("is removed" in out) == (left == 0)
    (ada,) = room.call(capsys, "subscriber", "list", "--json").data
    assert (ada["status"] == "confirmed") == (left == 1)


def test_a_reader_of_our_output_may_leave(room: Newsroom) -> None:
    read, write = os.pipe()
    os.close(read)
    process = room.start("issue", "list", stdout=write, env={"PYTHONUNBUFFERED": ""})
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == ""


def test_ctrl_c_finishes_the_letter_in_hand_and_exits_130(room: Newsroom, capsys: Capture) -> None:
    room.configure("[delivery]\nconnections = 2\nbatch = 5\n")
    _fill(room, capsys, readers=60)
    room.mail.delay = 0.3  # between accepting a letter and saying so: it is in hand
    process = room.start("run", "--at", FRIDAY)
    assert room.mail.settles(lambda: len(room.mail.accepted) >= 4, seconds=60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    room.mail.delay = 0
    assert (process.returncode, out) == (130, ""), err
    assert err == "digest: interrupted; what was done is saved, run the command again to go on\n"
    assert 4 <= len(room.mail.accepted) < 60
    again = room.call(capsys, "run", "--at", FRIDAY)
    assert "60 accepted" in again.out
    assert len(room.mail.accepted) == 60


def test_on_a_terminal_long_work_shows_a_bar_on_stderr(room: Newsroom, capsys: Capture) -> None:
    room.configure("[delivery]\nconnections = 1\n")
    _fill(room, capsys, readers=1)
    out, screen = on_a_terminal(room, "fetch", "--at", FRIDAY)
    assert "━" in screen
    assert "1/1" in screen
    assert "━" not in out
    _, screen = on_a_terminal(room, "subscriber", "add", *people(29), *SAID_YES)
    assert "29/29" in screen
    room.call(capsys, "issue", "approve", "2026-W24", "--at", FRIDAY)
    out, screen = on_a_terminal(room, "send", "2026-W24", "--at", FRIDAY)
    assert "/29" in screen  # 29 candidates: one of them was on the list before
    assert "29 accepted" in out


@pytest.mark.parametrize(
    ("arguments", "term"), [(("fetch",), "dumb"), (("fetch", "-q"), "xterm-256color")]
)
def test_a_dumb_terminal_and_quiet_show_no_bar(
    room: Newsroom, capsys: Capture, arguments: tuple[str, ...], term: str
) -> None:
    _fill(room, capsys, readers=1)
    _, screen = on_a_terminal(room, *arguments, "--at", FRIDAY, term=term)
    assert screen == ""


def test_without_a_terminal_there_is_no_bar_and_no_colour(room: Newsroom, capsys: Capture) -> None:
    _fill(room, capsys, readers=1)
    ended = room.run("run", "--at", FRIDAY, env={"TERM": "xterm-256color"})
    assert ended.err == ""
    assert "\x1b" not in ended.out


def people(count: int) -> list[str]:
    return [f"reader{number}@example.org" for number in range(count)]


def _fill(room: Newsroom, capsys: Capture, *, readers: int) -> None:
    room.call(capsys, "source", "add", room.blog("cold-reads"), "--at", MONDAY)
    room.call(capsys, "subscriber", "add", *people(readers), *SAID_YES)


def on_a_terminal(room: Newsroom, *arguments: str, term: str = "xterm-256color") -> tuple[str, str]:
    """Run a command whose stderr is a terminal; return its stdout and what the screen got."""
    master, slave = pty.openpty()
    process = room.start(*arguments, stderr=slave, env={"TERM": term, "COLUMNS": "80"})
    os.close(slave)
    screen = b""
    with contextlib.suppress(OSError):  # Linux ends a terminal without writers so
        while piece := os.read(master, 65536):
            screen += piece
    os.close(master)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, screen.decode()
    return out, screen.decode()
