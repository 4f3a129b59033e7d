"""Hands the letters of one edition over, and records each outcome in the letter's own row.

The order of events is the promise: letters are claimed, the intent to hand them over is committed
in windows, each dot and each answer is noted in the journal, the answers are committed. A crash
before a dot is a retry; a crash after it is one letter nobody can know about, and it is named.
"""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from digest import logbook
from digest.clock import Clock
from digest.cores import on_one_core
from digest.delivery import flows, ledger
from digest.delivery.bookkeeper import Bookkeeper
from digest.delivery.desk import Desk
from digest.delivery.duty import Duty, on_duty, take_over
from digest.delivery.hands import work
from digest.delivery.interrupt import held_back
from digest.delivery.job import Job
from digest.delivery.lane import Lane, Speed
from digest.delivery.pace import Pace
from digest.delivery.retry import Doubt
from digest.delivery.routes import MAIN
from digest.delivery.settings import DeliverySettings
from digest.delivery.state import OPEN, DeliveryState, Report, told_nobody
from digest.delivery.threads import run_to_the_end
from digest.delivery.traffic import Traffic
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.failpoint import Failpoint, Step
from digest.processes import Processes
from digest.providers.carrier import Carrier
from digest.render.personal import Personaliser
from storage.database import Database

log = logging.getLogger(__name__)

ACTOR = "the sender"
"""Who pauses an issue that no server takes, for the log."""


