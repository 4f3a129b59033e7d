"""What a carrier does: hand one letter over, and say exactly what became of it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome
from digest.providers.capabilities import Capabilities

Fate = tuple[Letter, Outcome]
"""A letter, and what became of it."""

Dot = Callable[[Letter], bool]
"""Says "this letter may be taken from now on"; False means: stop, do not hand it over."""


class Connection(Protocol):
    """One conversation with the other side, used by one thread."""

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Hand letters over, and yield what became of each; raises for nothing the other side does.

        Letters are taken as they can be sent, and several may be on their way at once; everyone
        taken is yielded. ``dot`` is called exactly once for each that comes so far, right before
        the first byte after which the other side may have it (by DATA: between the text and the
        final dot; of a batch or a volley: before its first byte). When it returns False or raises,
        the letter is not handed over. A connection that broke is begun anew with the next letter.
        Where the same is handed over once more, because its answer was lost or put it off, ``dot``
        is called again; False then ends that, and what was heard before stands.
        """
        ...

    def close(self) -> None:
        """Say goodbye; whatever happens here changes no outcome."""
        ...


class Carrier(Protocol):
    """One way to hand over mail."""

    name: str
    capabilities: Capabilities

    def connect(self) -> Connection:
        """Open a conversation; one that fails shows in the first letter's outcome."""
        ...

    def check(self) -> str | None:
        """Go as far as one can without sending; return what stands in the way, or None."""
        ...


def deliver(connection: Connection, letter: Letter, *, intent: Callable[[], bool]) -> Outcome:
    """Hand one letter over; ``intent`` stands between its text and its dot."""
    ((_, outcome),) = connection.hand_over([letter], dot=lambda _: intent())
    return outcome
