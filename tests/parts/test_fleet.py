"""Many machines: a queue in PostgreSQL says where to look, the ledger says what is left to do."""

import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from books import claim, register, send_to
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom
from people import NOW
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine, make_url, select, text, update

from digest.clock import Clock
from digest.delivery.fleet import Batch, Fleet
from digest.delivery.progress import Progress
from digest.delivery.settings import EngineSettings
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.errors import ConfigurationError, SchemaError
from digest.tables import DeliveryRow, EditionRow, RingRow
from storage.database import Database
from storage.settings import DatabaseSettings

Capture = pytest.CaptureFixture[str]
pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

READERS = 240
LEASE = 6  # seconds: a busy machine must not take a living worker for dead
CONNECTIONS, WINDOW = 2, 4
SECRET = "the same on every machine, and long enough"  # noqa: S105 - of this test
DELIVERY = f"""
[app]
secret = "{SECRET}"
[delivery]
connections = {CONNECTIONS}
window = {WINDOW}
batch = 20
lease_seconds = {LEASE}
record_tries = 3
[engine]
kind = "fleet"
job_letters = 30
"""


def fleet_on(database: Database, *, size: int = 10, **settings: object) -> Fleet:
    words = {"stop": threading.Event(), "lease": 0.5, "clock": Clock()} | settings
    return Fleet(database, settings=EngineSettings(kind="fleet", job_letters=size), **words)  # type: ignore[arg-type] # the test's own words


@pytest.fixture
def fleet(database: Database) -> Fleet:
    fleet = fleet_on(database)
    assert fleet.migrate()
    assert not fleet.migrate()
    return fleet


def enqueue(database: Database, fleet: Fleet, edition: Edition) -> int:
    with database.begin() as session:
        return fleet.enqueue(session, edition.id)


def finish(database: Database, batch: Batch, *, state: DeliveryState) -> None:
    with database.begin() as session:
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.between(batch.first, batch.last))
            .values(state=state, worker_id=None)
        )


def work_until(fleet: Fleet, send: Callable[[Batch], object], *, stop: threading.Event) -> None:
    """Work in this thread until ``stop``, which a send that never comes must not prevent."""
    guard = threading.Timer(60, stop.set)
    guard.start()
    fleet.work(send)
    guard.cancel()


def test_the_letters_and_their_jobs_come_together_or_not_at_all(
    database: Database, fleet: Fleet
) -> None:
    edition = send_to(database, readers=25)
    with database.begin() as session:
        assert fleet.enqueue(session, edition.id) == 3
        session.rollback()
    assert left_over(database) == 0
    assert enqueue(database, fleet, edition) == 3
    assert enqueue(database, fleet, edition) == 0


def test_only_the_first_ring_has_jobs_until_the_others_may_follow(
    database: Database, fleet: Fleet
) -> None:
    edition = send_to(database, readers=25)
    with database.begin() as session:
        first = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.id)).first() or 0
        ring = RingRow(edition_id=edition.id, people=5, first_id=first, last_id=first + 4)
        session.add(ring)
    assert [enqueue(database, fleet, edition) for _ in range(2)] == [1, 0]
    with database.begin() as session:
        session.get_one(RingRow, edition.id).ended_at = NOW
    assert [enqueue(database, fleet, edition) for _ in range(2)] == [3, 0]


def test_every_letter_is_in_one_job_and_a_job_is_over_when_none_of_its_letters_is_open(
    database: Database, fleet: Fleet
) -> None:
    edition = send_to(database, readers=25)
    enqueue(database, fleet, edition)
    stop = threading.Event()
    seen: list[Batch] = []

    def send(batch: Batch) -> None:
        seen.append(batch)
        finish(database, batch, state=DeliveryState.ACCEPTED)
        if len(seen) == 3:
            stop.set()

    work_until(fleet_on(database, stop=stop), send, stop=stop)
    assert sum(batch.last - batch.first + 1 for batch in seen) == 25
    assert len(seen) == len(set(seen)) == 3
    assert enqueue(database, fleet, edition) == 0
    assert left_over(database) == 0


def test_a_job_whose_send_failed_comes_again(database: Database, fleet: Fleet) -> None:
    enqueue(database, fleet, send_to(database, readers=5))
    stop = threading.Event()
    tries: list[Batch] = []

    def send(batch: Batch) -> None:
        tries.append(batch)
        if len(tries) < 3:
            raise OSError("the mail server is away")
        finish(database, batch, state=DeliveryState.ACCEPTED)
        stop.set()

    work_until(fleet_on(database, stop=stop), send, stop=stop)
    assert len(tries) == 3
    assert left_over(database) == 0


