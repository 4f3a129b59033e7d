"""What a carrier does: hand one letter over, and say exactly what became of it."""

from collections.abc import Callable
from typing import Protocol

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome

Intent = Callable[[], bool]
"""Commits "this letter may be taken from now on"; False means: stop, do not hand it over."""


class Connection(Protocol):
    """One conversation with the other side, used by one thread."""

    def deliver(self, letter: Letter, *, intent: Intent) -> Outcome:
        """Hand the letter over; never raises for anything the other side does.

        ``intent`` is called exactly once, right before the first byte after which the other side
        may have the letter (for SMTP: between the text and the final dot). When it returns False
        or raises, the letter is not handed over.
        """
        ...

    def close(self) -> None:
        """Say goodbye; whatever happens here changes no outcome."""
        ...


class Carrier(Protocol):
    """One way to hand over mail."""

    name: str

    def connect(self) -> Connection:
        """Open a conversation; a connection that fails shows in the first `deliver`."""
        ...

    def check(self) -> str | None:
        """Go as far as one can without sending; return what stands in the way, or None."""
        ...
