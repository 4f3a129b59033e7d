"""Hands the letters of one edition over, and records each outcome in the letter's own row.

The order of events is the promise: letters are claimed, the intent to hand them over is committed
in windows, each dot and each answer is noted in the journal, the answers are committed. A crash
before a dot is a retry; a crash after it is one letter nobody can know about, and it is named.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from digest.clock import Clock
from digest.delivery import ledger
from digest.delivery.bookkeeper import Bookkeeper
from digest.delivery.desk import Desk
from digest.delivery.duty import on_duty, take_over
from digest.delivery.hands import Job, work
from digest.delivery.pace import Pace
from digest.delivery.retry import Doubt
from digest.delivery.settings import DeliverySettings
from digest.delivery.state import OPEN, DeliveryState
from digest.delivery.threads import run_to_the_end
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.failpoint import Failpoint, Step
from digest.processes import Processes
from digest.providers.carrier import Carrier
from digest.render.personal import Personaliser
from storage.database import Database

log = logging.getLogger(__name__)

Report = Callable[[DeliveryState], None]


@dataclass(frozen=True, kw_only=True)
class SendReport:
    """How a send ended: the edition's counts, and what stood in the way."""

    counts: Mapping[DeliveryState, int]
    state: EditionState
    trouble: str | None = None

    @property
    def unknown(self) -> int:
        """How many letters nobody can know about."""
        return self.counts.get(DeliveryState.UNKNOWN, 0)

    @property
    def waiting(self) -> int:
        """How many letters the next run will take up."""
        return sum(count for state, count in self.counts.items() if state in OPEN)


class Sender:
    """Works off the ledger of one edition with a carrier."""

    def __init__(
        self,
        database: Database,
        *,
        carrier: Carrier,
        settings: DeliverySettings,
        clock: Clock,
        stop: threading.Event,
        processes: Processes,
        pace: Pace,
        failpoint: Failpoint | None = None,
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._processes = processes
        self._pace = pace
        self._failpoint = failpoint

    def recover(self) -> int:
        """Take over what dead workers held; return how many letters became unknown."""
        return take_over(
            self._database,
            processes=self._processes,
            lease=self._settings.lease_seconds,
            clock=self._clock,
        )

    def send(
        self,
        edition: Edition,
        *,
        personalisers: Mapping[int, Personaliser],
        report: Report = lambda _state: None,
        within: tuple[int, int] | None = None,
    ) -> SendReport:
        """Hand over every letter whose turn it is; return when none is left or ``stop`` is set.

        ``within`` names the first and last delivery that are ours to hand over.
        """
        settings = self._settings
        with on_duty(
            self._database,
            processes=self._processes,
            places=settings.connections,
            lease=settings.lease_seconds,
            clock=self._clock,
        ) as duty:
            job = Job(
                edition=edition,
                carrier=self._carrier,
                personalisers=personalisers,
                desk=Desk(full=settings.batch),
                duty=duty,
                settings=settings,
                clock=self._clock,
                stop=self._stop,
                doubt=Doubt(most=settings.same_refusals, is_cleared=self._is_taken(edition)),
            )
            books = Bookkeeper(
                self._database, job=job, within=within, pace=self._pace, report=self._doom(report)
            )
            works = [partial(work, job, place) for place in range(settings.connections)]
            run_to_the_end(works, meanwhile=books.keep, halt=job.halt)
            books.close()
        if job.error:
            raise job.error
        if job.pause_reason:
            self._pause(edition, job.pause_reason)
        return self._finish(edition, trouble=job.trouble)

    def _doom(self, report: Report) -> Report:
        """Pass the steps before the claim and after the result, where death may be ordered."""
        failpoint = self._failpoint
        if failpoint is None:
            return report
        failpoint.reach(Step.BEFORE_CLAIM)

        def report_doomed(state: DeliveryState) -> None:
            report(state)
            failpoint.reach(Step.AFTER_RESULT)

        return report_doomed

    def _is_taken(self, edition: Edition) -> bool:
        """Whether a letter of this edition has been accepted before."""
        with self._database.read() as session:
            return ledger.has_accepted(session, edition.id)

    def _finish(self, edition: Edition, *, trouble: str | None) -> SendReport:
        """Close the edition when no row is open; never before."""
        with self._database.begin() as session:
            edition = editions.get(session, edition.id)
            counts = ledger.counts(session, edition.id)
            waiting = any(state in OPEN for state in counts)
            if edition.state is EditionState.SENDING and not waiting:
                editions.move(session, edition, to=EditionState.SENT, now=self._clock.now())
                edition = editions.get(session, edition.id)
        return SendReport(counts=counts, state=edition.state, trouble=trouble)

    def _pause(self, edition: Edition, reason: str) -> None:
        with self._database.begin() as session:
            edition = editions.get(session, edition.id)
            if edition.state is EditionState.SENDING:
                editions.move(
                    session, edition, to=EditionState.PAUSED, reason=reason, now=self._clock.now()
                )
        log.error("issue %s paused: %s", edition.period, reason)


def tally(counts: Mapping[DeliveryState, int]) -> str:
    """Say counts in words, as ``4,850 accepted, 30 deferred``."""
    total = Counter(counts)
    return ", ".join(f"{total[state]:,} {state}" for state in DeliveryState if total[state])
