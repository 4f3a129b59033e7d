"""The bell: an in-memory tick that asks every minute whether something is due.

APScheduler only rings. Which period is due is computed from the calendar, and the edition's
unique key decides who takes it, so any number of bells (and cron beside them) ring harmlessly.
"""

import logging
import threading
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from digest.clock import Clock

log = logging.getLogger(__name__)


class Bell:
    """Calls ``work`` at once and then every ``seconds``; never twice at the same time."""

    def __init__(
        self, work: Callable[[], object], *, seconds: float, stop: threading.Event
    ) -> None:
        self._work = work
        self._stop = stop
        # A ring that falls into the work of the one before is left out, and nobody need look.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        # The machine's time, also in a rehearsal: it is the machine that waits for the next ring.
        self._scheduler.add_job(
            self._ring, "interval", seconds=seconds, next_run_time=Clock().now()
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
        except Exception as error:  # the next ring may find the database back
            log.error(  # noqa: TRY400 - the trace is for -v
                "the tick failed (%s: %s); the next one tries again",
                type(error).__name__,
                error,
                exc_info=log.isEnabledFor(logging.DEBUG),
            )
