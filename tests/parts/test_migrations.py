"""The schema through time, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from digest.errors import SchemaError
from digest.migrations import schema
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