def test_the_jobs_of_a_paused_issue_end_and_come_back_when_it_goes_on(
    database: Database, fleet: Fleet
) -> None:
    edition = send_to(database, readers=25)
    enqueue(database, fleet, edition)
    stop = threading.Event()
    seen: list[Batch] = []

    def pause(batch: Batch) -> None:
        seen.append(batch)
        move(database, edition, EditionState.PAUSED)
        if len(seen) == 3:
            stop.set()

    work_until(fleet_on(database, stop=stop), pause, stop=stop)
    assert left_over(database) == 0
    move(database, edition, EditionState.SENDING)
    finish(database, seen[0], state=DeliveryState.ACCEPTED)
    assert enqueue(database, fleet, edition) == 2


def test_letters_that_wait_or_lie_in_other_hands_are_looked_at_in_time(
    database: Database,
) -> None:
    edition = send_to(database, readers=4)
    fleet = fleet_on(database, lease=45.0)
    held, later = claim(database, edition, worker=register(database), limit=2)
    batch = Batch(edition_id=edition.id, first=held.delivery_id, last=later.delivery_id)
    assert fleet.wait_for(batch) == 45.0
    with database.begin() as session:
        session.execute(
            update(DeliveryRow).values(
                state=DeliveryState.DEFERRED, next_at=Clock().now(), worker_id=None
            )
        )
    assert fleet.wait_for(batch) == 1.0
    finish(database, batch, state=DeliveryState.UNKNOWN)
    assert fleet.wait_for(batch) is None


def test_a_machine_with_another_secret_sends_nothing(database: Database, fleet: Fleet) -> None:
    enqueue(database, fleet, send_to(database, readers=5))
    stranger = fleet_on(database, marks=("another",))
    with pytest.raises(ConfigurationError, match=r"set \[app\] secret to the same"):
        stranger.work(lambda _batch: pytest.fail("it was sent"))
    assert left_over(database) == 1


def test_jobs_that_an_older_version_enqueued_are_worked_on(database: Database) -> None:
    longer = "0123456789abcdef"
    assert fleet_on(database, marks=("89", "01234567")).refusal(longer) is None
    assert fleet_on(database, marks=("89", "01234568")).refusal(longer) is not None


def test_what_is_missing_is_said_with_the_cure(database: Database, tmp_path: Path) -> None:
    sqlite = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/small.sqlite3"))
    with pytest.raises(ConfigurationError, match="needs PostgreSQL"):
        fleet_on(sqlite)
    sqlite.close()
    with pytest.raises(SchemaError, match="run 'digest migrate'"):
        fleet_on(database).check()


