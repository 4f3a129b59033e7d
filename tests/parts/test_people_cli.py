"""The commands about lists and keys: import, export, erase, suppress, and keys for programs."""

import csv
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from console import app_of
from newsroom import FRIDAY, SAID_YES, Ended, Newsroom, newsroom
from people import ADA, NOW
from shapes import documented, fits

from digest import welcome
from subscribers.preferences import Preferences
from subscribers.signup import Application

LIST = (
    "email,status\nada@example.org,active\ninfo@gmial.com,active\nnobody,active\n"
    "left@example.org,unsubscribed\nnew@example.org,pending\n"
)
SOURCE = ("--source", "the old tool's list")

Call = Callable[..., Ended]


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        (room.folder / "list.csv").write_text(LIST, encoding="utf-8")
        yield room


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int = 0) -> Ended:
        return room.call(capsys, *arguments, "--at", FRIDAY, code=code)

    return call


def statuses(call: Call) -> dict[str, str]:
    listed: list[dict[str, Any]] = call("subscriber", "list", "--json").data
    return {one["email"]: one["status"] for one in listed}


def test_an_import_that_would_bring_nobody_names_no_next_command(
    room: Newsroom, call: Call
) -> None:
    (room.folder / "bad.csv").write_text("email\nnobody\nno one\n@\n", encoding="utf-8")
    told = call("subscriber", "import", "bad.csv", *SOURCE, code=None).out
    assert "Next:" not in told
    assert told.endswith("Nothing was written, and nobody in this file would be added\n")


def test_a_last_page_that_is_full_leads_to_no_empty_one(call: Call) -> None:
    people = ("ada@example.org", "bo@example.org")
    call("subscriber", "add", *people, *SAID_YES)
    assert "Next" not in call("subscriber", "list", "--limit", "2").out
    assert (
        "Next: digest subscriber list --after 1" in call("subscriber", "list", "--limit", "1").out
    )
    for address in people:
        call("suppression", "add", address)
    assert "Next" not in call("suppression", "list", "--limit", "2").out
    assert "Next: digest suppression list" in call("suppression", "list", "--limit", "1").out
    entries = len(call("log", "--json").data)
    assert "Next" not in call("log", "--most", str(entries)).out
    assert "Next: digest log --before" in call("log", "--most", str(entries - 1)).out


def test_an_import_says_what_would_be_and_then_does_it(room: Newsroom, call: Call) -> None:
    before = room.rows()
    said = call("subscriber", "import", "list.csv", *SOURCE, code=4).out
    assert "list.csv looks like generic (utf-8), 5 rows" in said
    assert "line 4: 'nobody' refused: this is not an email address" in said
    assert "info@ is read by more than one person; gmial.com may be a slip for gmail.com" in said
    assert "Nothing was written. Next: the same command with --apply" in said
    call("subscriber", "import", "list.csv", *SOURCE, "--apply", "-n", code=4)
    assert room.rows() == before
    done = call("subscriber", "import", "list.csv", *SOURCE, "--apply", "--json", code=4).data
    assert fits(done, documented("subscriber", "import"))
    assert [done[fate] for fate in ("accepted", "pending", "closed", "known", "refused")] == [
        2, 1, 1, 0, 1,
    ]  # fmt: skip
    assert statuses(call) == {
        "ada@example.org": "confirmed",
        "info@gmial.com": "confirmed",
        "left@example.org": "unsubscribed",
        "new@example.org": "pending",
    }
    assert room.rows()["notice"] == []


def test_each_row_stands_in_the_report(room: Newsroom, call: Call) -> None:
    call("subscriber", "import", "list.csv", "--report", "report.csv", code=4)
    text = (room.folder / "report.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["line"], row["outcome"]) for row in rows] == [
        ("2", "pending"), ("3", "pending"), ("4", "refused"), ("5", "closed"), ("6", "pending"),
    ]  # fmt: skip
    assert all(row["reason"] for row in rows)
    again = call("subscriber", "import", "list.csv", "--report", "report.csv", code=2)
    assert "is there already" in again.err


def test_the_pending_are_asked_only_when_the_operator_says_so(room: Newsroom, call: Call) -> None:
    call("subscriber", "import", "list.csv", "--apply", "--confirm", code=4)
    notices = room.rows()["notice"]
    assert len(notices) == 3
    assert set(statuses(call).values()) == {"pending", "unsubscribed"}


