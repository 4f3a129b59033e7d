"""Brings a database to the schema of this version, and refuses one that is not there.

Every command looks at the schema and few change it, so Alembic is loaded only to migrate.
"""

from pathlib import Path

from sqlalchemy import column, inspect, select, table
from sqlalchemy.orm import Session

from digest.errors import SchemaError
from storage.database import Database, one_at_a_time

_HERE = Path(__file__).parent

MOVED = "moved_to"
"""The table that stands in a database whose data live elsewhere now."""


def head() -> str:
    """Return the revision that this version of the program works with."""
    return _revisions()[-1]


def current(database: Database) -> str | None:
    """Return the database's revision; None for an empty database, and where there is none yet."""
    if database.is_missing:
        return None
    with database.read() as session:
        return _stamp(session)


def migrate(database: Database) -> bool:
    """Bring the database to this version in one transaction; False when it was there already.

    Where there is none it is made.
    Two processes may call this at once: SQLite's write lock or an advisory lock lets one wait.
    """
    from alembic import command  # noqa: PLC0415 - only to migrate
    from alembic.config import Config  # noqa: PLC0415 - only to migrate

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    database.create()
    with database.begin() as session:
        one_at_a_time(session, "migrate")
        before = _stamp(session)
        _refuse_newer(before)
        config.attributes["connection"] = session.connection()
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
    if revision and revision not in _revisions():
        raise SchemaError(
            f"the database has schema {revision}, which a newer version of Digest made;"
            " install that version again, or restore an older backup"
        )


def _revisions() -> list[str]:
    """Return the revisions that this version knows, oldest first: their files' names begin so."""
    files = (_HERE / "versions").glob("m*_*.py")
    return sorted(file.name.removeprefix("m").partition("_")[0] for file in files)


def _stamp(session: Session) -> str | None:
    """Return the revision that Alembic has written into a database; None where there is none."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    return session.scalar(select(column("version_num")).select_from(table("alembic_version")))
