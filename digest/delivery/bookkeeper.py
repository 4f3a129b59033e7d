"""Keeps the books of one send: permits letters in windows, writes results in batches."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from digest.delivery import batches, ledger, moves
from digest.delivery.batches import Claim
from digest.delivery.desk import Task, Tray
from digest.delivery.hands import Job
from digest.delivery.pace import Pace
from digest.delivery.state import DeliveryState
from digest.mail.outcome import Verdict
from storage.database import Database
from subscribers import audience

_IDLE_SECONDS = 0.2  # the longest that a result waits to be written
_AHEAD_SECONDS = 0.5  # how long letters may lie here permitted: their readers may leave meanwhile
_BEATS_PER_LEASE = 6


@dataclass(frozen=True)
class _Supply:
    """What one turn takes from the ledger; it counts only when the turn is committed."""

    tasks: Sequence[Task] = ()
    stock: Sequence[Claim] = ()
    is_all: bool = False
    left: int = 0  # readers who no longer want it
    is_stopped: bool = False


class Bookkeeper:
    """The one thread of a sender that speaks with the database."""

    def __init__(
        self,
        database: Database,
        *,
        job: Job,
        within: tuple[int, int] | None,
        pace: Pace,
        report: Callable[[DeliveryState], None],
    ) -> None:
        self._database = database
        self._job = job
        self._within = within
        self._pace = pace
        self._report = report
        self._stock: deque[Claim] = deque()  # claimed, not permitted
        self._is_all = False  # nothing more is due
        self._unwritten = Tray()
        self._failures = 0
        self._rate = 0.0  # letters per second
        self._measured = self._now
        self._next_beat = self._now
        self._booked, self._turn_at = 0, self._now

    def keep(self, has_ended: Callable[[], bool]) -> None:
        """Serve the threads until all have come to their end."""
        self._turn()
        while not has_ended():
            self._job.desk.await_work(min(_IDLE_SECONDS, self._beat_seconds))
            self._turn()

    def close(self) -> None:
        """Write the rest, and give back what was not begun."""
        self._job.desk.clear()
        self._unwritten.returned += self._stock
        self._stock.clear()
        self._is_all = True
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
        tray = self._unwritten
        tray.take_over(self._job.desk.collect())
        wanted = self._appetite()
        is_due = self._now >= self._next_beat
        if tray.is_empty and not wanted and not is_due:
            return True
        try:
            with self._database.begin() as session:
                renewed = self._job.duty.beat(session) if is_due else _nothing
                self._write(session, tray)
                supply = self._permit(session, wanted) if wanted and renewed else _Supply()
        except (OperationalError, InterfaceError):
            self._failures += 1
            if self._failures >= self._job.settings.record_tries:
                raise
            self._job.clock.sleep(0.1 * self._failures)
            return False
        self._failures = 0
        self._unwritten = Tray()
        self._go_on(tray, supply, wanted=wanted, renewed=renewed)
        return True

    def _go_on(
        self, tray: Tray, supply: _Supply, *, wanted: int, renewed: Callable[[], None] | None
    ) -> None:
        """Act on what is committed."""
        if renewed is None:
            self._job.trouble = "another sender took this one for dead"
            self._job.halt()
        elif renewed is not _nothing:
            renewed()
            self._next_beat = self._now + self._beat_seconds
        self._measure(len(tray.results))
        for result in tray.results:
            self._report(_STATE_OF[result.outcome.verdict])
        for _ in range(len(tray.unfit) + supply.left):
            self._report(DeliveryState.SKIPPED)
        if not wanted:
            return
        self._booked = 0
        self._stock = deque(supply.stock)
        self._is_all = supply.is_all
        self._job.desk.supply(supply.tasks)
        if supply.is_stopped:
            self._job.halt()
        elif self._is_all and not self._stock:
            self._job.desk.end()

    def _write(self, session: Session, tray: Tray) -> None:
        now = self._job.clock.now()
        moves.settle(session, tray.results, now=now)
        for claim, reason in tray.unfit:
            moves.skip(session, [claim], reason=reason, now=now)
        if moves.give_back(session, tray.returned):
            ledger.close_strays(session, now=now)

    def _appetite(self) -> int:
        """Return how many letters are to be permitted now.

        As many as leave in a moment: a window that lies about is a suppression seen late.
        """
        job, settings = self._job, self._job.settings
        if self._is_all and not self._stock:
            return 0
        if not job.may_go_on:
            job.desk.clear()
            return 0
        ahead = min(int(self._rate * _AHEAD_SECONDS), settings.connections * settings.window)
        if ahead <= settings.connections:  # slow: each letter is permitted when it is begun
            lacking = job.desk.hungry - job.desk.ready
        else:
            lacking = ahead - job.desk.ready if job.desk.ready <= ahead // 2 else 0
        if lacking <= 0:
            return 0
        if not self._booked:
            self._booked = lacking
            self._turn_at = self._now + self._pace.take(self._booked)
        return self._booked if self._now >= self._turn_at else 0

    def _permit(self, session: Session, wanted: int) -> _Supply:
        """Commit the intent to hand over the next letters, and look their readers up."""
        stock, is_all = list(self._stock), self._is_all
        if len(stock) < wanted and not is_all:
            limit = max(self._job.settings.batch, wanted)
            more = batches.claim(
                session,
                self._job.edition.id,
                worker=self._job.duty.worker,
                now=self._job.clock.now(),
                limit=limit,
                within=self._within,
            )
            stock += more
            is_all = len(more) < limit
        some, stock = stock[:wanted], stock[wanted:]
        granted = moves.intend(session, some)
        refused = [claim for claim in some if claim.delivery_id not in granted]
        left = self._turn_away(session, refused) if refused else 0
        return _Supply(
            tasks=_tasks(session, [claim for claim in some if claim.delivery_id in granted]),
            stock=stock,
            is_all=is_all,
            left=left,
            is_stopped=left < len(refused),
        )

    def _turn_away(self, session: Session, refused: Sequence[Claim]) -> int:
        """Skip who left; return how many. For the others it is the issue that was stopped."""
        wanted = audience.wanted_among(session, [claim.subscriber_id for claim in refused])
        gone = [claim for claim in refused if claim.subscriber_id not in wanted]
        reason = "left before the letter was handed over"
        moves.skip(session, gone, reason=reason, now=self._job.clock.now())
        moves.give_back(session, [one for one in refused if one.subscriber_id in wanted])
        return len(gone)

    def _measure(self, letters: int) -> None:
        """Follow how fast letters leave."""
        now = self._now
        if now - self._measured >= 0.01:  # noqa: PLR2004 - below, the clock tells nothing
            self._rate = (self._rate + letters / (now - self._measured)) / 2
            self._measured = now


def _nothing() -> None:
    """Stand for a beat that was not due."""


def _tasks(session: Session, claims: Sequence[Claim]) -> list[Task]:
    ids = [claim.subscriber_id for claim in claims]
    people = audience.readers(session, subscriber_ids=ids)
    reader_of = {person.subscriber_id: person for person in people}
    return [Task(claim, reader_of[claim.subscriber_id]) for claim in claims]


_STATE_OF = {
    Verdict.ACCEPTED: DeliveryState.ACCEPTED,
    Verdict.RETRY: DeliveryState.DEFERRED,
    Verdict.REFUSED: DeliveryState.REJECTED,
    Verdict.UNKNOWN: DeliveryState.UNKNOWN,
}
