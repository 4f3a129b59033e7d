"""The doctor finds each thing that would stop a send, and sends nothing itself."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from newsroom import Ended, Newsroom, newsroom
from sqlalchemy import text

from digest.checks.resolver import SystemResolver
from storage.database import Database

Doctor = Callable[..., Ended]

WELL = """
[web]
public_url = "https://digest.good-news.org"
[sender]
from_address = "digest@good-news.org"
"""


RECORDS = {
    "good-news.org": ["v=spf1 include:mail.example.net -all"],
    "_dmarc.good-news.org": ["v=DMARC1; p=none"],
}


@pytest.fixture(autouse=True)
def _dns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer what DNS is asked, as it would for a domain that vouches for its mail."""
    monkeypatch.setattr(SystemResolver, "txt", lambda _, name: RECORDS.get(name, []))


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure(WELL)
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
    ended = doctor("--json")
    assert {one["level"] for one in ended.data} == {"ok"}
    for about in (
        "configuration", "database", "disk", "mail headers", "template", "clock", "carrier",
        "public address", "sender",
    ):  # fmt: skip
        assert any(about in one["sentence"] for one in ended.data), about
    assert all(line.startswith(" ✓ ") for line in doctor().out.splitlines())
    assert doctor("-q").out == ""
    assert room.rows() == before
    assert room.mail.accepted == []
    assert room.mail.said("MAIL") == []


def test_a_closed_port_is_an_error(room: Newsroom, doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    room.configure(WELL, smtp_port=closed)
    found = finding(doctor("--json", code=1), "carrier smtp")
    assert found["level"] == "error"
    assert "connect" in found["sentence"]
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
