"""A step of a delivery at which a sender kills itself, so that each crash can be made at will."""

import os
import signal
from difflib import get_close_matches
from enum import StrEnum
from itertools import count
from typing import Self

from digest.errors import ConfigurationError


class Step(StrEnum):
    """The steps of one letter between which a death means something else.

    ``BEFORE_CLAIM`` is passed once by each send, every other one by each letter. A server that
    takes letters by BDAT answers RCPT after the text, and gets several at once: there
    ``BEFORE_DOT`` comes first, for all of them, and ``AFTER_RCPT`` before a text.
    """

    BEFORE_CLAIM = "before-claim"
    AFTER_CLAIM = "after-claim"
    AFTER_RCPT = "after-rcpt"
    IN_TEXT = "in-text"
    BEFORE_DOT = "before-dot"  # the intent is committed, and the dot noted
    AFTER_DOT = "after-dot"
    AFTER_ANSWER = "after-answer"  # it is noted, and not committed
    AFTER_RESULT = "after-result"


class Failpoint:
    """Kills this process, as `kill -9` would, when it passes ``step`` for the ``turn``-th time."""

    def __init__(self, step: Step, *, turn: int = 1) -> None:
        self.step = step
        self.turn = turn
        self._passes = count(1)

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read ``after-dot`` or ``after-dot:17``; raise `ConfigurationError` for anything else."""
        name, _, turn = words.partition(":")
        if name not in set(Step):
            near = get_close_matches(name, list(Step), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(Step)}"
            raise ConfigurationError(f"a failpoint {name!r} does not exist; {hint}")
        if turn and not (turn.isdecimal() and int(turn)):
            raise ConfigurationError(f"failpoint {name}: {turn!r} is no turn; they count from 1")
        return cls(Step(name), turn=int(turn or 1))

    def __str__(self) -> str:
        return f"{self.step}:{self.turn}"

    def is_due(self, step: Step) -> bool:
        """Pass a step; tell whether this is where the process has to end."""
        return step is self.step and next(self._passes) == self.turn

    def reach(self, step: Step) -> None:
        """Pass a step, and die there if it is the one; safe from any thread."""
        if self.is_due(step):
            self.die()

    def die(self) -> None:
        """End without a word: nothing is flushed, closed or signed off."""
        os.kill(os.getpid(), signal.SIGKILL)
