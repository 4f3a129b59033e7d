"""The bell: an in-memory tick that asks every minute whether something is due.

APScheduler only rings. Which period is due is computed from the calendar, and the edition's
unique key decides who takes it, so any number of bells (and cron beside them) ring harmlessly.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)


class Bell:
    """Calls ``work`` at once and then every ``seconds``; never twice at the same time."""

    def __init__(self, work: Callable[[], None], *, seconds: float, stop: threading.Event) -> None:
        self._work = work
        self._stop = stop
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_job(
            self._ring, "interval", seconds=seconds, next_run_time=datetime.now(UTC)
        )

    def start(self) -> None:
        """Ring for the first time, and keep ringing in a thread of its own."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ring no more; wait until the work in hand is done."""
        self._stop.set()
        self._scheduler.shutdown(wait=True)

    def _ring(self) -> None:
        if self._stop.is_set():
            return
        try:
            self._work()
        except Exception:  # the next ring may find the database or the relay back
            log.exception("the tick failed; the next one tries again")
