"""The tables of the fleet's queue: made, brought to the library's version, and checked.

They are the library's own (procrastinate), and it leaves it to us to know how far they are. So the
name of the last step that was taken stands in the comment of the table of jobs.
"""

from pathlib import Path
from typing import Any

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from digest.errors import SchemaError

_MARK = "digest: up to "
_UNMARKED = (
    "03.04.00_50_post_add_retry_failed_job_procedure"  # what was made before there were marks
)


def advance(session: Session) -> bool:
    """Make the tables, or take the next step that is missing; False when there is none.

    A step may add a value to an enumeration, which PostgreSQL lets nobody use in the same
    transaction: so each wants one of its own.
    """
    if not _exists(session):
        raw(session).execute(SchemaManager.get_schema())
        _mark(session, _steps()[-1])
        return True
    for step in _missing(session)[:1]:
        raw(session).execute(step.read_bytes())
        _mark(session, step)
        return True
    return False


def check(session: Session) -> None:
    """Raise `SchemaError` with the cure when the tables are not those of this machine's library."""
    if not _exists(session):
        raise SchemaError("the database has no queue for the fleet yet; run 'digest migrate'")
    if _missing(session):
        raise SchemaError(
            "the fleet's queue was made for an older version of procrastinate; stop every"
            " 'digest worker', then run 'digest migrate'"
        )


def raw(session: Session) -> psycopg.Connection[Any]:
    """Return psycopg's own connection, in the session's transaction."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the only driver we allow
    return connection


def _exists(session: Session) -> bool:
    return session.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is not None


def _missing(session: Session) -> list[Path]:
    """Return the steps that this database has not taken; refuse one that went further than we."""
    steps = _steps()
    taken = _taken(session)
    if taken > steps[-1].stem:
        raise SchemaError(
            "the fleet's queue was made for a newer version of procrastinate than the one on this"
            " machine; install the version of Digest that the other machines have"
        )
    return [step for step in steps if step.stem > taken]


def _steps() -> list[Path]:
    """Return the library's steps in their order, which their names give: version, then number."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _taken(session: Session) -> str:
    """Return the name of the last step that was taken."""
    comment = session.scalar(text("SELECT obj_description('procrastinate_jobs'::regclass)"))
    return str(comment).removeprefix(_MARK) if comment else _UNMARKED


def _mark(session: Session, step: Path) -> None:
    words = sql.Literal(_MARK + step.stem)
    raw(session).execute(sql.SQL("COMMENT ON TABLE procrastinate_jobs IS {}").format(words))