def test_a_queue_of_an_older_library_is_refused_until_it_is_migrated(
    database: Database, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.check()
    later = [("98.01.00_01_pre_a", "a"), ("98.01.00_50_post_b", "b")]
    for name, table in later:
        (tmp_path / f"{name}.sql").write_text(f"CREATE TABLE step_{table} (id int)")
    with monkeypatch.context() as newer:
        newer.setattr(SchemaManager, "get_migrations_path", lambda: str(tmp_path))
        edition = send_to(database, readers=1)
        with pytest.raises(SchemaError, match="older version of procrastinate"):
            enqueue(database, fleet, edition)
        assert fleet.migrate()
        assert not fleet.migrate()
        fleet.check()
        with database.read() as session:
            assert session.scalar(text("SELECT count(*) FROM step_a, step_b")) == 0
    with pytest.raises(SchemaError, match="newer version of procrastinate"):
        fleet.check()


def test_watching_ends_when_all_is_served(database: Database, fleet: Fleet) -> None:
    edition = send_to(database, readers=3)
    told: list[Mapping[DeliveryState, int]] = []
    progress = Progress(database, edition.id, report=told.append)
    whole = Batch(edition_id=edition.id, first=0, last=10_000_000)
    finish(database, whole, state=DeliveryState.ACCEPTED)
    fleet.watch(progress)
    assert told == [{DeliveryState.ACCEPTED: 3}]


def left_over(database: Database) -> int:
    with database.read() as session:
        return int(session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one())


def move(database: Database, edition: Edition, state: EditionState) -> None:
    with database.begin() as session:
        session.execute(update(EditionRow).where(EditionRow.id == edition.id).values(state=state))


@dataclass
class Fabric:
    """A newsroom whose letters are sent by workers, each in a state folder of its own.

    The folder stands for the machine: what a worker leaves there the others cannot see, so they
    can judge it by its lease only.
    """

    room: Newsroom
    capsys: Capture
    gate: threading.Event = field(default_factory=threading.Event)
    workers: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def hire(self, name: str) -> subprocess.Popen[str]:
        """Start a worker on a machine of this name."""
        url = make_url(self.room.database_url).update_query_dict({"application_name": name})
        self.workers[name] = self.room.start(
            "worker",
            "--at",
            FRIDAY,
            stderr=subprocess.STDOUT,
            env={
                "DIGEST_APP__STATE": str(self.room.folder / name),
                "DIGEST_DATABASE__URL": url.render_as_string(hide_password=False),
            },
        )
        return self.workers[name]

    def ask(self, sql: str, **words: object) -> list[object]:
        """Return the first column of what the database says."""
        engine = create_engine(self.room.database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            found = [row[0] for row in connection.execute(text(sql), words)]
        engine.dispose()
        return found

    def cut_off(self, name: str) -> None:
        """Break every connection of a worker to the database."""
        self.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name",
            name=name,
        )

    def is_on_duty(self, worker: subprocess.Popen[str]) -> bool:
        """Whether a worker has letters: it has not been taken for dead."""
        own = f"%:{worker.pid}:%"
        return bool(self.ask("SELECT id FROM worker WHERE name LIKE :own", own=own))

    def dismiss(self, name: str) -> None:
        """Ask a worker to go; it leaves in good order."""
        worker = self.workers.pop(name)
        worker.send_signal(signal.SIGTERM)
        output, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0, output
        assert "nothing is in hand" in output

    def prove(self, *, unknown: int) -> None:
        """Compare the books with what the mail host has truly taken."""
        copies = Counter(taken.recipient for taken in self.room.mail.accepted)
        assert max(copies.values()) == 1
        everybody = ("--most", str(READERS), "--json")
        account = self.room.call(self.capsys, "issue", "show", "2026-W24", *everybody).data
        named = {person["email"] for person in account["unserved"]}
        assert {f"reader{n}@example.org" for n in range(READERS)} - set(copies) <= named
        assert len(named) <= unknown
        self.room.call(self.capsys, "audit")


@pytest.fixture
def fabric(database_url: str, tmp_path: Path, capsys: Capture) -> Iterator[Fabric]:
    with newsroom(tmp_path, database_url=database_url, delay=0.05) as room:
        room.configure(DELIVERY)
        room.call(capsys, "migrate")
        room.call(capsys, "source", "add", room.blog("Cold reads"), "--at", MONDAY)
        addresses = "".join(f"reader{n}@example.org\n" for n in range(READERS))
        (room.folder / "readers.txt").write_text(addresses, encoding="utf-8")
        room.call(capsys, "subscriber", "add", "--file", "readers.txt", *SAID_YES)
        fabric = Fabric(room, capsys)
        yield fabric
        fabric.gate.set()
        for worker in fabric.workers.values():
            worker.kill()
            worker.communicate()


def wait_until(happens: Callable[[], object], *, seconds: float = 100) -> None:
    """Wait for what other processes do; no event tells of it."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_one_killed_one_frozen_one_cut_off_and_everybody_is_served_once(fabric: Fabric) -> None:
    room = fabric.room
    told = room.call(fabric.capsys, "run", "--at", FRIDAY, code=4).out
    assert f"{READERS} letters are left to the workers" in told
    room.mail.on_accept = lambda _taken: fabric.gate.wait()
    killed, frozen, _ = (fabric.hire(name) for name in ("killed", "frozen", "cut off"))
    # Each has handed over its first letter, and waits for the answer.
    assert room.mail.settles(lambda: len(room.mail.accepted) == len(fabric.workers), seconds=100)
    killed.kill()
    frozen.send_signal(signal.SIGSTOP)
    fabric.cut_off("cut off")
    fabric.gate.set()
    wait_until(lambda: len(room.mail.accepted) >= READERS // 4)
    fabric.cut_off("cut off")
    wait_until(lambda: not fabric.is_on_duty(frozen))
    frozen.send_signal(signal.SIGCONT)
    wait_until(lambda: fabric.ask("SELECT state FROM edition") == ["sent"])
    for name in ("frozen", "cut off"):
        fabric.dismiss(name)
    fabric.prove(unknown=3 * CONNECTIONS * WINDOW)
    assert fabric.ask("SELECT id FROM procrastinate_jobs") == []
    assert "nothing to do" in room.call(fabric.capsys, "run", "--at", FRIDAY).out
