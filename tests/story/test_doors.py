"""The two doors: a service that rings and any number of cron runs make one issue together."""

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom

READERS = 60
RUNS = 3


@pytest.fixture
def room(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url, delay=0.005) as room:
        room.configure("[web]\nport = 0\n[delivery]\nconnections = 2\nbatch = 5\n")
        feed = room.blog("cold-reads", "warm-reads")
        room.call(capsys, "source", "add", feed, "--at", MONDAY)
        people = [f"reader{number}@example.org" for number in range(READERS)]
        room.call(capsys, "subscriber", "add", *people, *SAID_YES, "--at", MONDAY)
        yield room


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    return process.communicate(timeout=120)


def test_through_both_doors_at_once_comes_one_issue_and_one_letter_each(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    service = room.start("serve", "--at", FRIDAY)
    runs = [room.start("run", "--at", FRIDAY) for _ in range(RUNS)]
    told = [end(run) for run in runs]
    assert room.mail.settles(lambda: len(room.mail.accepted) == READERS, seconds=90), told
    service.send_signal(signal.SIGTERM)
    end(service)
    assert [run.returncode for run in runs] == [0] * RUNS, "\n".join(err for _, err in told)
    assert service.returncode == 0
    for out, err in told:
        assert "send  " in out or "in progress elsewhere" in out or "nothing to do" in out, out
        assert "Traceback" not in err
    copies = Counter(taken.recipient for taken in room.mail.accepted)
    assert set(copies.values()) == {1}
    assert len(copies) == READERS
    (edition,) = room.call(capsys, "issue", "list", "--json").data
    assert (edition["number"], edition["candidates"]) == (1, READERS)
    room.call(capsys, "audit")
    again = room.call(capsys, "run", "--at", FRIDAY).out
    assert "nothing to do: issue 1 (2026-W24) is sent" in again
    assert len(room.mail.accepted) == READERS


def test_a_run_beside_one_that_sends_says_so_and_exits_0(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    room.configure("[delivery]\nconnections = 1\nbatch = 100\n")  # one claim takes them all
    first = room.start("run", "--at", FRIDAY)
    assert room.mail.settles(lambda: len(room.mail.accepted) >= 2, seconds=60)
    room.mail.delay = 1  # the first must not have ended before the other one looks
    beside = room.call(capsys, "run", "--at", FRIDAY)
    room.mail.delay = 0
    assert "in progress elsewhere: another process has" in beside.out
    out, _ = end(first)
    assert first.returncode == 0, out
    assert len(room.mail.accepted) == READERS
