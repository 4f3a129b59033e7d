"""A sender's own notes of letters in hand, dots and answers, in a file that outlives it.

Between a dot and the commit of its answer only this file knows. What was noted before `kill -9`
is there afterwards. After a power cut that is not so: notes from before the machine was started
are not believed.
"""

import errno
import mmap
import os
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from digest.mail.outcome import Outcome, Stage, Verdict

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ONLY_OWNER = 0o600
_CHUNK = 1 << 16  # octets of notes that are mapped at a time, whole pages
_EMPTY = b"\n".ljust(_CHUNK, b"\0")
_BOOT = 64  # octets for the name of this boot
_SLOT = struct.Struct("<q")
_NOBODY = 0
_TELLING = [
    Verdict.ACCEPTED,
    Verdict.UNKNOWN,
    *(v for v in Verdict if v not in {Verdict.ACCEPTED, Verdict.UNKNOWN}),
]


@dataclass(frozen=True, kw_only=True)
class Testimony:
    """What a dead sender left word of.

    ``in_hand``: the letters its threads worked on. ``unanswered``: those whose dot may have left,
    without an answer. ``answers``: what came to those that were answered.
    """

    in_hand: frozenset[int]
    unanswered: frozenset[int]
    answers: dict[int, Outcome]


class Journal:
    """The notes of one sender; every thread has a page for what is in hand, and its own notes.

    Notes are written into mapped pages: that costs no system call, and outlives the process as
    well as write(2) does.
    """

    def __init__(self, path: Path, *, places: int) -> None:
        self.suspects: set[int] = set()  # at these a thread broke down, and the process lives on
        self._path = path
        self._adding = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, _ONLY_OWNER)
        head = boot().encode().ljust(_BOOT, b"\n") + _SLOT.pack(places) + places * _SLOT.pack(0)
        self._first = -len(head) % _CHUNK + len(head)  # where the notes begin
        os.write(self._file, head.ljust(self._first, b"\n"))
        self._page = mmap.mmap(self._file, self._first)
        self._places = [_Place(self, slot=_BOOT + _SLOT.size * (1 + n)) for n in range(places)]

    def at(self, place: int) -> "_Place":
        """Return where the thread of this place makes its notes."""
        return self._places[place]

    def new_chunk(self) -> mmap.mmap:
        """Add a chunk; written, not skipped over: a hole would kill us when the disk is full.

        It begins with a line end, for the last note of the chunk before it may be cut off.
        """
        with self._adding:
            end = os.lseek(self._file, 0, os.SEEK_END)
            if os.write(self._file, _EMPTY) < _CHUNK:
                os.ftruncate(self._file, end)  # the next one has to begin with a page
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        return mmap.mmap(self._file, _CHUNK, offset=end)

    def hold(self, delivery_id: int, *, slot: int) -> None:
        """Note what is in hand."""
        _SLOT.pack_into(self._page, slot, delivery_id)

    def look_back(self, *, about: Collection[int]) -> Testimony:
        """Return our own notes about these deliveries; suspect is only what we broke down at."""
        with self._path.open("rb") as file:
            file.seek(self._first)
            unanswered, answers = _records(file, about=about)
        return Testimony(in_hand=frozenset(self.suspects), unanswered=unanswered, answers=answers)

    def close(self, *, keep: bool) -> None:
        """End; ``keep`` the file for whoever takes over, unless all of it is in the database."""
        for place in self._places:
            place.close()
        self._page.close()
        os.close(self._file)
        if not keep:
            self._path.unlink(missing_ok=True)


