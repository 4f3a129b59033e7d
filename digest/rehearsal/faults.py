"""What a rehearsal's mail server does to some readers' letters: each fault comes once. Pure."""

import random
from collections import Counter
from enum import StrEnum


class Fault(StrEnum):
    """A way to fail.

    After ``LIMIT`` the connection ends in good order; the resets end it in mid-text, or behind the
    dot, when the letter was taken or was not.
    """

    PUT_OFF = "451 to the reader"
    BUSY = "451 to the letter"
    LIMIT = "421 in between"
    TEXT_RESET = "reset in the text"
    TAKEN_RESET = "reset when it was taken"
    DOT_RESET = "reset when it was not"


_WEIGHTS = {
    Fault.PUT_OFF: 40,
    Fault.BUSY: 40,
    Fault.LIMIT: 14,
    Fault.TEXT_RESET: 2,
    Fault.TAKEN_RESET: 2,
    Fault.DOT_RESET: 2,
}


class Faults:
    """Chooses the letters that fail, a ``share`` from 0 to 1 of all; the same ones for one seed."""

    def __init__(self, *, share: float, seed: int) -> None:
        self.done: Counter[Fault] = Counter()
        self._share = share
        self._seed = seed
        self._had: set[str] = set()

    def of(self, recipient: str) -> Fault | None:
        """Return how the next letter to this reader fails; None when it does not."""
        lots = random.Random(f"{self._seed} {recipient}")  # noqa: S311 - no secret
        if recipient in self._had or lots.random() >= self._share:
            return None
        (fault,) = lots.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()))
        return fault

    def do(self, fault: Fault, *, recipient: str) -> None:
        """Note that the fault has come over this reader's letter."""
        self._had.add(recipient)
        self.done[fault] += 1
