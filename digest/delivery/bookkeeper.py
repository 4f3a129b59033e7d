"""Keeps the books of one send: permits letters in windows, writes results in batches."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.orm import Session

from digest.delivery import batches, domains, flows, ledger, moves
from digest.delivery.batches import Claim, Due
from digest.delivery.desk import Task, Tray
from digest.delivery.lane import Lane
from digest.delivery.moves import Result
from digest.delivery.sorting import Later
from digest.delivery.state import DeliveryState, Report
from digest.delivery.traffic import Traffic
from digest.mail.outcome import Outcome, Stage, Verdict
from storage.database import Database
from subscribers import audience

_IDLE_SECONDS = 0.2  # the longest that a result waits to be written
_BEATS_PER_LEASE = 6
_BATCHES_HELD = 4  # at most, while letters for another carrier are looked for
_LEFT = "left before the letter was handed over"
# PostgreSQL ends a transaction that waited too long for us (25P03) with an internal error.
_NOT_NOW = (OperationalError, InterfaceError, InternalError)


@dataclass(frozen=True)
class _Portion:
    """What one lane takes from the ledger: what it may give out, and what is left of its stock."""

    tasks: Sequence[Task] = ()
    stock: Sequence[Claim] = ()


@dataclass
class _Supply:
    """What one turn takes from the ledger; it counts only when the turn is committed."""

    portions: dict[Lane, _Portion] = field(default_factory=dict)
    is_all: bool = False
    left: int = 0  # readers who no longer want it
    failed: int = 0  # who waited for a turn until it was too late
    is_stopped: bool = False
    waits: str | None = None  # why letters that are due are not taken


class Bookkeeper:
    """The one thread of a sender that speaks with the database."""

    def __init__(
        self,
        database: Database,
        *,
        lanes: Sequence[Lane],
        within: tuple[int, int] | None,
        traffic: Traffic,
        report: Report,
    ) -> None:
        self.waits: str | None = None
        self._database = database
        self._lanes = lanes
        self._job = lanes[0].job  # for what all of them share
        self._within = within
        self._traffic = traffic
        self._report = report
        self._is_all = False  # nothing more is due
        self._unwritten = {lane: Tray() for lane in lanes}
        self._failures = 0
        self._next_beat = self._now

    def keep(self, has_ended: Callable[[], bool]) -> None:
        """Serve the threads until all have come to their end."""
        self._turn()
        while not has_ended():
            self._job.desk.await_work(min(_IDLE_SECONDS, self._beat_seconds))
            self._turn()

    def close(self) -> None:
        """Write the rest, and give back what was not begun."""
        self._halt()
        for lane in self._lanes:
            lane.job.desk.clear()
            self._unwritten[lane].returned += lane.stock
            lane.stock.clear()
        while not self._turn():
            pass

    @property
    def _beat_seconds(self) -> float:
        return self._job.settings.lease_seconds / _BEATS_PER_LEASE

    @property
    def _now(self) -> float:
        return self._job.clock.monotonic()

    def _turn(self) -> bool:
        """Write what was put down and permit what may go, in one transaction; False: not yet.

        A database that does not answer is asked again, because an answer exists only once.
        """
        trays = self._unwritten
        for lane, tray in trays.items():
            tray.take_over(lane.collect())
        self._heed_falls()
        is_due = self._now >= self._next_beat
        try:
            wanted = self._appetites()
            if all(tray.is_empty for tray in trays.values()) and not wanted and not is_due:
                return True
            with self._database.begin() as session:
                renewed = self._job.duty.beat(session) if is_due else _nothing
                for lane, tray in trays.items():
                    self._write(session, lane, tray)
                supply = self._permit(session, wanted) if wanted and renewed else _Supply()
        except _NOT_NOW:
            self._failures += 1
            if self._failures >= self._job.settings.record_tries:
                raise
            self._job.clock.sleep(0.1 * self._failures)
            return False
        self._failures = 0
        self._unwritten = {lane: Tray() for lane in self._lanes}
        self._go_on(trays, supply, wanted=wanted, renewed=renewed)
        return True

    def _heed_falls(self) -> None:
        """Let the heirs have what a carrier that is down has not begun; stop with one that fails.

        What came back can be claimed anew, in the turn of another carrier or at another time.
        """
        for lane, tray in self._unwritten.items():
            if lane.job.halted.is_set() and not lane.job.is_down:
                self._halt()
            if lane.job.is_down and len(self._lanes) > 1:
                tray.returned += lane.stock
                lane.stock.clear()
            if tray.returned:
                self._is_all = False

    def _appetites(self) -> dict[Lane, int]:
        wanted = {lane: lane.appetite(is_all=self._is_all) for lane in self._lanes}
        return {lane: letters for lane, letters in wanted.items() if letters}

    def _halt(self) -> None:
        for lane in self._lanes:
            if not lane.job.halted.is_set():
                lane.job.halt()

    def _go_on(
        self,
        trays: Mapping[Lane, Tray],
        supply: _Supply,
        *,
        wanted: Mapping[Lane, int],
        renewed: Callable[[], None] | None,
    ) -> None:
        """Act on what is committed."""
        if renewed is None:
            self._job.trouble = "another sender took this one for dead"
            self._halt()
        elif renewed is not _nothing:
            renewed()
            self._next_beat = self._now + self._beat_seconds
        self._tell(trays, supply)
        if wanted:
            self._give_out(supply, wanted)
        # Whatever is out may come back: its carrier falls, or its provider asks us to slow down.
        if self._is_all and not any(lane.out or lane.stock for lane in self._lanes):
            for lane in self._lanes:
                lane.job.desk.end()

    def _tell(self, trays: Mapping[Lane, Tray], supply: _Supply) -> None:
        """Report what has become of letters."""
        for lane, tray in trays.items():
            lane.job.rest = None if tray.returned else lane.job.rest
            lane.measure(len(tray.results))
            self._traffic.sorter.heard(
                [
                    *(result.claim for result in tray.results),
                    *(claim for claim, _ in tray.unfit),
                    *tray.returned,
                ]
            )
        if ends := _ends(trays.values(), supply):
            self._report(ends)

    def _give_out(self, supply: _Supply, wanted: Mapping[Lane, int]) -> None:
        """Give out what was permitted."""
        self._is_all = supply.is_all
        self.waits = supply.waits or self.waits
        for lane, portion in supply.portions.items():
            if lane in wanted:
                lane.supply(portion.tasks, stock=portion.stock)
            else:
                lane.stock.extend(portion.stock)
        if supply.is_stopped:
            self._halt()
        elif not any(portion.tasks for portion in supply.portions.values()):
            self._job.desk.nudge()  # all that was claimed has to wait; look at the next

    def _write(self, session: Session, lane: Lane, tray: Tray) -> None:
        now = self._job.clock.now()
        moves.settle(session, tray.results, now=now)
        for claim, reason in tray.unfit:
            moves.skip(session, [claim], reason=reason, now=now)
        if moves.give_back(session, tray.returned):
            ledger.close_strays(session, now=now)
        self._traffic.gate.give_back(session, len(tray.returned) + len(tray.unfit), now=now)
        self._write_pleas(session, lane, tray)
        if lane.job.rest and tray.returned:
            until = now + timedelta(seconds=lane.job.rest)
            flows.rest(session, lane.job.name, until=until, said=lane.job.trouble or "", now=now)

    def _write_pleas(self, session: Session, lane: Lane, tray: Tray) -> None:
        """Keep who asked to slow down, for all senders; in one order, so that none waits for us."""
        if not tray.pleas:
            return
        now = self._job.clock.now()
        known = domains.receivers_of(session, {plea.domain for plea in tray.pleas}, now=now)
        for plea in sorted(tray.pleas, key=lambda plea: known[plea.domain]):
            key = (lane.job.name, known[plea.domain])
            flows.slow_down(session, key, now=now, said=plea.said, wait=plea.wait)

    def _permit(self, session: Session, wanted: Mapping[Lane, int]) -> _Supply:
        """Commit the intent to hand over the next letters, and look their readers up."""
        if closed := self._traffic.gate.closed_until(self._job.clock.now()):
            return _Supply(is_all=True, is_stopped=True, waits=closed)
        supply = _Supply(is_all=self._is_all)
        if self._all_leave_at_once(session, wanted):
            (lane,) = self._lanes
            supply.portions[lane] = self._take(session, lane, wanted[lane], supply)
            return supply
        fresh = self._restock(session, wanted, supply)
        for lane in self._lanes:
            stock = fresh.get(lane.job.name, [])
            if lane in wanted:
                stock = [*lane.stock, *stock]
                supply.portions[lane] = self._permit_some(
                    session, lane, stock, wanted[lane], supply
                )
            elif stock:
                supply.portions[lane] = _Portion(stock=stock)
        return supply

    def _restock(
        self, session: Session, wanted: Mapping[Lane, int], supply: _Supply
    ) -> Mapping[str, Sequence[Claim]]:
        """Claim more letters where they are lacking; return them by the name of their carrier."""
        job = self._job
        held = sum(len(lane.stock) for lane in self._lanes)
        is_lacking = any(len(lane.stock) < letters for lane, letters in wanted.items())
        if supply.is_all or not is_lacking or held > _BATCHES_HELD * job.settings.batch:
            return {}
        now, gate = job.clock.now(), self._traffic.gate
        limit = max(job.settings.batch, *wanted.values())
        allowed = gate.take(session, limit, now=now)
        more = batches.claim(session, self._due(allowed))
        self._note_claimed(session, len(more), allowed=allowed, limit=limit, supply=supply)
        found = self._traffic.sorter.sort(session, more, down=self._down, now=now)
        supply.failed = sum(self._put_off(session, later) for later in found.later)
        gate.give_back(session, sum(len(later.claims) for later in found.later), now=now)
        return found.portions

    def _all_leave_at_once(self, session: Session, wanted: Mapping[Lane, int]) -> bool:
        """Whether each letter that is claimed may leave at once, by the only carrier.

        Where each is permitted when it is begun, a batch is claimed for many of them.
        """
        (lane, *others) = self._lanes
        if others or wanted[lane] <= self._job.settings.connections:
            return False
        return self._traffic.sorter.is_idle(session, now=self._job.clock.now())

    def _take(self, session: Session, lane: Lane, wanted: int, supply: _Supply) -> _Portion:
        """Claim letters and commit the intent to hand them over, in one step.

        What was claimed before goes first.
        """
        if lane.stock:
            return self._permit_some(session, lane, list(lane.stock), wanted, supply)
        allowed = self._traffic.gate.take(session, wanted, now=self._job.clock.now())
        taken = batches.take(session, self._due(allowed))
        count = len(taken.granted) + len(taken.refused)
        self._note_claimed(session, count, allowed=allowed, limit=wanted, supply=supply)
        if taken.refused:
            supply.left += self._turn_away(session, taken.refused)
        return _Portion(tasks=self._tasks(session, taken.granted, supply))

    def _due(self, limit: int) -> Due:
        """Name the letters that are to be claimed now."""
        job = self._job
        return Due(job.edition.id, job.duty.worker, job.clock.now(), limit, self._within)

    def _note_claimed(
        self, session: Session, count: int, *, allowed: int, limit: int, supply: _Supply
    ) -> None:
        """Note whether more are due than these, of ``limit`` wanted and ``allowed`` to claim."""
        now, gate = self._job.clock.now(), self._traffic.gate
        supply.is_all = count < limit
        if count == allowed < limit:
            supply.waits = gate.spent(now)
        gate.give_back(session, allowed - count, now=now)

    @property
    def _down(self) -> Mapping[str, str]:
        jobs = (lane.job for lane in self._lanes)
        return {job.name: job.trouble or "it stopped" for job in jobs if job.is_down}

    def _put_off(self, session: Session, later: Later) -> int:
        """Let letters wait for their turn; return how many wait no more, because it is too late."""
        job = self._job
        now = job.clock.now()
        patience = timedelta(hours=job.settings.retry.deadline_hours)
        if job.is_rationed or later.until <= (job.edition.frozen_at or now) + patience:
            moves.put_off(session, later.claims, until=later.until, reason=later.reason)
            return 0
        too_late = Outcome(verdict=Verdict.RETRY, stage=Stage.RCPT, text=later.reason)
        results = [Result(claim=claim, outcome=too_late) for claim in later.claims]
        return moves.settle(session, results, now=now)

    def _permit_some(
        self, session: Session, lane: Lane, stock: Sequence[Claim], wanted: int, supply: _Supply
    ) -> _Portion:
        some = stock[:wanted]
        name = lane.job.name if len(self._lanes) > 1 else None
        granted = moves.intend(session, some, carrier=name)
        refused = [claim for claim in some if claim.delivery_id not in granted]
        left = self._turn_away(session, refused) if refused else 0
        supply.left += left
        supply.is_stopped |= left < len(refused)
        permitted = [claim for claim in some if claim.delivery_id in granted]
        return _Portion(tasks=self._tasks(session, permitted, supply), stock=stock[wanted:])

    def _tasks(self, session: Session, claims: Sequence[Claim], supply: _Supply) -> list[Task]:
        """Look readers up. One who was erased since the statement that permitted is skipped."""
        ids = [claim.subscriber_id for claim in claims]
        people = audience.readers(session, subscriber_ids=ids)
        reader_of = {person.subscriber_id: person for person in people}
        if len(reader_of) < len(claims):
            gone = [claim for claim in claims if claim.subscriber_id not in reader_of]
            supply.left += moves.skip(session, gone, reason=_LEFT, now=self._job.clock.now())
            self._traffic.sorter.heard(gone)
        return [
            Task(claim, reader_of[claim.subscriber_id])
            for claim in claims
            if claim.subscriber_id in reader_of
        ]

    def _turn_away(self, session: Session, refused: Sequence[Claim]) -> int:
        """Skip who left; return how many. For the others it is the issue that was stopped."""
        self._traffic.sorter.heard(refused)
        wanted = audience.wanted_among(session, [claim.subscriber_id for claim in refused])
        gone = [claim for claim in refused if claim.subscriber_id not in wanted]
        moves.skip(session, gone, reason=_LEFT, now=self._job.clock.now())
        moves.give_back(session, [one for one in refused if one.subscriber_id in wanted])
        return len(gone)


def _ends(trays: Iterable[Tray], supply: _Supply) -> Mapping[DeliveryState, int]:
    """Count the letters that have come to each state in one turn."""
    trays = list(trays)
    gone = supply.left + sum(len(tray.unfit) for tray in trays)
    ends = Counter({DeliveryState.SKIPPED: gone, DeliveryState.FAILED: supply.failed})
    verdicts = Counter(result.outcome.verdict for tray in trays for result in tray.results)
    for verdict, count in verdicts.items():
        ends[_STATE_OF[verdict]] += count
    return +ends  # without those of which there is none


def _nothing() -> None:
    """Stand for a beat that was not due."""


_STATE_OF = {
    Verdict.ACCEPTED: DeliveryState.ACCEPTED,
    Verdict.RETRY: DeliveryState.DEFERRED,
    Verdict.REFUSED: DeliveryState.REJECTED,
    Verdict.UNKNOWN: DeliveryState.UNKNOWN,
}
