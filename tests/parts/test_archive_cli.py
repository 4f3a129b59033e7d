"""`digest issue withdraw` and `digest archive export`, on an issue that was really sent."""

import json
from collections.abc import Callable

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom

Call = Callable[..., Ended]


def send(room: Newsroom, call: Call) -> None:
    call("source", "add", room.blog("cold-reads"), "--at", MONDAY, "--yes")
    call("subscriber", "add", "ada@example.org", *SAID_YES)
    call("run", "--at", FRIDAY)


def test_a_sent_issue_is_exported_withdrawn_and_exported_again(room: Newsroom, call: Call) -> None:
    send(room, call)
    folder = room.folder / "public"
    would = call("--json", "-n", "archive", "export", str(folder)).data
    assert not folder.exists()
    first = call("--json", "archive", "export", str(folder)).data
    assert first == would
    assert (first["issues"], first["removed"]) == (1, [])
    page = (folder / "1.html").read_text()
    assert "cold-reads" in page
    for path in folder.rglob("*"):
        assert path.is_dir() or "ada@example.org" not in path.read_text()

    reason = ("--reason", "The link was wrong.")
    assert "would withdraw" in call("-n", "issue", "withdraw", "1", *reason).out
    done = call("issue", "withdraw", "1", *reason)
    assert "issue 2026-W24 is withdrawn: The link was wrong." in done.out
    again = call("archive", "export", str(folder)).out
    assert again.startswith("1 issues in ")
    assert "The link was wrong." in (folder / "1.html").read_text()
    assert "cold-reads" not in (folder / "feed.xml").read_text()
    (listed,) = json.loads(call("--json", "issue", "list").out)
    assert listed["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("name", "says"),
    [("7", "there is no issue 7"), ("2026-W23", "has not been opened"), ("x", "names look like")],
)
def test_an_issue_that_does_not_exist_is_not_withdrawn(
    room: Newsroom, call: Call, name: str, says: str
) -> None:
    del room
    assert says in call("issue", "withdraw", name, "--reason", "Wrong.", code=2).err