class _Place:
    """The notes of one thread, which alone writes here."""

    def __init__(self, journal: Journal, *, slot: int) -> None:
        self._journal = journal
        self._slot = slot
        self._chunk: mmap.mmap | None = None
        self._used = _CHUNK
        self._last: tuple[Outcome | None, bytes] = (None, b"")  # most letters have the same

    def hold(self, delivery_id: int) -> None:
        """Note that the thread works on this letter now."""
        self._journal.hold(delivery_id, slot=self._slot)

    def rest(self) -> None:
        """Note that the thread has nothing in hand."""
        self.hold(_NOBODY)

    def dot(self, delivery_id: int) -> None:
        """Note that the letter's last bytes may leave from now on."""
        self._note(b"d %d\n" % delivery_id)

    def answer(self, delivery_id: int, outcome: Outcome) -> None:
        """Note what the other side said to it."""
        last, words = self._last
        if outcome is not last:
            words = _written(outcome)
            self._last = outcome, words
        self._note(b"a %d %b\n" % (delivery_id, words))

    def _note(self, line: bytes) -> None:
        end = self._used + len(line)
        if self._chunk is None or end > _CHUNK:
            self.close()
            self._chunk, self._used = self._journal.new_chunk(), 1
            end = self._used + len(line)
        self._chunk[self._used : end] = line
        self._used = end

    def close(self) -> None:
        """Let go of the mapped pages."""
        if self._chunk is not None:
            self._chunk.close()
            self._chunk = None


def read(path: Path, *, about: Collection[int]) -> Testimony | None:
    """Return what a journal says about these deliveries; None when it cannot be believed.

    It is read line by line, because it grows with every letter.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        if not boot() or file.read(_BOOT).strip() != boot().encode():
            return None
        in_hand = _slots(file)
        unanswered, answers = _records(file, about=about)
    return Testimony(in_hand=in_hand, unanswered=unanswered, answers=answers)


def _records(
    file: BinaryIO, *, about: Collection[int]
) -> tuple[frozenset[int], dict[int, Outcome]]:
    """Read notes of several threads, whose order among each other nobody knows.

    A letter that was given twice has two dots, and is answered when it has two answers.
    """
    if not about:  # a send that ended well leaves nothing open, and its notes are long
        return frozenset(), {}
    wanted = {b"%d" % delivery_id for delivery_id in about}
    dots: Counter[int] = Counter()
    answers: dict[int, list[Outcome]] = defaultdict(list)
    for line in file:
        note = line.lstrip(b"\0")  # the rest of a chunk
        if b"\0" in note or not note.endswith(b"\n"):
            continue  # cut off by our death: what it announces has not happened
        kind, number, *rest = (*note[:-1].split(b" ", 2), b"")
        if number not in wanted:
            continue
        if kind == b"d":
            dots[int(number)] += 1
        elif kind == b"a":
            answers[int(number)].append(_read(rest[0]))
    unanswered = frozenset(one for one, count in dots.items() if count > len(answers[one]))
    telling = {
        one: min(answers[one], key=lambda outcome: _TELLING.index(outcome.verdict))
        for one in dots.keys() - unanswered
    }
    return unanswered, telling


def _slots(file: BinaryIO) -> frozenset[int]:
    count = file.read(_SLOT.size)
    if len(count) < _SLOT.size:
        return frozenset()
    data = file.read(_SLOT.unpack(count)[0] * _SLOT.size)
    whole = len(data) // _SLOT.size * _SLOT.size
    return frozenset(number for (number,) in _SLOT.iter_unpack(data[:whole])) - {_NOBODY}


@lru_cache(maxsize=1)
def boot() -> str:
    """Return the name of this start of the machine; empty where the system has none."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _written(outcome: Outcome) -> bytes:
    words = (outcome.verdict, outcome.stage, outcome.code or "-", outcome.enhanced or "-")
    return " ".join(map(str, (*words, int(outcome.counted), outcome.text))).encode()


def _read(line: bytes) -> Outcome:
    verdict, stage, code, enhanced, counted, text = line.decode().split(" ", 5)
    return Outcome(
        verdict=Verdict(verdict),
        stage=Stage(stage),
        code=None if code == "-" else int(code),
        enhanced=None if enhanced == "-" else enhanced,
        text=text,
        counted=counted == "1",
    )
