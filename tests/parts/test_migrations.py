"""The schema through time, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from digest.errors import SchemaError
from digest.migrations import schema
from digest.posts import store
from digest.sources import quarantine
from digest.sources.watch import Alarm
from digest.tables import Base
from storage.database import Database, DatabaseSettings


@pytest.fixture
def empty(database: Database, tmp_path: Path) -> Iterator[Database]:
    """Give a database without any table."""
    if database.is_sqlite:
        fresh = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/empty.sqlite3"))
        yield fresh
        fresh.close()
        return
    Base.metadata.drop_all(database.engine)
    yield database


def test_migrating_gives_the_schema_that_the_code_declares(empty: Database) -> None:
    assert schema.migrate(empty)
    assert not schema.migrate(empty)
    schema.check(empty)
    with empty.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_posts_that_the_first_version_held_as_a_flood_can_be_released(empty: Database) -> None:
    at = "2026-06-09 12:00:00+00:00" if not empty.is_sqlite else "2026-06-09 12:00:00.000000"
    with empty.begin() as session:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent))
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0002")
        session.execute(
            text(
                "INSERT INTO source (id, name, url, kind, added_at, state, failures)"
                " VALUES (1, 'quay', 'https://quay.example', 'feed', :at, 'unchanged', 0)"
            ),
            {"at": at},
        )
        post = text(
            "INSERT INTO post (id, source_id, url, title, tags, first_seen_at, held)"
            " VALUES (:id, 1, 'https://quay.example/', 'A', '[]', :at, :held)"
        )
        session.execute(post, [{"id": 1, "at": at, "held": "flood"}])
        session.execute(post, [{"id": 2, "at": at, "held": None}])
    schema.migrate(empty)
    with empty.begin() as session:
        (found,) = quarantine.all_quarantined(session)
        assert (found.source, found.alarm, found.held) == ("quay", Alarm.FLOOD, 1)
        assert found.since == datetime(2026, 6, 9, 12, tzinfo=UTC)
        held, free = store.posts_where(session)
    assert (held.alarm, held.held, free.alarm) == ("flood", None, None)


def test_an_empty_database_is_refused_with_the_command_that_mends_it(empty: Database) -> None:
    with pytest.raises(SchemaError, match="run 'digest migrate'"):
        schema.check(empty)


def test_an_older_schema_is_refused_and_a_newer_one_left_alone(empty: Database) -> None:
    schema.migrate(empty)
    with empty.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="newer version"):
        schema.check(empty)
    with pytest.raises(SchemaError, match="newer version"):
        schema.migrate(empty)
