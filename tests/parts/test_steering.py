"""A person's hand on a running issue, by the command line, with a server that breaks off."""

from collections.abc import Callable

import pytest
from mailhost import close
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom

Call = Callable[..., Ended]
READERS = [f"reader{number}@example.org" for number in range(5)]


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int = 0, at: str = FRIDAY) -> Ended:
        return room.call(capsys, *arguments, "--at", at, code=code)

    call("source", "add", room.blog("cold-reads"), at=MONDAY)
    call("fetch", at="2026-06-11T12:00")
    call("subscriber", "add", *READERS, *SAID_YES, at=MONDAY)
    return call


def test_the_unknown_are_resolved_by_a_person_and_who_did_is_noted(
    room: Newsroom, call: Call
) -> None:
    room.mail.script = {"taken": [close()]}
    call("run", code=4)
    before = len(room.mail.accepted)
    assert "1 letters" in call("resolve", "--dry-run").out
    call("resolve", code=2)  # sent or resend?
    assert "1 letters" in call("resolve", "--as", "sent").out
    assert "unknown" not in call("issue", "show").out
    call("resolve", "--as", "sent", code=2)  # none is left
    call("audit")
    assert len(room.mail.accepted) == before


def test_what_is_to_be_sent_again_goes_out_once_more(room: Newsroom, call: Call) -> None:
    room.mail.script = {"dot": [close()]}  # not taken, but nobody can know
    call("run", code=4)
    before = len(room.mail.accepted)
    call("resolve", "--as", "resend")
    call("send")
    assert len(room.mail.accepted) == before + 1
    call("audit")


def test_the_rest_of_an_issue_is_cancelled_by_its_number_only(room: Newsroom, call: Call) -> None:
    room.mail.script = {"rcpt": [close()] * 50}  # nobody can be served today
    call("run", code=4)
    refused = call("issue", "cancel", code=2)
    assert "have not been served" in refused.err
    waiting = refused.err.split("--people ")[1].split()[0]
    call("issue", "pause")
    assert f"{waiting} people were not served" in call("issue", "cancel", "--people", waiting).out
    call("audit")
    assert "nothing to do" in call("run").out
