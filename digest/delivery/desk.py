"""Where one sender's threads get letters and hand in results; one thread keeps the books.

A commit per letter would cost more than sending it. So the threads take letters that the database
has permitted in one go, and put down what became of them; the bookkeeper writes that in one go.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from digest.delivery.batches import Claim
from digest.delivery.moves import Result
from subscribers.person import Person

_T = TypeVar("_T")
_TOLD = -1  # the bookkeeper knows already that little is ready


class Task(NamedTuple):
    """A letter that may be written and handed over now."""

    claim: Claim
    reader: Person


class Plea(NamedTuple):
    """Somebody at this domain asked us to slow down, in these words, for so many seconds."""

    domain: str
    said: str
    wait: float | None


@dataclass
class Tray:
    """What the threads have put down since the books were last written."""

    results: list[Result] = field(default_factory=list)
    unfit: list[tuple[Claim, str]] = field(default_factory=list)  # and why nothing was handed over
    returned: list[Claim] = field(default_factory=list)
    pleas: list[Plea] = field(default_factory=list)

    def take_over(self, other: "Tray") -> None:
        """Add what lies on another tray."""
        self.results += other.results
        self.unfit += other.unfit
        self.returned += other.returned
        self.pleas += other.pleas

    @property
    def letters(self) -> int:
        """How many letters lie here."""
        return len(self.results) + len(self.unfit) + len(self.returned)

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies here."""
        return not (self.results or self.unfit or self.returned or self.pleas)


class Desk:
    """Shared by the threads of one sender.

    The first letter goes out on one connection alone: a wrong password, or a server that does not
    answer, is met once, not once per connection. Taking and putting down, which every letter does,
    are single operations on a deque, and need no lock.
    """

    def __init__(self, *, full: int, wake: threading.Event | None = None) -> None:
        self._full = full  # results after which the books are written at once
        self._ready: deque[Task] = deque()
        self._low = 0
        self._hungry = 0
        self._results: deque[Result] = deque()
        self._unfit: deque[tuple[Claim, str]] = deque()
        self._returned: deque[Claim] = deque()
        self._pleas: deque[Plea] = deque()
        self._breaks: Counter[int] = Counter()
        self._changed = threading.Condition()
        self._wake = wake or threading.Event()  # of the bookkeeper, who may have several desks
        self._is_proved = False
        self._is_over = False

    def await_letter(self, *, first: bool) -> bool:
        """Wait until there is a letter to take; False when there will be none.

        ``first``: for the thread that goes ahead.
        """
        with self._changed:
            while not self._is_over and not (self._ready and (first or self._is_proved)):
                is_hungry = first or self._is_proved
                self._hungry += is_hungry
                self._wake.set()
                self._changed.wait()
                self._hungry -= is_hungry
            return bool(self._ready)

    def take(self) -> Task | None:
        """Return the next letter; None when none is ready now."""
        try:
            task = self._ready.popleft()
        except IndexError:
            return None
        if len(self._ready) <= self._low:
            self._low = _TOLD
            self._wake.set()
        return task

    def prove(self) -> None:
        """Let the other threads begin: the way is open."""
        if not self._is_proved:
            with self._changed:
                self._is_proved = True
                self._changed.notify_all()

    def settle(self, result: Result) -> None:
        """Put down what became of a letter."""
        self._results.append(result)
        if len(self._results) >= self._full and not self._wake.is_set():
            self._wake.set()

    def refuse(self, claim: Claim, *, reason: str) -> None:
        """Put down that a letter cannot be written."""
        self._unfit.append((claim, reason))

    def give_back(self, claim: Claim) -> None:
        """Put down a letter of which nothing was handed over."""
        self._returned.append(claim)

    def plead(self, plea: Plea) -> None:
        """Put down that a receiving provider asked us to slow down."""
        self._pleas.append(plea)
        self._wake.set()

    def again(self, task: Task) -> None:
        """Take back a letter with which a conversation broke; it is the next to be given out."""
        with self._changed:
            self._ready.appendleft(task)
            self._changed.notify()

    def note_break(self, task: Task) -> int:
        """Count how often a conversation has broken over this letter, this time too."""
        with self._changed:
            self._breaks[task.claim.delivery_id] += 1
            return self._breaks[task.claim.delivery_id]

    def supply(self, tasks: Sequence[Task]) -> None:
        """Give out letters that were permitted."""
        with self._changed:
            self._ready.extend(tasks)
            self._low = len(self._ready) // 2
            self._changed.notify_all()

    def end(self) -> None:
        """Give out nothing more than what is ready; who waits is sent home."""
        with self._changed:
            self._is_over = self._is_proved = True
            self._changed.notify_all()
            self._wake.set()

    def clear(self) -> None:
        """Give out nothing more at all."""
        self._returned.extend(task.claim for task in _taken(self._ready))
        self.end()

    @property
    def is_over(self) -> bool:
        """Whether who finds no letter ready is sent home."""
        return self._is_over

    @property
    def ready(self) -> int:
        """How many letters wait to be taken."""
        return len(self._ready)

    @property
    def hungry(self) -> int:
        """How many threads wait for a letter."""
        return self._hungry

    def await_work(self, seconds: float) -> None:
        """Wait until there is something for the bookkeeper to do, or for so long."""
        self._wake.wait(seconds)
        self._wake.clear()

    def nudge(self) -> None:
        """Wake the bookkeeper."""
        self._wake.set()

    def collect(self) -> Tray:
        """Take what was put down so far."""
        return Tray(
            results=list(_taken(self._results)),
            unfit=list(_taken(self._unfit)),
            returned=list(_taken(self._returned)),
            pleas=list(_taken(self._pleas)),
        )


def _taken(things: deque[_T]) -> Iterator[_T]:
    """Take everything that lies there now; what comes meanwhile stays for the next time."""
    for _ in range(len(things)):
        try:
            yield things.popleft()
        except IndexError:  # a thread was quicker
            return
