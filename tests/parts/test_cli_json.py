"""What every command prints with --json has the shape that its help documents."""

from collections.abc import Callable

import pytest
from mailhost import say
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom
from shapes import documented, fits

W24 = "2026-W24"

Call = Callable[..., Ended]


@pytest.fixture
def week(room: Newsroom, call: Call) -> Newsroom:
    """Give a newsroom that has read a blog with two posts, and has three readers."""
    call("source", "add", room.blog("cold-reads", "warm-reads"), "--name", "plain", "--at", MONDAY)
    call("subscriber", "add", *readers("ada", "grace", "emmy"), *SAID_YES, "--at", MONDAY)
    call("fetch", "--at", "2026-06-11T12:00")
    return room


def readers(*names: str) -> list[str]:
    return [f"{name}@example.org" for name in names]


def test_a_shape_tells_what_fits() -> None:
    shape = documented("subscriber", "show")
    issue = {"period": "2026-W24", "state": "sent", "reason": None}
    person = {"email": "a", "status": "b", "language": "en", "consent": [], "issues": [issue]}
    person["returned"] = []
    assert fits(person, shape)
    assert not fits(person | {"issues": [issue | {"period": None}]}, shape)
    assert not fits({"email": "a"}, shape)
    assert not fits(person | {"issues": {}}, shape)


def test_before_the_freeze_every_command_prints_the_json_it_documents(
    week: Newsroom, call: Call
) -> None:
    url = week.web.url("/feed.xml")
    for path, arguments in (
        (("fetch",), ("--at", FRIDAY)),
        (("source", "list"), ()),
        (("source", "add"), (week.blog("other", path="/other.xml"),)),
        (("source", "pause"), ("plain",)),
        (("source", "pause"), ("plain", "--resume")),
        (("source", "test"), (url,)),
        (("subscriber", "add"), ("hedy@example.org", "no address", *SAID_YES)),
        (("subscriber", "list"), ()),
        (("subscriber", "show"), ("ada@example.org",)),
        (("subscriber", "remove"), ("hedy@example.org", "--yes")),
        (("issue", "show"), ("--at", FRIDAY)),
        (("check",), ("--at", FRIDAY)),
        (("preview",), ("--at", FRIDAY, "--no-open", "--out", "preview.html")),
        (("why",), ("https://plain.example/cold-reads", "--at", FRIDAY)),
        (("why",), ("ada@example.org", "--at", FRIDAY)),
        (("issue", "hold"), ("--at", FRIDAY)),
        (("issue", "approve"), ("--at", FRIDAY)),
        (("issue", "list"), ()),
        (("user", "add"), ("grace", "--link")),
        (("user", "role"), ("grace", "viewer")),
        (("user", "link"), ("grace",)),
        (("user", "reset-factor"), ("grace",)),
        (("user", "disable"), ("grace",)),
        (("user", "enable"), ("grace",)),
        (("user", "list"), ()),
        (("log",), ()),
        (("today",), ("--at", FRIDAY)),
        (("deliverability",), ()),
        (("migrate",), ()),
        (("audit",), ()),
    ):
        expected = 4 if path == ("subscriber", "add") else 0
        ended = call(*path, *arguments, "--json", code=expected)
        assert fits(ended.data, documented(*path)), (path, ended.data)
        assert ended.data or path == ("audit",)
    assert "<h" in (week.folder / "preview.html").read_text(encoding="utf-8")
    assert "cold-reads" in (week.folder / "preview.txt").read_text(encoding="utf-8")


def test_after_the_freeze_the_json_tells_who_was_not_served(week: Newsroom, call: Call) -> None:
    week.mail.script = {"rcpt": [say("550 5.1.1 nobody here")]}
    ended = call("run", "--at", FRIDAY, "--json")
    assert fits(ended.data, documented("run"))
    assert ended.data["sent"][0]["counts"] == {"accepted": 2, "rejected": 1}
    shown = call("issue", "show", W24, "--json").data
    assert fits(shown, documented("issue", "show", number=1))
    assert [one["code"] for one in shown["unserved"]] == ["550 5.1.1"]
    assert shown["posts"] == ["cold-reads", "warm-reads"]
    result = call("issue", "result", W24, "--json").data
    assert fits(result, documented("issue", "result"))
    assert [one["said"] for one in result["missed"]] == ["550 5.1.1 nobody here"]
    assert fits(call("issue", "list", "--json").data, documented("issue", "list"))
    person = call("subscriber", "show", shown["unserved"][0]["email"], "--json").data
    assert fits(person, documented("subscriber", "show"))
    assert person["issues"] == [
        {"period": W24, "state": "rejected", "reason": "550 5.1.1 nobody here"}
    ]


def test_json_of_rehearsals_has_its_documented_shape(week: Newsroom, call: Call) -> None:
    rehearsal = documented("send")
    now = ("send", "--now", "--people", "3")
    for arguments in (("run",), now):
        assert fits(call(*arguments, "--dry-run", "--at", FRIDAY, "--json").data, rehearsal)
    listed = call(*now, "-n", "--list", "--at", FRIDAY, "--json").data
    assert {one["email"] for one in listed.pop("list")} == set(readers("ada", "grace", "emmy"))
    assert fits(listed, rehearsal)
    held = call("issue", "hold", "-n", "--at", FRIDAY, "--json").data
    assert fits(held, documented("issue", "hold", number=1))
    approval = call("issue", "approve", "-n", "--at", FRIDAY, "--json").data
    assert approval == {"would_approve": W24, "findings": []}
    call("run", "--at", FRIDAY)
    assert fits(call("send", W24, "-n", "--at", FRIDAY, "--json").data, rehearsal)
    assert week.mail.connections > 0
