"""Workers on any number of machines: a queue in PostgreSQL, one job for each range of letters.

The queue only says where there may be work; the ledger says what is left to do. A job that runs
twice, or on two machines at once, finds the letters of the other run claimed or ended.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from sqlalchemy import ColumnElement, case, func, select, text
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.delivery import queue as queue_tables
from digest.delivery.progress import Progress
from digest.delivery.settings import EngineSettings
from digest.delivery.state import OPEN, DeliveryState
from digest.editions.state import GOING
from digest.errors import ConfigurationError
from digest.tables import DeliveryRow, EditionRow, RingRow
from storage.database import Database, one_at_a_time

log = logging.getLogger(__name__)

_TASK = "digest.send"
_QUEUE = "digest"
_POLL_SECONDS = 2.0
_STILL_LOOKS = 10  # seconds without any movement: longer than a worker sleeps


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The letters of one job: an edition's deliveries from ``first`` to ``last``, inclusive."""

    edition_id: int
    first: int
    last: int


class Fleet:
    """The queue, as those see it who fill it and those who work it off.

    ``marks`` tell machines that hold the same secret; the first one is written into new jobs.
    ``lease`` is how many seconds a worker may be silent before its jobs are taken over.
    Raises `ConfigurationError` on any database but PostgreSQL.
    """

    def __init__(
        self,
        database: Database,
        *,
        settings: EngineSettings,
        clock: Clock,
        stop: Event,
        lease: float,
        marks: tuple[str, ...] = ("",),
    ) -> None:
        if database.is_sqlite:
            raise ConfigurationError(
                "[engine] kind = 'fleet' needs PostgreSQL: set [database] url to one, and copy"
                " what you have with 'digest migrate --from sqlite:///var/digest.sqlite3'"
            )
        self._database = database
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._lease = lease
        self._marks = marks

    def migrate(self) -> bool:
        """Bring the tables of the queue to this version; False when they were there already."""
        steps = 0
        while self._advance():
            steps += 1
        return steps > 0

    def _advance(self) -> bool:
        with self._database.begin() as session:
            one_at_a_time(session, "migrate")
            return queue_tables.advance(session)

    def check(self) -> None:
        """Raise `SchemaError` when the queue has no tables, or those of another version."""
        with self._database.read() as session:
            queue_tables.check(session)

    def enqueue(self, session: Session, edition_id: int) -> int:
        """Add a job for each range of letters that has open ones and no job; return how many.

        They are added in the caller's transaction: the freeze and its jobs, or neither. As long as
        the others wait for the first ring, only its letters have jobs.
        """
        queue_tables.check(session)
        one_at_a_time(session, f"enqueue {edition_id}")
        known = _enqueued(session, edition_id)
        missing = [
            batch
            for batch in _batches(session, edition_id, size=self._settings.job_letters)
            if (batch.first, batch.last) not in known
        ]
        if missing:
            deferrer = _queue_of(self._database).configure_task(
                _TASK, queue=_QUEUE, connection=queue_tables.raw(session)
            )
            deferrer.batch_defer(*[_arguments(batch, mark=self._marks[0]) for batch in missing])
        return len(missing)

    def watch(self, progress: Progress) -> None:
        """Look on as long as letters end; return when none is left or nothing moves any more."""
        still = 0
        while progress.waiting and still < _STILL_LOOKS:
            if self._clock.wait(1.0, stop=self._stop):
                return
            still = 0 if progress.look() else still + 1

    def work(self, send: Callable[[Batch], object]) -> None:
        """Run jobs, one at a time, until ``stop`` is set; outlives a database that goes away.

        ``send`` hands over what is due in a batch. Raises `ConfigurationError` on a machine whose
        secret is another one than that of the machine that sealed the issue.
        """
        self.check()
        while not self._stop.is_set():
            hand = _Hand(fleet=self, send=send, stop=self._stop)
            try:
                asyncio.run(self._serve(hand))
            except (procrastinate.exceptions.ProcrastinateException, psycopg.Error) as error:
                log.warning("the queue does not answer (%s); trying again", type(error).__name__)
                self._clock.wait(_POLL_SECONDS, stop=self._stop)
            if hand.refusal:
                raise hand.refusal

    async def _serve(self, hand: "_Hand") -> None:
        queue = _queue_of(self._database)
        queue.task(name=_TASK, queue=_QUEUE, retry=_Patience(self._lease))(hand.run)
        async with queue.open_async():
            while not hand.is_done:
                await _take_over(queue, silent_for=self._lease)
                await queue.run_worker_async(
                    queues=[_QUEUE],
                    wait=False,
                    install_signal_handlers=False,
                    listen_notify=False,
                    delete_jobs="always",
                    update_heartbeat_interval=self._lease / 4,
                    stalled_worker_timeout=self._lease,
                    task_middleware=[hand.until_told],
                )
                await asyncio.to_thread(self._clock.wait, _POLL_SECONDS, stop=self._stop)

    def wait_for(self, batch: Batch) -> float | None:
        """Return in how many seconds a batch is to be looked at again; None: never by this job.

        A paused issue's jobs end; whoever resumes it adds new ones.
        """
        with self._database.read() as session:
            state = session.scalar(
                select(EditionRow.state).where(EditionRow.id == batch.edition_id)
            )
            waits = _waits(session, batch)
        if state not in GOING or not waits:
            return None
        if self._stop.is_set():
            return 0.0
        if waits.keys() == {DeliveryState.DEFERRED}:
            next_at = waits[DeliveryState.DEFERRED] or self._clock.now()
            return max((next_at - self._clock.now()).total_seconds(), 1.0)
        return self._lease  # another worker holds them, or the mail server is in trouble

    def refusal(self, mark: str) -> ConfigurationError | None:
        """Say why this machine must not send a job with this mark."""
        if any(mark.startswith(own) for own in self._marks):  # older versions wrote more of it
            return None
        return ConfigurationError(
            "this machine's secret is not the one of the machine that sealed the issue, so its"
            " unsubscribe links would not work; set [app] secret to the same on every machine"
        )


