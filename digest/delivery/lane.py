"""One carrier's letters on their way: claimed, given out, and how fast they go."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from digest.delivery.batches import Claim
from digest.delivery.desk import Task, Tray
from digest.delivery.job import Job
from digest.delivery.pace import Pace

_AHEAD_SECONDS = 0.5  # how long letters may lie here permitted: their readers may leave meanwhile
_REMEMBERED = 60.0  # seconds for which a carrier is taken to be as fast as it was


@dataclass
class Speed:
    """How fast letters leave by one carrier, in letters a second; outlives one send.

    A worker of a fleet sends in many small ones, and would feel its way anew in each.
    """

    rate: float = 0.0
    at: float = 0.0  # on the monotonic clock

    def follow(self, letters: int, *, now: float, since: float) -> None:
        """Take in that so many letters left in the time up to now."""
        self.rate = (self.rate + letters / (now - since)) / 2
        self.at = now


class Lane:
    """What the bookkeeper knows of one carrier's threads."""

    def __init__(self, job: Job, *, pace: Pace, speed: Speed) -> None:
        self.job = job
        self.stock: deque[Claim] = deque()  # claimed, not permitted
        self.out = 0  # given out, and not heard of
        self._pace = pace
        self._speed = speed
        self._measured = self._now
        if self._measured - speed.at > _REMEMBERED:
            speed.rate = 0.0
        self._booked, self._turn_at = 0, self._now

    @property
    def _now(self) -> float:
        return self.job.clock.monotonic()

    def appetite(self, *, is_all: bool) -> int:
        """Return how many letters are to be permitted now; ``is_all``: no more will be claimed.

        As many as leave in a moment: a window that lies about is a suppression seen late.
        """
        job, settings = self.job, self.job.settings
        if not job.may_go_on:
            if not job.desk.is_over or job.desk.ready:  # some may have been given out since
                job.desk.clear()
            return 0
        if is_all and not self.stock:
            return 0
        ahead = min(int(self._speed.rate * _AHEAD_SECONDS), settings.connections * settings.window)
        if ahead <= settings.connections:  # slow: each letter is permitted when it is begun
            lacking = job.desk.hungry - job.desk.ready
        else:
            lacking = ahead - job.desk.ready if job.desk.ready <= ahead // 2 else 0
        if lacking <= 0:
            return 0
        if not self._booked:
            self._turn_at = self._now + self._pace.take(lacking, carrier=job.name)
            self._booked = lacking
        return self._booked if self._now >= self._turn_at else 0

    def collect(self) -> Tray:
        """Take what the threads have put down."""
        tray = self.job.desk.collect()
        self.out -= tray.letters
        return tray

    def supply(self, tasks: Sequence[Task], *, stock: Sequence[Claim]) -> None:
        """Give letters out that are permitted now; ``stock`` is what is left of those claimed."""
        self._booked = 0
        self.stock = deque(stock)
        self.out += len(tasks)
        self.job.desk.supply(tasks)

    def measure(self, letters: int) -> None:
        """Follow how fast letters leave."""
        now = self._now
        if now - self._measured >= 0.01:  # noqa: PLR2004 - below, the clock tells nothing
            self._speed.follow(letters, now=now, since=self._measured)
            self._measured = now
