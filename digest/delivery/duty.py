"""Being a sender: signing on, staying alive, signing off, and taking over from the dead."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.delivery import batches, journal, ledger
from digest.delivery.batches import Worker
from digest.delivery.journal import Journal
from digest.processes import Processes
from storage.database import Database

log = logging.getLogger(__name__)


class Duty:
    """One process on duty as a worker, with its journal and its lease (in seconds)."""

    def __init__(
        self, worker: Worker, *, notes: Journal, lease: float, monotonic: Callable[[], float]
    ) -> None:
        self.worker = worker
        self.journal = notes
        self._lease = lease
        self._monotonic = monotonic
        self._until = monotonic() + lease

    def beat(self, session: Session) -> Callable[[], None] | None:
        """Renew the lease in this transaction; None when it was taken from us.

        Returns what has to be called when the transaction is committed.
        """
        began = self._monotonic()
        if not batches.beat(session, self.worker):
            return None

        def committed() -> None:
            self._until = began + self._lease

        return committed

    @property
    def has_lease(self) -> bool:
        """Whether nobody can have taken us for dead yet: without it, no letter is handed over."""
        return self._monotonic() < self._until


@contextmanager
def on_duty(
    database: Database, *, processes: Processes, places: int, lease: float, clock: Clock
) -> Iterator[Duty]:
    """Sign on as a worker with so many threads; sign off at the end, whatever the end is.

    When the database does not take the sign-off, the journal stays for whoever takes over.
    """
    with processes.enter() as name:
        with database.begin() as session:
            worker = batches.register(session, name, now=clock.now())
        notes = Journal(processes.notes(name), places=places)
        signed_off = False
        try:
            yield Duty(worker, notes=notes, lease=lease, monotonic=clock.monotonic)
        finally:
            try:
                _sign_off(database, worker, notes, clock=clock)
                signed_off = True
            finally:
                notes.close(keep=not signed_off)


def _sign_off(database: Database, worker: Worker, notes: Journal, *, clock: Clock) -> None:
    with database.begin() as session:
        batches.beat(session, worker)  # lock it before its letters, as those who take over do
        if ledger.holds(session, worker.id):
            testimony = notes.look_back(about=ledger.intended(session, worker.id))
            ledger.recover(session, worker.id, testimony=testimony, now=clock.now())
        batches.retire(session, worker)


def take_over(database: Database, *, processes: Processes, lease: float, clock: Clock) -> int:
    """Take over what dead workers held; return how many letters nobody can know about.

    One whose death the kernel vouches for is believed by its journal. One on another machine,
    silent beyond its lease, takes what it might have handed over with it. One that hangs on this
    machine loses only what it has not begun: it may still send, and it knows what it has sent.
    """
    with database.begin() as session:
        dead = batches.dead_workers(session, processes=processes, lease=lease)
        unknown = sum(
            _take_over(session, worker, processes=processes, clock=clock) for worker in dead
        )
    for worker in dead:
        if processes.is_dead(worker.name):
            processes.forget(worker.name)
    if dead:
        log.warning(
            "took over from %d senders that died or hang: %d letters unknown", len(dead), unknown
        )
    return unknown


def _take_over(session: Session, worker: Worker, *, processes: Processes, clock: Clock) -> int:
    is_dead = processes.is_dead(worker.name)
    if is_dead is False:
        ledger.free_unbegun(session, worker.id)
        return 0
    testimony = None
    if is_dead:
        about = ledger.intended(session, worker.id)
        testimony = journal.read(processes.notes(worker.name), about=about)
    unknown = ledger.recover(session, worker.id, testimony=testimony, now=clock.now())
    batches.retire(session, worker)
    return unknown
