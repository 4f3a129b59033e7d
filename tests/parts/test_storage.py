"""The storage storey on both real databases."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from storage.database import (
    Database,
    DatabaseMissingError,
    DatabaseUnreachableError,
    clock_of,
    room_for_many,
)
from storage.settings import DatabaseSettings
from subscribers.tables import Status, SubscriberRow, SuppressionRow

NOON = datetime(2026, 6, 12, 12, 0, tzinfo=UTC)


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    berlin = datetime(2026, 6, 12, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    with database.begin() as session:
        session.add(SuppressionRow(mailbox_key="k", reason="complaint", since=berlin))
    with database.read() as session:
        row = session.scalars(select(SuppressionRow)).one()
    assert row.since == berlin
    assert row.since.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused(database: Database) -> None:
    row = SuppressionRow(mailbox_key="k", reason="complaint", since=NOON.replace(tzinfo=None))
    with pytest.raises(StatementError, match="attach a time zone"), database.begin() as session:
        session.add(row)


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(
            text(
                "INSERT INTO consent_event (subscriber_id, at, kind, source, evidence)"
                " VALUES (99, :at, 'added', 'a form', '{}')"
            ),
            {"at": "2026-06-12 12:00:00"},
        )


def test_writers_in_many_threads_lose_no_update(database: Database) -> None:
    with database.begin() as session:
        session.add(
            SubscriberRow(mailbox_key="0", language="0", status=Status.PENDING, created_at=NOON)
        )

    def add_ten() -> None:
        for _ in range(10):
            with database.begin() as session:
                row = session.scalars(select(SubscriberRow).with_for_update()).one()
                row.language = str(int(row.language) + 1)

    threads = [threading.Thread(target=add_ten) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalars(select(SubscriberRow.language)).one() == "80"


def test_the_database_clock_runs(database: Database) -> None:
    with database.read() as session:
        first = clock_of(session)
    assert abs(first - datetime.now(UTC).timestamp()) < 60


def test_what_is_deleted_is_in_no_file_of_sqlite(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL keeps its files by its own rules")
    trace = "a detail that nobody may find"
    with database.begin() as session:
        session.add(SuppressionRow(mailbox_key="k", reason="complaint", since=NOON, detail=trace))
    database.empty_log()
    with database.begin() as session:
        session.execute(delete(SuppressionRow))
        assert session.execute(text("PRAGMA secure_delete")).scalar_one() == 1
    file = Path(str(database.url.database))
    files = [file, file.with_name(f"{file.name}-wal")]
    assert any(trace.encode() in one.read_bytes() for one in files)
    database.empty_log()
    assert not any(trace.encode() in one.read_bytes() for one in files)
    with database.begin() as session:
        assert session.execute(text("PRAGMA busy_timeout")).scalar_one() > 1_000


def test_the_log_is_left_to_the_next_one_while_somebody_reads(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL keeps its files by its own rules")
    with database.begin() as session:
        session.add(SuppressionRow(mailbox_key="k", reason="complaint", since=NOON))
    with database.read() as reader:
        reader.execute(select(SuppressionRow.mailbox_key)).all()
        with database.begin() as session:
            session.execute(delete(SuppressionRow))
        database.empty_log()
        assert reader.scalars(select(SuppressionRow.mailbox_key)).all() == ["k"]


def test_room_for_many_rows_is_given_back_even_when_they_fail(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has its pages in one place for all")

    def room() -> int:
        return abs(int(session.execute(text("PRAGMA cache_size")).scalar_one()))

    def fail() -> None:
        with room_for_many(session.connection()):
            found.append(room())
            raise ValueError("no row can be written")

    found: list[int] = []
    with database.begin() as session:
        usual = room()
        with pytest.raises(ValueError, match="no row"):
            fail()
        assert found[0] > usual == room()


def test_only_create_makes_a_file_and_it_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "no folder?" / "new #1.sqlite3"
    database = Database(DatabaseSettings(url=f"sqlite:///{quote(str(path))}"))
    assert database.file is not None
    with pytest.raises(DatabaseMissingError, match="there is no database at"):
        database.ping()
    with pytest.raises(OperationalError), database.read() as session:
        session.execute(text("SELECT 1"))
    assert list(tmp_path.iterdir()) == []
    database.create()
    database.create()
    with database.begin() as session:
        session.execute(text("CREATE TABLE one (n INTEGER)"))
        modes = {one.name: one.stat().st_mode & 0o777 for one in database.file.parent.iterdir()}
    assert set(modes) == {database.file.name + end for end in ("", "-wal", "-shm")}
    assert set(modes.values()) == {0o600}
    database.ping()
    database.close()


def test_an_unreachable_database_is_named_without_its_password() -> None:
    url = "postgresql+psycopg://digest:hunter2@127.0.0.1:1/nowhere"
    with pytest.raises(DatabaseUnreachableError) as caught:
        Database(DatabaseSettings(url=url)).ping()
    assert "127.0.0.1:1" in str(caught.value)
    assert "hunter2" not in str(caught.value)
