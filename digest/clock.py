"""The only place that knows the time and waits."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self


@dataclass(frozen=True)
class Clock:
    """Civil time with an offset (for rehearsals), monotonic time, and waiting."""

    offset: timedelta = field(default_factory=timedelta)

    monotonic = staticmethod(time.monotonic)
    """Seconds that never jump, for deadlines inside one process. Asked some twenty times for a
    letter, so without a frame of its own."""

    @classmethod
    def starting_at(cls, moment: datetime) -> Self:
        """Return a clock that shows ``moment`` now and runs on from there."""
        return cls(offset=moment.astimezone(UTC) - datetime.now(UTC))

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC) + self.offset

    def wait(self, seconds: float, *, stop: threading.Event) -> bool:
        """Wait; return True as soon as ``stop`` is set."""
        return stop.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait where nothing may interrupt: an answer must still be recorded."""
        time.sleep(seconds)

    async def rest(self, seconds: float) -> None:
        """Wait without holding a thread: for streams that many look at."""
        import asyncio  # noqa: PLC0415 - few processes need it, and it is slow to load

        await asyncio.sleep(seconds)
