"""Going over from SQLite to PostgreSQL: everything or nothing, and never two live databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from books import claim, register, send_to
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom
from people import NOW
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from digest.delivery.audit import audit
from digest.errors import BusyError, ConfigurationError, SchemaError, UsageError
from digest.migrations import schema
from digest.migrations.copy import copy, open_source
from digest.tables import Base, DeliveryRow, EditionRow, FeedbackRow, SourceRow, WorkerRow
from storage.database import Database
from storage.settings import DatabaseSettings

LATER = "2026-06-12T08:00"  # when those who were put off have their turn

on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    database = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/old.sqlite3"))
    schema.migrate(database)
    yield database
    database.close()


@pytest.fixture
def target(database: Database) -> Database:
    """Give a PostgreSQL without any table."""
    Base.metadata.drop_all(database.engine)
    return database


def copy_all(source: Database, target: Database) -> dict[str, int]:
    return copy(source, target, lease=60, now=NOW)


def contents(database: Database) -> dict[str, list[str]]:
    with database.read() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
        }


@on_postgres
def test_every_row_arrives_as_it_was_and_new_ones_get_new_numbers(
    source: Database, target: Database
) -> None:
    edition = send_to(source, readers=2500)  # more than one chunk
    with source.begin() as session:
        session.execute(update(EditionRow).values(issue={"posts": [], "title": "Größe 🎈"}))
        session.add(SourceRow(name="plain", url="https://plain.example", added_at=NOW, id=40))
        session.add(FeedbackRow(edition_id=edition.id, answer="yes", votes=3))
    counts = copy_all(source, target)
    assert counts["delivery"] == 2500
    assert contents(target) == contents(source)
    with target.begin() as session:
        added = SourceRow(name="next", url="https://next.example", added_at=NOW)
        session.add(added)
        session.flush()
        assert added.id == 41
        assert audit(session) == []
    assert len(claim(target, edition, worker=register(target), limit=10)) == 10


@on_postgres
def test_what_json_does_not_say_is_null_and_not_the_word_null(
    source: Database, target: Database
) -> None:
    send_to(source, readers=1)
    copy_all(source, target)
    with target.read() as session:
        told = select(func.count()).select_from(EditionRow).where(text("issue IS NULL"))
        assert session.scalar(told) == 1


@on_postgres
def test_nothing_can_be_sent_from_the_source_afterwards_not_even_by_who_runs_already(
    source: Database, target: Database
) -> None:
    edition = send_to(source, readers=1)
    copy_all(source, target)
    with pytest.raises(SchemaError, match=r"was copied to postgresql.*is only kept"):
        schema.check(source)
    schema.check(target)
    with pytest.raises(IntegrityError, match="this database has moved"):
        register(source)
    with pytest.raises(IntegrityError, match="this database has moved"), source.begin() as session:
        session.execute(delete(DeliveryRow).where(DeliveryRow.edition_id == edition.id))
    assert contents(source)["delivery"] == contents(target)["delivery"]


@on_postgres
def test_a_target_with_anything_in_it_is_refused_and_the_source_stays_alive(
    source: Database, target: Database
) -> None:
    schema.migrate(target)
    with target.begin() as session:
        session.add(SourceRow(name="mine", url="https://mine.example", added_at=NOW))
    before = contents(target)
    with pytest.raises(UsageError, match=r"is not empty \(table source"):
        copy_all(source, target)
    assert contents(target) == before
    schema.check(source)
    register(source)


@on_postgres
def test_a_value_that_does_not_fit_leaves_both_as_they_were(
    source: Database, target: Database
) -> None:
    with source.begin() as session:
        session.add(SourceRow(name="x" * 300, url="https://long.example", added_at=NOW))
    with pytest.raises(UsageError, match="table source holds a value that PostgreSQL"):
        copy_all(source, target)
    assert not any(contents(target).values())
    schema.check(source)


@on_postgres
@pytest.mark.parametrize(
    ("age", "said"),
    [
        (5.0, "a sender is at work on the source; stop"),
        (3600.0, r"a sender that died has letters in hand \(1\)"),
    ],
)
def test_a_source_from_which_letters_may_be_leaving_is_refused(
    source: Database, target: Database, age: float, said: str
) -> None:
    claim(source, send_to(source, readers=2), worker=register(source))
    with source.begin() as session:
        session.execute(update(WorkerRow).values(heartbeat=WorkerRow.heartbeat - age))
    with pytest.raises(BusyError, match=said):
        copy_all(source, target)
    schema.check(source)


@on_postgres
def test_a_source_of_another_version_is_refused_with_the_cure(
    source: Database, target: Database
) -> None:
    with source.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(SchemaError, match="run 'digest migrate'"):
        copy_all(source, target)


@on_postgres
def test_a_copy_that_did_not_arrive_can_be_made_again(source: Database, target: Database) -> None:
    send_to(source, readers=3)
    copy_all(source, target)
    Base.metadata.drop_all(target.engine)  # as if the machine died before the target's commit
    with target.begin() as session:
        session.execute(text("DROP TABLE alembic_version"))
    assert copy_all(source, target)["delivery"] == 3


def test_a_copy_into_sqlite_and_one_from_nowhere_say_what_to_do(
    source: Database, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"set it to\s+postgresql"):
        copy_all(source, Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/new.sqlite3")))
    with pytest.raises(UsageError, match="there is no such file"):
        open_source(f"sqlite:///{tmp_path}/missing.sqlite3")
    with pytest.raises(UsageError, match="takes an SQLite file"):
        open_source("postgresql+psycopg://somewhere/else")
    assert not (tmp_path / "missing.sqlite3").exists()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    url = f"sqlite:///{tmp_path}/first.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url) as room:
        yield room


@on_postgres
@pytest.mark.usefixtures("target")
def test_an_issue_begun_on_sqlite_is_finished_on_postgresql(
    room: Newsroom, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    room.mail.greylist = True
    room.call(capsys, "source", "add", room.blog("Cold reads"), "--at", MONDAY)
    room.call(capsys, "subscriber", "add", "ada@example.org", "grace@example.org", *SAID_YES)
    room.call(capsys, "run", "--at", FRIDAY, code=4)
    assert len(room.mail.accepted) == 0
    old, room.database_url = room.database_url, database_url
    room.configure()
    told = room.call(capsys, "migrate", "--from", old, "--json").data
    assert told["copied"]["delivery"] == 2
    room.call(capsys, "run", "--at", LATER)
    assert {taken.recipient for taken in room.mail.accepted} == {
        "ada@example.org",
        "grace@example.org",
    }
    room.database_url = old
    room.configure()
    assert "was copied to" in room.call(capsys, "run", "--at", LATER, code=2).err
