"""The notes of a sender: what is in them when it was killed, and when the disk is full."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.delivery.journal import Journal
from digest.mail.outcome import Outcome, Stage, Verdict

ACCEPTED = Outcome(verdict=Verdict.ACCEPTED, stage=Stage.DOT, code=250, text="queued as 4C2")
CHUNK = 1 << 16
MANY = range(1, 20_001)  # more notes than a chunk holds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.notes"


def test_what_was_answered_and_what_was_not_is_told_apart(path: Path) -> None:
    journal = Journal(path, places=2)
    for place in (journal.at(0), journal.at(1)):
        for number in MANY:
            place.dot(number)
            if number % 2:
                place.answer(number, ACCEPTED)
    told = journal.look_back(about=MANY)
    assert told.answers == dict.fromkeys(MANY[::2], ACCEPTED)
    assert told.unanswered == frozenset(MANY[1::2])


@pytest.mark.parametrize("kept", [1, 2, 3, 5, 6])
def test_a_note_that_was_cut_off_takes_no_other_with_it(path: Path, kept: int) -> None:
    """A thread was killed in mid-note, and the first note of another stands behind it."""
    journal = Journal(path, places=2)
    torn = b"d 4711\n"
    journal.at(0).dot(4711)
    journal.at(1).dot(12)
    with path.open("r+b") as file:
        begin = file.read().index(torn)
        file.seek(begin + kept)
        file.write(bytes(len(torn) - kept))
    told = journal.look_back(about=[4, 12, 47, 471, 4711])
    assert told.unanswered == {12}
    assert not told.answers


def test_notes_go_on_when_a_full_disk_has_room_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path, places=1)
    notes = journal.at(0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _half(os.write))
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            notes.dot(5)
    notes.dot(6)
    assert journal.look_back(about=[5, 6]).unanswered == {6}
    assert path.stat().st_size % CHUNK == 0


def _half(write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """Return a write that takes half, as on a disk that becomes full."""
    return lambda file, data: write(file, data[: len(data) // 2])
