"""Claims are disjoint, and a dead worker is told from a busy one."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from books import claim, register, send_to, state_of
from people import NOW
from sqlalchemy import update

from digest.delivery import batches, ledger
from digest.delivery.batches import Claim, Due, Taken, Worker
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.processes import Processes
from digest.tables import SubscriberRow, WorkerRow
from storage.database import Database

LEASE = 60.0
HOLDER = """
import sys, time
from pathlib import Path
from digest.processes import Processes
with Processes(Path(sys.argv[1])).enter() as name:
    print(name, flush=True)
    time.sleep(60)
"""


def dead(database: Database, folder: Path) -> list[str]:
    """Name the workers that would be taken over now."""
    with database.begin() as session:
        found = batches.dead_workers(session, processes=Processes(folder), lease=LEASE)
    return [worker.name for worker in found]


def grow_old(database: Database, worker: Worker) -> None:
    """Do as if its heart had last beaten more than a lease ago."""
    with database.begin() as session:
        old = WorkerRow.heartbeat - LEASE - 1
        session.execute(update(WorkerRow).where(WorkerRow.id == worker.id).values(heartbeat=old))


@contextmanager
def another_process(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a process that holds a name until it is ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def take(
    database: Database,
    edition: Edition,
    *,
    worker: Worker,
    limit: int = 1,
    within: tuple[int, int] | None = None,
) -> Taken:
    """Claim letters that may leave at once, in a transaction of their own."""
    with database.begin() as session:
        return batches.take(session, Due(edition.id, worker, NOW, limit, within))


@pytest.mark.parametrize("way", ["claim", "take"])
def test_eight_threads_claim_every_letter_once(database: Database, way: str) -> None:
    edition = send_to(database, readers=100)
    worker = register(database)
    taken: list[Claim] = []
    barrier = threading.Barrier(8)

    def some_more() -> list[Claim]:
        if way == "claim":
            return claim(database, edition, worker=worker, limit=7)
        return take(database, edition, worker=worker, limit=7).granted

    def take_all() -> None:
        barrier.wait()
        while some := some_more():
            taken.extend(some)

    threads = [threading.Thread(target=take_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 100
    assert len({each.delivery_id for each in taken}) == 100
    assert {each.epoch for each in taken} == {1}


def test_letters_are_claimed_in_order_and_no_more_than_asked_for(database: Database) -> None:
    edition = send_to(database, readers=5)
    worker = register(database)
    first = claim(database, edition, worker=worker, limit=3)
    rest = claim(database, edition, worker=worker, limit=3)
    numbers = [each.delivery_id for each in first + rest]
    assert (len(first), len(rest)) == (3, 2)
    assert numbers == sorted(numbers)


def test_who_still_wants_mail_is_granted_in_the_same_step_and_who_left_is_not(
    database: Database,
) -> None:
    edition = send_to(database, readers=4)
    worker = register(database)
    with database.begin() as session:
        session.execute(
            update(SubscriberRow)
            .where(SubscriberRow.email == "reader1@example.org")
            .values(status="unsubscribed")
        )
    taken = take(database, edition, worker=worker, limit=3)
    assert [state_of(database, each) for each in taken.granted] == [DeliveryState.COMMITTING] * 2
    assert [state_of(database, each) for each in taken.refused] == [DeliveryState.CLAIMED]
    claims = sorted(taken.granted + taken.refused)
    assert [each.epoch for each in claims] == [1, 1, 1]
    with database.read() as session:
        assert ledger.holds(session, worker.id)
        assert sorted(ledger.intended(session, worker.id)) == [
            one.delivery_id for one in taken.granted
        ]
    (last,) = take(database, edition, worker=worker, limit=3).granted
    assert last.delivery_id > claims[-1].delivery_id


def test_taken_are_letters_of_the_range_alone(database: Database) -> None:
    edition = send_to(database, readers=4)
    worker = register(database)
    (first,) = take(database, edition, worker=worker).granted
    within = (first.delivery_id + 1, first.delivery_id + 2)
    taken = take(database, edition, worker=worker, limit=9, within=within)
    assert [each.delivery_id for each in taken.granted] == [*range(within[0], within[1] + 1)]


def test_nothing_is_taken_of_an_edition_that_is_paused_or_by_a_worker_taken_for_dead(
    database: Database,
) -> None:
    edition = send_to(database, readers=2)
    worker, dead_one = register(database), register(database, "elsewhere:1:a")
    with database.begin() as session:
        batches.retire(session, dead_one)
    assert take(database, edition, worker=dead_one) == Taken([], [])
    with database.begin() as session:
        editions.move(session, edition, to=EditionState.PAUSED, reason="wait", now=NOW)
    assert take(database, edition, worker=worker) == Taken([], [])


def test_a_killed_process_is_dead_at_once(database: Database, tmp_path: Path) -> None:
    with another_process(tmp_path) as (name, process):
        register(database, name)
        assert dead(database, tmp_path) == []
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert dead(database, tmp_path) == [name]


def test_a_process_that_hangs_is_dead_when_its_lease_is_over(
    database: Database, tmp_path: Path
) -> None:
    with another_process(tmp_path) as (name, process):
        worker = register(database, name)
        process.send_signal(signal.SIGSTOP)
        assert dead(database, tmp_path) == []
        grow_old(database, worker)
        assert dead(database, tmp_path) == [name]


def test_a_worker_of_another_machine_is_judged_by_its_lease(
    database: Database, tmp_path: Path
) -> None:
    worker = register(database, "elsewhere:1:a")
    assert dead(database, tmp_path) == []
    grow_old(database, worker)
    assert dead(database, tmp_path) == ["elsewhere:1:a"]
    with database.begin() as session:
        batches.beat(session, worker)
    assert dead(database, tmp_path) == []


def test_a_worker_of_this_machine_without_a_lock_is_judged_by_its_lease(
    database: Database, tmp_path: Path
) -> None:
    with Processes(tmp_path / "another installation").enter() as name:
        worker = register(database, name)
        assert dead(database, tmp_path) == []
        grow_old(database, worker)
        assert dead(database, tmp_path) == [name]


def test_our_own_worker_is_alive(database: Database, tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    with processes.enter() as name:
        register(database, name)
        assert dead(database, tmp_path) == []


def test_two_who_ask_for_the_dead_at_once_both_see_them(tmp_path: Path) -> None:
    with another_process(tmp_path) as (name, process):
        process.kill()
        process.wait()
        (lock,) = tmp_path.glob("*.lock")
        with lock.open() as file:  # as the other one does for a moment
            fcntl.flock(file, fcntl.LOCK_SH)
            assert Processes(tmp_path).is_dead(name)


def test_a_worker_that_was_taken_for_dead_claims_nothing_more(database: Database) -> None:
    edition = send_to(database, readers=3)
    frozen = register(database)
    (held,) = claim(database, edition, worker=frozen)
    with database.begin() as session:
        ledger.recover(session, frozen.id, now=NOW)
        batches.retire(session, frozen)
    assert claim(database, edition, worker=frozen) == []
    assert state_of(database, held) is DeliveryState.PENDING


def test_a_worker_that_wakes_up_while_it_is_taken_over_claims_nothing(
    database: Database, tmp_path: Path
) -> None:
    edition = send_to(database, readers=3)
    frozen = register(database)
    claim(database, edition, worker=frozen)
    grow_old(database, frozen)
    claimed: list[list[Claim]] = []
    waking = threading.Thread(
        target=lambda: claimed.append(claim(database, edition, worker=frozen))
    )
    with database.begin() as session:
        (found,) = batches.dead_workers(session, processes=Processes(tmp_path), lease=LEASE)
        waking.start()
        waking.join(0.3)  # it waits for us; what it does after our end is what counts
        assert claimed == []
        ledger.recover(session, found.id, now=NOW)
        batches.retire(session, found)
    waking.join()
    assert claimed == [[]]


def test_a_name_is_free_again_when_its_block_ends(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    with processes.enter() as name:
        assert str(os.getpid()) in name
        assert processes.is_dead(name) is False
    assert processes.is_dead(name) is None
    assert list(tmp_path.iterdir()) == []