class _NotYetError(Exception):
    """The batch has open letters; look at it again later."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class _Patience(procrastinate.BaseRetryStrategy):
    """Puts every job that did not come to its end back into the queue: none ever fails."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_retry_decision(
        self, *, exception: BaseException, job: Job
    ) -> procrastinate.RetryDecision:
        """Return when to run it again."""
        del job
        seconds = exception.seconds if isinstance(exception, _NotYetError) else self._seconds
        return procrastinate.RetryDecision(retry_in={"seconds": math.ceil(seconds)})


@dataclass(kw_only=True)
class _Hand:
    """What one worker does with a job."""

    fleet: Fleet
    send: Callable[[Batch], object]
    stop: Event
    refusal: ConfigurationError | None = None

    @property
    def is_done(self) -> bool:
        """Whether no further job may be taken."""
        return self.stop.is_set() or self.refusal is not None

    def until_told(self, run: Callable[[], Any], _context: Any, worker: Any) -> Any:
        """Run a job, and let the worker take no other when that was the last."""
        try:
            return run()
        finally:
            if self.is_done:
                worker.stop()

    def run(self, *, edition_id: int, first: int, last: int, mark: str) -> None:
        """Send a batch; it is over when none of its letters is open."""
        batch = Batch(edition_id=edition_id, first=first, last=last)
        self.refusal = self.fleet.refusal(mark)
        if self.refusal:
            raise _NotYetError(1)
        try:
            self.send(batch)
            wait = self.fleet.wait_for(batch)
        except Exception as error:
            log.warning("letters %d to %d: %s", first, last, error)
            raise
        if wait is not None:
            raise _NotYetError(wait)


def _queue_of(database: Database) -> procrastinate.App:
    """Return a queue that is not open yet; one that failed to open cannot be opened again."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    return procrastinate.App(connector=connector)


async def _take_over(queue: procrastinate.App, *, silent_for: float) -> None:
    """Put the jobs of dead workers back into the queue; nothing else does that."""
    manager = queue.job_manager
    for job in await manager.get_stalled_jobs(queue=_QUEUE, seconds_since_heartbeat=silent_for):
        with contextlib.suppress(ConnectorException):  # another worker was quicker
            await manager.retry_job(job)
            log.warning("took over a job of a worker that fell silent")


def _arguments(batch: Batch, *, mark: str) -> dict[str, Any]:
    return {
        "edition_id": batch.edition_id,
        "first": batch.first,
        "last": batch.last,
        "mark": mark,
    }


def _batches(session: Session, edition_id: int, *, size: int) -> list[Batch]:
    """Divide an edition's letters; the same way each time, whatever became of them since."""
    row = func.row_number().over(order_by=DeliveryRow.id)
    numbered = (
        select(DeliveryRow.id, DeliveryRow.state, ((row - 1) // size).label("part"))
        .where(DeliveryRow.edition_id == edition_id, _may_leave(edition_id))
        .subquery()
    )
    still_open = func.sum(case((numbered.c.state.in_(OPEN), 1), else_=0))
    rows = session.execute(
        select(func.min(numbered.c.id), func.max(numbered.c.id))
        .group_by(numbered.c.part)
        .having(still_open > 0)
        .order_by(numbered.c.part)
    )
    return [Batch(edition_id=edition_id, first=first, last=last) for first, last in rows]


def _may_leave(edition_id: int) -> ColumnElement[bool]:
    ring = select(RingRow.last_id).where(
        RingRow.edition_id == edition_id, RingRow.ended_at.is_(None)
    )
    return DeliveryRow.id <= func.coalesce(ring.scalar_subquery(), DeliveryRow.id)


def _enqueued(session: Session, edition_id: int) -> set[tuple[int, int]]:
    """Return the ranges of an edition that have a job, waiting or at work."""
    rows = session.execute(
        text(
            "SELECT (args->>'first')::bigint, (args->>'last')::bigint FROM procrastinate_jobs"
            " WHERE task_name = :task AND status IN ('todo', 'doing')"
            " AND (args->>'edition_id')::bigint = :edition"
        ),
        {"task": _TASK, "edition": edition_id},
    )
    return {(first, last) for first, last in rows}


def _waits(session: Session, batch: Batch) -> dict[DeliveryState, datetime | None]:
    """Return the open states in a batch, and the earliest turn in each."""
    rows = session.execute(
        select(DeliveryRow.state, func.min(DeliveryRow.next_at))
        .where(
            DeliveryRow.edition_id == batch.edition_id,
            DeliveryRow.id.between(batch.first, batch.last),
            DeliveryRow.state.in_(OPEN),
        )
        .group_by(DeliveryRow.state)
    )
    return {DeliveryState(state): next_at for state, next_at in rows}
