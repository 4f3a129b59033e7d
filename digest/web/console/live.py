"""What changes while it is looked at: one stream for each viewer, one count for all of them."""

import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from digest.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is shown at one moment; ``is_over``: it will not change any more."""

    html: str
    is_over: bool


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How often a stream looks, how long it lives, and how many there may be at once.

    A browser whose stream has ended opens another one, and is asked again who it is: so it ends
    with the session. All times in seconds.
    """

    beat: float = 2.0
    lives: float = 60.0
    most: int = 50


@dataclass(kw_only=True)
class Lookout:
    """Looks for all viewers together, so that a hundred of them cost what one does."""

    clock: Clock
    rhythm: Rhythm = field(default_factory=Rhythm)
    _seen: dict[str, tuple[float, Look]] = field(default_factory=dict, init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)
    _viewers: int = field(default=0, init=False)

    def look(self, what: str, fresh: Callable[[], Look]) -> Look:
        """Return the last look, or a fresh one when that is older than a beat.

        While one viewer looks, the others are shown the last look and wait for nobody.
        """
        _, seen = self._seen.get(what, (0.0, None))
        if seen is not None and self._turn.locked():
            return seen
        with self._turn:
            at, seen = self._seen.get(what, (0.0, None))
            if seen is None or self.clock.monotonic() - at >= self.rhythm.beat:
                seen = fresh()
                # Who looks at another issue looks anew.
                self._seen = {what: (self.clock.monotonic(), seen)}
            return seen

    async def stream(
        self, what: str, fresh: Callable[[], Look], *, stop: threading.Event
    ) -> AsyncIterator[str]:
        """Yield events (HTML "message", "over") until it is over, or the stream has lived its time.

        Between two looks it holds neither a thread nor a connection of the database.
        """
        if self._viewers >= self.rhythm.most:
            yield "retry: 30000\n\n"
            return
        self._viewers += 1
        try:
            async for event in self._beats(what, fresh, stop=stop):
                yield event
        finally:
            self._viewers -= 1

    async def _beats(
        self, what: str, fresh: Callable[[], Look], *, stop: threading.Event
    ) -> AsyncIterator[str]:
        shown = ""
        ends = self.clock.monotonic() + self.rhythm.lives
        while self.clock.monotonic() < ends and not stop.is_set():
            seen = await run_in_threadpool(self.look, what, fresh)
            if seen.html != shown:
                shown = seen.html
                yield _event(shown)
            if seen.is_over:
                yield "event: over\ndata: over\n\n"
                return
            await self.clock.rest(self.rhythm.beat)


def _event(html: str) -> str:
    """Write a message of several lines (HTML Standard, 9.2.6)."""
    lines = "\n".join(f"data: {line}" for line in html.splitlines() if line.strip())
    return f"{lines}\n\n"
