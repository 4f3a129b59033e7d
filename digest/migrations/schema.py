"""Brings a database to the schema of this version, and refuses one that is not there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, inspect, select, table

from digest.errors import SchemaError
from storage.database import Database, one_at_a_time

MOVED = "moved_to"
"""The table that stands in a database whose data live elsewhere now."""


def head() -> str:
    """Return the revision that this version of the program works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(database: Database) -> str | None:
    """Return the database's revision; None for an empty database."""
    with database.read() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def migrate(database: Database) -> bool:
    """Bring the database to this version in one transaction; False when it was there already.

    Two processes may call this at once: SQLite's write lock or an advisory lock lets one wait.
    """
    with database.begin() as session:
        connection = session.connection()
        one_at_a_time(session, "migrate")
        before = MigrationContext.configure(connection).get_current_revision()
        _refuse_newer(before)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before != head()


def check(database: Database) -> None:
    """Raise `SchemaError` with the cure when the schema is not this version's, or has moved."""
    check_revision(database)
    if place := moved_to(database):
        raise SchemaError(
            f"this database was copied to {place} and is only kept: nothing is sent from it, and"
            " nothing can be written; set [database] url to the new one"
        )


def moved_to(database: Database) -> str | None:
    """Return where the data were copied to; None as long as they live here."""
    with database.read() as session:
        if not inspect(session.connection()).has_table(MOVED):
            return None
        return str(session.execute(select(column("place")).select_from(table(MOVED))).scalar_one())


def check_revision(database: Database) -> None:
    """Raise `SchemaError` with the cure when the schema is not this version's."""
    found = current(database)
    if found is None:
        raise SchemaError("the database is empty; run 'digest migrate' to create its tables")
    _refuse_newer(found)
    if found != head():
        raise SchemaError(
            f"the database has schema {found}, this version needs {head()};"
            " make a backup, then run 'digest migrate'"
        )


def _refuse_newer(revision: str | None) -> None:
    scripts = ScriptDirectory.from_config(_config())
    if revision and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaError(
            f"the database has schema {revision}, which a newer version of Digest made;"
            " install that version again, or restore an older backup"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
