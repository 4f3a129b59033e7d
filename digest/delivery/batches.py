"""Who works on which letters, and for how long: workers, claims and leases.

A worker owns a letter by a conditional update that raises the letter's epoch; every later update
names that epoch, so a worker that was frozen and wakes up late hands over nothing more. A worker
is alive while its heartbeat (in the database's time) is young; on its own machine its death is
seen at once, because the kernel lets go of its lock file.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Executable,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.processes import Processes
from digest.tables import WAITING, DeliveryRow, EditionRow, WorkerRow
from storage.database import clock_of
from subscribers import audience


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A registered process that sends."""

    id: int
    name: str


class Claim(NamedTuple):
    """One letter that this worker may hand over, as long as the epoch stands."""

    delivery_id: int
    edition_id: int
    subscriber_id: int
    variant_id: int
    epoch: int
    attempts: int


def register(session: Session, name: str, *, now: datetime) -> Worker:
    """Enter a worker with a fresh heartbeat."""
    row = WorkerRow(name=name, started_at=now, heartbeat=clock_of(session))
    session.add(row)
    session.flush()
    return Worker(id=row.id, name=name)


def beat(session: Session, worker: Worker) -> bool:
    """Renew the worker's lease; False when it was taken for dead, and has none any more."""
    beaten = session.execute(
        update(WorkerRow).where(WorkerRow.id == worker.id).values(heartbeat=clock_of(session))
    )
    return bool(beaten.rowcount)  # type: ignore[attr-defined] # an UPDATE counts its rows


def dead_workers(session: Session, *, processes: Processes, lease: float) -> list[Worker]:
    """Return the workers whose claims may be taken back.

    A worker of this machine is dead as soon as its lock is free; any one when its heartbeat is
    older than ``lease`` seconds, because one that hangs would keep its letters for ever. The rows
    stay locked until the transaction ends: who wakes up in between can claim nothing. A row that
    is locked already belongs to one that is at work, or to another who takes over.
    """
    stale = clock_of(session) - lease
    rows = session.scalars(
        select(WorkerRow).order_by(WorkerRow.id).with_for_update(skip_locked=True)
    )
    return [
        Worker(id=row.id, name=row.name)
        for row in rows
        if row.heartbeat < stale or processes.is_dead(row.name)
    ]


def retire(session: Session, worker: Worker) -> None:
    """Strike a worker that holds nothing any more."""
    session.execute(delete(WorkerRow).where(WorkerRow.id == worker.id))


class Due(NamedTuple):
    """Which letters a worker wants: up to ``limit`` of those whose turn it is ``now``.

    ``within`` names the first and last delivery that may be taken.
    """

    edition_id: int
    worker: Worker
    now: datetime
    limit: int
    within: tuple[int, int] | None = None


class Taken(NamedTuple):
    """Letters that were claimed: those that may be handed over now, and those that may not."""

    granted: list[Claim]
    refused: list[Claim]


def claim(session: Session, due: Due) -> list[Claim]:
    """Claim letters that are due, and only while the edition is being sent.

    A worker that was taken for dead gets none: its lease is over.
    """
    return [Claim._make(row) for row in _claimed(session, due, intends=False)]


def take(session: Session, due: Due) -> Taken:
    """Claim letters and commit the intent to hand them over, in one statement.

    `claim` and then `moves.intend` come to the same; but where no letter has to wait for its turn
    between the two, each row is written once instead of twice. Refused are letters of readers who
    want none any more; they are claimed like the others.
    """
    taken = Taken([], [])
    fields: list[Any]
    for *fields, state in _claimed(session, due, intends=True):
        is_granted = state == DeliveryState.COMMITTING
        (taken.granted if is_granted else taken.refused).append(Claim._make(fields))
    return taken


def _claimed(session: Session, due: Due, *, intends: bool) -> list[Row[Any]]:
    """Return the rows in the order of their ids."""
    if not _is_registered(session, due.worker):
        return []
    first, last = due.within or (None, None)
    values = {"edition": due.edition_id, "worker": due.worker.id, "at": due.now, "most": due.limit}
    values |= {"first": first, "last": last} if due.within else {}
    statement = _claiming(is_range=due.within is not None, intends=intends)
    return sorted(session.connection().execute(statement, values).all())


@cache
def _claiming(*, is_range: bool, intends: bool) -> Executable:
    """Build the statement once: that takes longer than the database takes over it."""
    due = and_(
        WAITING,
        or_(DeliveryRow.state == DeliveryState.PENDING, DeliveryRow.next_at <= bindparam("at")),
        DeliveryRow.id.between(bindparam("first"), bindparam("last")) if is_range else true(),
    )
    turn = (
        select(DeliveryRow.id)
        .where(DeliveryRow.edition_id == bindparam("edition"), due)
        .order_by(DeliveryRow.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("turn")
    )
    going = exists().where(
        EditionRow.id == bindparam("edition"), EditionRow.state == EditionState.SENDING
    )
    is_wanted = audience.still_wanted(DeliveryRow.subscriber_id)
    return (
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(select(turn.c.id)), due, going)
        .values(
            state=case((is_wanted, DeliveryState.COMMITTING), else_=DeliveryState.CLAIMED)
            if intends
            else DeliveryState.CLAIMED,
            worker_id=bindparam("worker"),
            epoch=DeliveryRow.epoch + 1,
        )
        .returning(
            DeliveryRow.id,
            DeliveryRow.edition_id,
            DeliveryRow.subscriber_id,
            DeliveryRow.variant_id,
            DeliveryRow.epoch,
            DeliveryRow.attempts,
            *([DeliveryRow.state] if intends else []),
        )
    )


def _is_registered(session: Session, worker: Worker) -> bool:
    """Whether the worker still stands in the book, where this transaction then keeps it."""
    return session.connection().scalar(_REGISTERED, {"worker": worker.id}) is not None


_REGISTERED = (
    select(WorkerRow.id)
    .where(WorkerRow.id == bindparam("worker"))
    .with_for_update(read=True, key_share=True)
)


def claim_of(row: DeliveryRow) -> Claim:
    """Return the claim on a row as it stands."""
    return Claim(row.id, row.edition_id, row.subscriber_id, row.variant_id, row.epoch, row.attempts)
