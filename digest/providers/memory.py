"""A carrier that keeps letters in memory, for tests and dry runs."""

import threading
from collections.abc import Iterable, Iterator

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.capabilities import EVERYTHING
from digest.providers.carrier import Connection, Dot, Fate


class MemoryCarrier:
    """Accepts every letter; ``letters`` has them in the order of acceptance."""

    name = "memory"
    capabilities = EVERYTHING

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._letters: list[Letter] = []

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The letters so far."""
        with self._lock:
            return tuple(self._letters)

    def keep(self, letter: Letter) -> None:
        """Add a letter; safe from any thread."""
        with self._lock:
            self._letters.append(letter)

    def connect(self) -> Connection:
        """Give a connection to this memory."""
        return MemoryConnection(self)

    def check(self) -> str | None:
        """Find nothing in the way: memory is always there."""
        return None


class MemoryConnection:
    """Keeps what it is given in its carrier."""

    def __init__(self, carrier: MemoryCarrier) -> None:
        self._carrier = carrier

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Keep the letters (see `Connection.hand_over`)."""
        for letter in letters:
            if dot(letter):
                self._carrier.keep(letter)
                yield letter, Outcome(verdict=Verdict.ACCEPTED, stage=Stage.DOT)
            else:
                yield letter, Outcome(verdict=Verdict.WITHDRAWN, stage=Stage.TEXT, counted=False)

    def close(self) -> None:
        """Do nothing: there is nobody to say goodbye to."""
