"""Hands the letters of one edition over, and records each outcome in the letter's own row.

The order of events is the promise: the row is claimed, the letter is handed over up to the final
dot, the intent is committed, the dot leaves, the answer is committed. A crash before the intent
is a retry; a crash after it is one letter nobody can know about, and it is named.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from digest.clock import Clock
from digest.delivery import batches, ledger
from digest.delivery.batches import Claim, Worker
from digest.delivery.hand import Hand, in_hand
from digest.delivery.retry import RetrySettings, next_try
from digest.delivery.state import OPEN, DeliveryState
from digest.delivery.threads import run_to_the_end
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.limits import Count, Pause, Seconds, Workers
from digest.mail.outcome import Outcome, Verdict
from digest.processes import Processes
from digest.providers.carrier import Carrier, Connection
from digest.render.personal import Personaliser, Reader
from storage.database import Database
from subscribers import audience

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """How letters are handed over.

    ``connections`` is the number of conversations at once, ``batch`` the number of letters one of
    them claims at a time. ``lease_seconds`` without a heartbeat frees a worker's letters on other
    machines. ``faults_in_a_row``: after so many broken conversations a thread leaves the rest to
    the next run, ``reconnect_seconds`` apart. ``record_tries``: how often the answer of the other
    side is offered to a database that does not take it.
    """

    connections: Workers = 4
    batch: Count = 50
    lease_seconds: Seconds = 60.0
    faults_in_a_row: Count = 3
    reconnect_seconds: Pause = 1.0
    record_tries: Count = 10
    retry: RetrySettings = field(default_factory=RetrySettings)


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


@dataclass
class _Job:
    """One send, shared by its threads."""

    edition: Edition
    worker: Worker
    hand: Hand
    personalisers: Mapping[int, Personaliser]
    report: Callable[[DeliveryState], None]
    halted: threading.Event = field(default_factory=threading.Event)
    trouble: str | None = None
    errors: list[BaseException] = field(default_factory=list)


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
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._processes = processes

    def recover(self) -> int:
        """Take over what dead workers held; return how many letters became unknown."""
        with self._database.begin() as session:
            dead = batches.dead_workers(
                session, processes=self._processes, lease=self._settings.lease_seconds
            )
            suspects = {
                delivery
                for worker in dead
                for delivery in in_hand(self._processes.notes(worker.name))
            }
            unknown = ledger.recover(
                session, [w.id for w in dead], suspects=suspects, now=self._clock.now()
            )
            for worker in dead:
                batches.retire(session, worker)
                self._processes.forget(worker.name)
        if dead:
            log.warning("took over from %d dead senders: %d letters unknown", len(dead), unknown)
        return unknown

    def send(
        self,
        edition: Edition,
        *,
        personalisers: Mapping[int, Personaliser],
        report: Callable[[DeliveryState], None] = lambda _state: None,
    ) -> SendReport:
        """Hand over every letter whose turn it is; return when none is left or ``stop`` is set."""
        with self._worker() as (worker, hand):
            job = _Job(
                edition=edition,
                worker=worker,
                hand=hand,
                personalisers=personalisers,
                report=report,
            )
            places = range(self._settings.connections)
            works = [partial(self._work, job, place) for place in places]
            run_to_the_end(works, halt=job.halted.set)
        if job.errors:
            raise job.errors[0]
        return self._finish(job)

    def _finish(self, job: _Job) -> SendReport:
        """Close the edition when no row is open; never before."""
        with self._database.begin() as session:
            edition = editions.get(session, job.edition.id)
            counts = ledger.counts(session, edition.id)
            waiting = any(state in OPEN for state in counts)
            if edition.state is EditionState.SENDING and not waiting:
                editions.move(session, edition, to=EditionState.SENT, now=self._clock.now())
                edition = editions.get(session, edition.id)
        return SendReport(counts=counts, state=edition.state, trouble=job.trouble)

    @contextmanager
    def _worker(self) -> Iterator[tuple[Worker, Hand]]:
        """Register this process as a worker, keep its heart beating, and sign it off."""
        with self._processes.enter() as name, closing(Hand(self._processes.notes(name))) as hand:
            with self._database.begin() as session:
                worker = batches.register(session, name, now=self._clock.now())
            done = threading.Event()
            heart = threading.Thread(target=self._beat, args=(worker, done), daemon=True)
            heart.start()
            try:
                yield worker, hand
            finally:
                done.set()
                heart.join()
        with self._database.begin() as session:
            batches.beat(session, worker)  # lock it before its letters, as those who take over do
            ledger.recover(session, [worker.id], suspects=hand.suspects, now=self._clock.now())
            batches.retire(session, worker)

    def _beat(self, worker: Worker, done: threading.Event) -> None:
        while not self._clock.wait(self._settings.lease_seconds / 4, stop=done):
            try:
                with self._database.begin() as session:
                    batches.beat(session, worker)
            except SQLAlchemyError as error:
                log.warning("the heartbeat did not reach the database: %s", type(error).__name__)

    def _work(self, job: _Job, place: int) -> None:
        """Send until nothing is due; one thread, one conversation."""
        try:
            with closing(self._carrier.connect()) as connection:
                faults = 0
                while batch := self._claim(job):
                    faults = self._send_batch(job, connection, batch, place=place, faults=faults)
        except Exception as error:  # noqa: BLE001 - carried to the thread that waits for us
            job.errors.append(error)
            job.halted.set()

    def _claim(self, job: _Job) -> list[tuple[Claim, Reader | None]]:
        if self._stop.is_set() or job.halted.is_set():
            return []
        with self._database.begin() as session:
            claims = batches.claim(
                session,
                job.edition.id,
                worker=job.worker,
                now=self._clock.now(),
                limit=self._settings.batch,
            )
            people = audience.readers(session, subscriber_ids=[c.subscriber_id for c in claims])
            readers = {
                person.subscriber_id: Reader(
                    subscriber_id=person.subscriber_id,
                    email=person.email,
                    name=person.name,
                    language=person.language,
                    confirmed_at=person.confirmed_at,
                )
                for person in people
            }
        return [(claim, readers.get(claim.subscriber_id)) for claim in claims]

    def _send_batch(
        self,
        job: _Job,
        connection: Connection,
        batch: list[tuple[Claim, Reader | None]],
        *,
        place: int,
        faults: int,
    ) -> int:
        """Send a batch; give back what is left when told to stop. Returns faults in a row."""
        left = list(reversed(batch))
        try:
            while left and not (self._stop.is_set() or job.halted.is_set()):
                claim, reader = left.pop()
                with job.hand.holding(claim.delivery_id, place=place):
                    outcome = self._try(job, connection, claim, reader)
                faults = self._weigh(job, outcome, faults=faults)
        finally:
            if left:
                with self._database.begin() as session:
                    for claim, _ in left:
                        ledger.give_back(session, claim)
        return faults

    def _try(
        self, job: _Job, connection: Connection, claim: Claim, reader: Reader | None
    ) -> Outcome | None:
        """Deliver, and remember at which letter we broke down, unless the database did."""
        try:
            return self._deliver(job, connection, claim, reader)
        except SQLAlchemyError:
            raise
        except Exception:
            job.hand.suspects.add(claim.delivery_id)
            raise

    def _deliver(
        self, job: _Job, connection: Connection, claim: Claim, reader: Reader | None
    ) -> Outcome | None:
        if reader is None:
            self._skip(job, claim, reason="erased")
            return None
        key = f"{job.edition.period.lower()}.{claim.delivery_id}"
        try:
            letter = job.personalisers[claim.variant_id].letter(reader, key=key)
        except ValueError as error:  # an address or a name that cannot stand in a header
            self._skip(job, claim, reason=f"bad address: {error}")
            return None

        def intent() -> bool:
            with self._database.begin() as session:
                return ledger.intend(session, claim)

        outcome = connection.deliver(letter, intent=intent)
        if outcome.verdict is Verdict.WITHDRAWN:
            self._stand_back(job, claim)
        else:
            self._record(job, claim, outcome)
        return outcome

    def _stand_back(self, job: _Job, claim: Claim) -> None:
        """Find out why the intent was refused: the reader left, or the edition or row moved on.

        What was stopped, closed or taken over is no more ours to send: the rest is given back.
        """
        with self._database.begin() as session:
            wanted = audience.is_wanted(session, subscriber_id=claim.subscriber_id)
            if wanted:
                ledger.give_back(session, claim)
        if wanted:
            job.halted.set()
        else:
            self._skip(job, claim, reason="left before the letter was handed over")

    def _skip(self, job: _Job, claim: Claim, *, reason: str) -> None:
        with self._database.begin() as session:
            ledger.skip(session, claim, reason=reason, now=self._clock.now())
        job.report(DeliveryState.SKIPPED)

    def _record(self, job: _Job, claim: Claim, outcome: Outcome) -> None:
        """Commit the answer; ask a busy database again, because the answer exists only once."""
        next_at = None
        if outcome.verdict is Verdict.RETRY and outcome.counted:
            next_at = next_try(
                self._settings.retry,
                attempts=claim.attempts + 1,
                frozen_at=job.edition.frozen_at or self._clock.now(),
                now=self._clock.now(),
                jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            )
        for attempt in range(1, self._settings.record_tries + 1):
            try:
                with self._database.begin() as session:
                    ledger.settle(session, claim, outcome, next_at=next_at, now=self._clock.now())
                break
            except OperationalError:
                if attempt == self._settings.record_tries:
                    raise
                self._clock.sleep(0.1 * attempt)
        job.report(_STATE_OF[outcome.verdict])

    def _weigh(self, job: _Job, outcome: Outcome | None, *, faults: int) -> int:
        """Stop the send on a fault that is ours, and after too many broken conversations."""
        if outcome is None or outcome.verdict is Verdict.WITHDRAWN:
            return faults
        if outcome.verdict is Verdict.CONFIG:
            self._pause(job, f"{outcome.stage}: {outcome.reply or ''} {outcome.text}".strip())
        if outcome.verdict is Verdict.RETRY and not outcome.counted:
            faults += 1
            if faults >= self._settings.faults_in_a_row:
                job.trouble = f"{outcome.stage}: {outcome.text}"
                job.halted.set()
            else:
                self._clock.wait(self._settings.reconnect_seconds * faults, stop=self._stop)
            return faults
        return 0

    def _pause(self, job: _Job, reason: str) -> None:
        job.halted.set()
        job.trouble = reason
        with self._database.begin() as session:
            edition = editions.get(session, job.edition.id)
            if edition.state is EditionState.SENDING:
                editions.move(
                    session, edition, to=EditionState.PAUSED, reason=reason, now=self._clock.now()
                )
        log.error("issue %s paused: %s", job.edition.period, reason)


_STATE_OF = {
    Verdict.ACCEPTED: DeliveryState.ACCEPTED,
    Verdict.RETRY: DeliveryState.DEFERRED,
    Verdict.REFUSED: DeliveryState.REJECTED,
    Verdict.CONFIG: DeliveryState.PENDING,
    Verdict.UNKNOWN: DeliveryState.UNKNOWN,
    Verdict.WITHDRAWN: DeliveryState.PENDING,
}


def tally(counts: Mapping[DeliveryState, int]) -> str:
    """Say counts in words, as ``4,850 accepted, 30 deferred``."""
    total = Counter(counts)
    return ", ".join(f"{total[state]:,} {state}" for state in DeliveryState if total[state])