@dataclass(frozen=True, kw_only=True)
class SendReport:
    """How a send ended: the counts of what it was to hand over, and what stood in the way."""

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

    def __init__(  # noqa: PLR0913 - its parts
        self,
        database: Database,
        *,
        carrier: Carrier,
        settings: DeliverySettings,
        clock: Clock,
        stop: threading.Event,
        processes: Processes,
        pace: Pace,
        traffic: Traffic | None = None,
        failpoint: Failpoint | None = None,
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._speeds: defaultdict[str, Speed] = defaultdict(Speed)
        self._taken: set[int] = set()  # editions of which a letter was accepted
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._processes = processes
        self._pace = pace
        self._traffic = traffic or Traffic()
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
        report: Report = told_nobody,
        within: tuple[int, int] | None = None,
        about: tuple[int, int] | None = None,
    ) -> SendReport:
        """Hand over every letter whose turn it is; return when none is left or ``stop`` is set.

        ``within`` names the first and last delivery that are ours to hand over, ``about`` those
        that the report counts; without them it is the whole issue.
        """
        carriers = {MAIN: self._carrier, **self._traffic.others}
        jobs: list[Job] = []
        duty = on_duty(
            self._database,
            processes=self._processes,
            places=self._settings.connections * len(carriers),
            lease=self._settings.lease_seconds,
            clock=self._clock,
        )
        with held_back(end=lambda: _halt(jobs)) as interrupted, duty as on:
            jobs += self._jobs(edition, carriers, duty=on, personalisers=personalisers)
            if interrupted.is_set():
                _halt(jobs)
            waits = self._hand_over(jobs, within=within, report=self._doom(report))
        for job in jobs:
            if job.error:
                raise job.error
        if reason := next((job.pause_reason for job in jobs if job.pause_reason), None):
            self._pause(edition, reason)
        return self._finish(edition, trouble=_trouble(jobs), waits=waits, about=about)

    def _hand_over(
        self, jobs: Sequence[Job], *, within: tuple[int, int] | None, report: Report
    ) -> str | None:
        """Let the threads of all carriers work; return why some letters wait, if that is known."""
        books = Bookkeeper(
            self._database,
            lanes=[Lane(job, pace=self._pace, speed=self._speeds[job.name]) for job in jobs],
            within=within,
            traffic=self._traffic,
            report=report,
        )
        works = [
            partial(work, job, job.first_place + place)
            for job in jobs
            for place in range(self._settings.connections)
        ]
        with on_one_core(self._processes.folder):
            run_to_the_end(works, meanwhile=books.keep, halt=lambda: _halt(jobs))
        books.close()
        return books.waits

    def _jobs(
        self,
        edition: Edition,
        carriers: Mapping[str, Carrier],
        *,
        duty: Duty,
        personalisers: Mapping[int, Personaliser],
    ) -> list[Job]:
        """Make the part of each carrier; one that asked to be left alone begins none."""
        wake = threading.Event()
        settings = self._settings
        doubt = Doubt(most=settings.same_refusals, is_cleared=self._is_taken(edition))
        jobs: list[Job] = []
        for number, (name, carrier) in enumerate(carriers.items()):
            job = Job(
                edition=edition,
                carrier=carrier,
                personalisers=personalisers,
                desk=Desk(full=settings.batch, wake=wake),
                duty=duty,
                settings=settings,
                clock=self._clock,
                stop=self._stop,
                doubt=doubt,
                name=name,
                first_place=number * settings.connections,
                heir=partial(self._heir_of, name, jobs),
                is_rationed=self._traffic.gate.rations,
            )
            jobs.append(job)
        self._let_rest(jobs)
        return jobs

    def _heir_of(self, name: str, jobs: Sequence[Job]) -> str | None:
        """Name who serves this carrier's readers once it is down."""
        down = {name, *(job.name for job in jobs if job.is_down)}
        return self._traffic.routing.in_place_of(name, down=down)

    def _let_rest(self, jobs: Sequence[Job]) -> None:
        """Ask no carrier that wants to be left alone, where another one stands in for it."""
        if not self._traffic.routing.failover:
            return
        with self._database.read() as session:
            resting = flows.resting(session, now=self._clock.now())
        for job in jobs:
            if job.name in resting and job.heir():
                job.fall(resting[job.name])

    def _doom(self, report: Report) -> Report:
        """Pass the steps before the claim and after the result, where death may be ordered."""
        failpoint = self._failpoint
        if failpoint is None:
            return report
        failpoint.reach(Step.BEFORE_CLAIM)

        def report_doomed(ends: Mapping[DeliveryState, int]) -> None:
            report(ends)
            for _ in range(sum(ends.values())):
                failpoint.reach(Step.AFTER_RESULT)

        return report_doomed

    def _is_taken(self, edition: Edition) -> bool:
        """Whether a letter of this edition has been accepted before; that never changes back."""
        if edition.id not in self._taken:
            with self._database.read() as session:
                if not ledger.has_accepted(session, edition.id):
                    return False
            self._taken.add(edition.id)
        return True

    def _finish(
        self,
        edition: Edition,
        *,
        trouble: str | None,
        waits: str | None,
        about: tuple[int, int] | None,
    ) -> SendReport:
        """Close the edition when no row is open; never before. ``waits``: why some are."""
        with self._database.begin() as session:
            edition = editions.get(session, edition.id)
            counts = ledger.counts(session, edition.id, within=about)
            waiting = ledger.has_open(session, edition.id)
            if edition.state is EditionState.SENDING and not waiting:
                editions.move(session, edition, to=EditionState.SENT, now=self._clock.now())
                edition = editions.get(session, edition.id)
        if trouble is None and waiting:
            trouble = waits
        return SendReport(counts=counts, state=edition.state, trouble=trouble)

    def _pause(self, edition: Edition, reason: str) -> None:
        now = self._clock.now()
        with self._database.begin() as session:
            edition = editions.get(session, edition.id)
            if edition.state is EditionState.SENDING:
                editions.move(session, edition, to=EditionState.PAUSED, reason=reason, now=now)
                logbook.note(
                    session,
                    actor=ACTOR,
                    action=logbook.PAUSE,
                    about=f"issue {edition.period}",
                    now=now,
                    why=reason,
                )
        log.error("issue %s paused: %s", edition.period, reason)


def _halt(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.halt()


def _trouble(jobs: Sequence[Job]) -> str | None:
    """Say what stood in the way; where there are several carriers, whose way."""
    if len(jobs) == 1:
        return jobs[0].trouble
    told = (
        f"carrier {job.name or job.carrier.name!r}: {job.trouble}" for job in jobs if job.trouble
    )
    return "; ".join(told) or None


def tally(counts: Mapping[DeliveryState, int]) -> str:
    """Say counts in words, as ``4,850 accepted, 30 deferred``."""
    total = Counter(counts)
    return ", ".join(f"{total[state]:,} {state}" for state in DeliveryState if total[state])
