"""Many processes on one machine: they share an issue, and none is ever left behind."""

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom

from digest.delivery.local import shares_of

Capture = pytest.CaptureFixture[str]

READERS = 120
WINDOW = 4
DELIVERY = f"""
[delivery]
connections = 2
window = {WINDOW}
batch = 8
[engine]
processes = 2
per_process = 50
"""


@dataclass
class Hall:
    """A newsroom that shares its issue between two senders, and holds them in mid-send."""

    room: Newsroom
    capsys: Capture
    gate: threading.Event = field(default_factory=threading.Event)
    runs: list[subprocess.Popen[str]] = field(default_factory=list)

    def begin(self) -> tuple[subprocess.Popen[str], list[int]]:
        """Start a run; return it and its senders, when each has a letter in hand.

        The mail host has taken these two, one on each conversation, and says so when the gate
        opens.
        """
        self.room.mail.on_accept = lambda _taken: self.gate.wait()
        run = self.room.start("run", "--at", FRIDAY, stderr=subprocess.STDOUT)
        self.runs.append(run)
        assert self.room.mail.settles(lambda: len(self.room.mail.accepted) == 2, seconds=120)
        return run, children_of(run)

    def end(self, run: subprocess.Popen[str], *, code: int) -> str:
        """Open the gate, wait for the end of a run, and return what it said."""
        self.gate.set()
        output, _ = run.communicate(timeout=120)
        assert run.returncode == code, output
        return output

    def prove(self, *, unknown: int = 0) -> None:
        """Finish the issue, and compare the books with what the mail host has truly taken."""
        self.room.mail.delay = 0
        self.room.configure(DELIVERY.replace("processes = 2", "processes = 1"))
        self.room.call(self.capsys, "run", "--at", FRIDAY, code=None)
        copies = Counter(taken.recipient for taken in self.room.mail.accepted)
        assert max(copies.values()) == 1
        everybody = ("--most", str(READERS), "--json")
        account = self.room.call(self.capsys, "issue", "show", "2026-W24", *everybody).data
        named = {person["email"] for person in account["unserved"]}
        assert {f"reader{n}@example.org" for n in range(READERS)} - set(copies) <= named
        assert len(named) <= unknown
        self.room.call(self.capsys, "audit")


@pytest.fixture
def hall(database_url: str, tmp_path: Path, capsys: Capture) -> Iterator[Hall]:
    with newsroom(tmp_path, database_url=database_url, delay=0.1) as room:
        room.configure(DELIVERY)
        room.call(capsys, "source", "add", room.blog("Cold reads"), "--at", MONDAY)
        addresses = "".join(f"reader{n}@example.org\n" for n in range(READERS))
        (room.folder / "readers.txt").write_text(addresses, encoding="utf-8")
        room.call(capsys, "subscriber", "add", "--file", "readers.txt", *SAID_YES)
        hall = Hall(room, capsys)
        yield hall
        hall.gate.set()
        for run in hall.runs:
            run.kill()
            run.communicate()


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """Name the senders that a run has started (the kernel keeps the list)."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
    return [int(pid) for pid in listed.split() if "--leash" in command_of(int(pid))]


def command_of(pid: int) -> list[str]:
    """Return the command line of a process; empty when it has ended."""
    try:
        return [
            word for word in Path(f"/proc/{pid}/cmdline").read_text("utf-8").split("\0") if word
        ]
    except OSError:
        return []


def wait_until(happens: Callable[[], object], *, seconds: float = 120) -> None:
    """Wait for what other processes do; no event tells of it."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("waiting", "processes", "connections", "shares"),
    [
        (0, 8, 4, [4]),
        (2000, 8, 4, [4]),
        (2001, 8, 4, [2, 2]),
        (100_000, 2, 5, [3, 2]),
        (100_000, 8, 4, [1, 1, 1, 1]),  # never more conversations than were allowed
        (5000, 8, 16, [6, 5, 5]),
        (100_000, 1, 4, [4]),
    ],
)
def test_the_processes_hold_as_many_conversations_as_one_would(
    waiting: int, processes: int, connections: int, shares: list[int]
) -> None:
    assert (
        shares_of(waiting, processes=processes, per_process=2000, connections=connections) == shares
    )


def test_a_sender_that_is_killed_is_replaced_and_its_letters_are_taken_over(hall: Hall) -> None:
    run, senders = hall.begin()
    assert len(senders) == 2
    hall.room.mail.delay = 0
    os.kill(senders[0], signal.SIGKILL)
    wait_until(lambda: set(children_of(run)) - set(senders))
    assert "its letters are taken over" in hall.end(run, code=4)
    assert len(hall.room.mail.accepted) == READERS
    hall.prove(unknown=WINDOW)  # what it had handed over without an answer


def test_asked_to_stop_all_finish_the_letter_in_hand_and_none_is_left(hall: Hall) -> None:
    run, senders = hall.begin()
    run.send_signal(signal.SIGTERM)
    assert "unknown" not in hall.end(run, code=4)
    assert not any(command_of(pid) for pid in senders)
    assert len(hall.room.mail.accepted) < READERS
    hall.prove()


def test_ctrl_c_reaches_all_of_them_and_is_said_to_the_person(hall: Hall) -> None:
    run, senders = hall.begin()
    for pid in (run.pid, *senders):  # a terminal tells the whole group
        os.kill(pid, signal.SIGINT)
    assert "interrupted; what was done is saved" in hall.end(run, code=130)
    assert not any(command_of(pid) for pid in senders)
    hall.prove()


def test_senders_whose_parent_was_killed_do_not_go_on_alone(hall: Hall) -> None:
    run, senders = hall.begin()
    run.kill()
    hall.end(run, code=-signal.SIGKILL)
    wait_until(lambda: not any(map(command_of, senders)))
    assert len(hall.room.mail.accepted) < READERS
    hall.prove()


def test_a_worker_without_a_fleet_says_who_sends_instead(hall: Hall) -> None:
    told = hall.room.call(hall.capsys, "worker", code=2).err
    assert "'digest run' starts the processes" in told