def test_who_does_not_confirm_is_deleted_by_the_run_a_week_later(
    room: Newsroom, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call("subscriber", "import", "list.csv", "--apply", "--confirm", code=4)
    call("subscriber", "add", "emmy@example.org", *SAID_YES)
    for day, left in (("2026-06-18", 5), ("2026-06-20", 2)):
        room.call(capsys, "run", "--at", f"{day}T07:00", code=None)
        assert len(statuses(call)) == left, day
    assert statuses(call) == {"left@example.org": "unsubscribed", "emmy@example.org": "confirmed"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("missing.csv",), "there is no such file"),
        (("list.csv", "--format", "teapot"), "it takes digest, mailchimp"),
        (("list.csv", "--format", "ghost"), "look like generic"),
        (("config.toml",), "no column holds email addresses"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    call: Call, arguments: tuple[str, ...], why: str
) -> None:
    ended = call("subscriber", "import", *arguments, "--apply", code=None)
    assert why in ended.err
    assert ended.code in {1, 2}
    assert ended.out == ""


def test_the_export_is_for_the_owner_only_and_comes_in_again(room: Newsroom, call: Call) -> None:
    call("subscriber", "add", "ada@example.org", *SAID_YES)
    first = call("subscriber", "export", "all.csv", "--json").data
    assert fits(first, documented("subscriber", "export"))
    assert stat.S_IMODE((room.folder / "all.csv").stat().st_mode) == 0o600
    assert call("subscriber", "export").out == (room.folder / "all.csv").read_text()
    assert '"email": "ada@example.org"' in call("subscriber", "export", "--jsonl").out
    assert "is there already" in call("subscriber", "export", "all.csv", code=2).err
    again = call("subscriber", "import", "all.csv", "--json").data
    assert (again["format"], again["known"]) == ("digest", 1)


def test_somebody_is_forgotten_and_does_not_come_back(room: Newsroom, call: Call) -> None:
    call("subscriber", "add", "ada@example.org", *SAID_YES)
    before = room.rows()
    assert "would be forgotten" in call("subscriber", "erase", "ada@example.org", "-n").out
    assert "add --yes" in call("subscriber", "erase", "ada@example.org", code=2).err
    assert room.rows() == before
    gone = call("subscriber", "erase", "ada@example.org", "--yes", "--json").data
    assert fits(gone, documented("subscriber", "erase"))
    assert gone["erased"]
    assert "ada@" not in str(room.rows())
    assert "forgotten before" in call("subscriber", "erase", "ADA@example.org", "--yes").out
    with closing(app_of(room)) as app, app.database.begin() as session:
        wanted = Application(mailbox=ADA.mailbox, wishes=Preferences(), source="sign-up form")
        welcome.apply(session, wanted, keyring=app.keyring, now=NOW)
    assert "is forgotten" in call("subscriber", "erase", "ada@example.org", "--yes").out
    assert "ada@" not in str(room.rows())
    refused = call("subscriber", "import", "list.csv", *SOURCE, "--apply", "--json", code=4).data
    assert "erasure" in refused["lines"][0]["reason"]
    assert "nobody is known" in call("subscriber", "erase", "x@example.org", "--yes", code=2).err


def test_a_mailbox_is_suppressed_and_let_go_again(call: Call) -> None:
    assert "would get no mail" in call("suppression", "add", "ada@example.org", "-n").out
    assert call("suppression", "list", "--json").data == []
    added = call("suppression", "add", "ada@example.org", "--detail", "by phone", "--json").data
    assert fits(added, documented("suppression", "add"))
    (one,) = call("suppression", "list", "--json").data
    assert fits([one], documented("suppression", "list"))
    assert (one["reason"], one["detail"]) == ("operator", "by phone")
    assert "as before" in call("suppression", "add", "ADA@example.org").out
    refused = call("subscriber", "add", "ada@example.org", *SAID_YES, code=1)
    assert "suppressed" in refused.out
    assert "add --yes" in call("suppression", "remove", "ada@example.org", code=2).err
    removed = call("suppression", "remove", "ada@example.org", "--yes", "--json").data
    assert fits(removed, documented("suppression", "remove"))
    assert "is not suppressed" in call("suppression", "remove", "ada@example.org").out
    call("subscriber", "add", "ada@example.org", *SAID_YES)


def test_a_key_is_shown_once_and_revoked(room: Newsroom, call: Call) -> None:
    assert "would make" in call("apikey", "add", "shop", "--scope", "read", "-n").out
    added = call("apikey", "add", "shop", "--scope", "write", "--scope", "read", "--json").data
    assert fits(added, documented("apikey", "add"))
    assert added["scopes"] == ["read", "write"]
    assert added["key"] not in str(room.rows())
    (listed,) = call("apikey", "list", "--json").data
    assert fits([listed], documented("apikey", "list"))
    assert "named 'shop' already" in call("apikey", "add", "shop", "--scope", "read", code=2).err
    assert "--scope takes signup" in call("apikey", "add", "x", "--scope", "all", code=2).err
    revoked = call("apikey", "revoke", "shop", "--json").data
    assert fits(revoked, documented("apikey", "revoke"))
    assert "revoked before" in call("apikey", "revoke", "shop").out
    assert "no key is named" in call("apikey", "revoke", "x", code=2).err
