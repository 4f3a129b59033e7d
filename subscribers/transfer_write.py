"""Writes many newcomers at once, each with the evidence of consent, as each database likes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from subscribers.tables import ConsentKind
from subscribers.transfer_ready import Values
from subscribers.transfer_record import instant

_PEOPLE = (
    "email", "mailbox_key", "name", "language", "status", "created_at", "confirmed_at",
    "paused_until", "topics", "pace", "format",
)  # fmt: skip
_EVENT = "subscriber_id, at, kind, source, evidence"
_CACHE = 64_000  # KiB: keys are random, so each one lands on another page of their index
_LOG = 20_000  # pages that SQLite gathers before it moves them: many are written more than once


def write(session: Session, newcomers: Sequence[Values], *, now: datetime) -> set[str]:
    """Write `Newcomer`s and their consent events; return the keys of those who were there already.

    Only another process can have added those, in this very moment.
    """
    if not newcomers:
        return set()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        _write_sqlite(connection, newcomers, now=now)
        return set()
    try:
        with connection.begin_nested():
            _copy(connection, newcomers, now=now)
    except IntegrityError:
        return _insert_strangers(connection, newcomers, now=now)
    return set()


@contextmanager
def _driver(connection: Connection) -> Iterator[Any]:
    """Give the driver's own connection: SQLAlchemy keeps the rows of a statement for a while.

    Its errors become SQLAlchemy's, without the rows.
    """
    kind = connection.dialect.loaded_dbapi.Error
    try:
        yield connection.connection.driver_connection
    except kind as error:
        raise DBAPIError.instance(
            None, None, error, kind, hide_parameters=True, dialect=connection.dialect
        ) from error


def _write_sqlite(connection: Connection, newcomers: Sequence[Values], *, now: datetime) -> None:
    """Give the ids ourselves: this transaction is the only writer, so nobody else can."""
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE}")
    connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_LOG}")
    first = 1 + connection.execute(text("SELECT coalesce(max(id), 0) FROM subscriber")).scalar_one()
    at, kind = instant(now), ConsentKind.IMPORTED.value
    marks = ", ".join("?" * (len(_PEOPLE) + 1))
    with _driver(connection) as driver:
        driver.executemany(
            f"INSERT INTO subscriber (id, {', '.join(_PEOPLE)}) VALUES ({marks})",  # noqa: S608 - ours
            ((number, *one[:-2]) for number, one in enumerate(newcomers, first)),
        )
        driver.executemany(
            f"INSERT INTO consent_event ({_EVENT}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608 - ours
            ((number, at, kind, *one[-2:]) for number, one in enumerate(newcomers, first)),
        )


def _copy(connection: Connection, newcomers: Sequence[Values], *, now: datetime) -> None:
    """Copy them straight into the tables, under ids that nobody else gets."""
    at, kind = instant(now), ConsentKind.IMPORTED.value
    ids = connection.execute(text(_IDS), {"count": len(newcomers)}).scalar_one()
    with _driver(connection) as driver, driver.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        people = f"COPY subscriber (id, {', '.join(_PEOPLE)}) FROM STDIN"
        with cursor.copy(people) as copy:
            for number, one in zip(ids, newcomers, strict=True):
                copy.write_row((number, *one[:-2]))
        with cursor.copy(f"COPY consent_event ({_EVENT}) FROM STDIN") as copy:
            for number, one in zip(ids, newcomers, strict=True):
                copy.write_row((number, at, kind, *one[-2:]))


def _insert_strangers(
    connection: Connection, newcomers: Sequence[Values], *, now: datetime
) -> set[str]:
    """Copy them into a table of our own; from there the unique key decides who is new."""
    connection.execute(text(_INCOMING))
    columns = ", ".join((*_PEOPLE, "source", "evidence"))
    with _driver(connection) as driver, driver.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
            for one in newcomers:
                copy.write_row(one)
    values = {"now": now, "kind": ConsentKind.IMPORTED.value}
    written = connection.execute(text(_TAKE), values).scalars().all()
    connection.execute(text("DROP TABLE incoming"))
    return {one[1] or "" for one in newcomers} - set(written)


_IDS = "SELECT array_agg(nextval('subscriber_id_seq')) FROM generate_series(1, :count)"
_INCOMING = """
CREATE TEMPORARY TABLE incoming (
    place serial, email varchar, mailbox_key varchar, name varchar, language varchar,
    status varchar, created_at timestamptz, confirmed_at timestamptz, paused_until timestamptz,
    topics text, pace varchar, format varchar, source text, evidence json
)
"""
_TAKE = f"""
WITH taken AS (
    INSERT INTO subscriber ({", ".join(_PEOPLE)})
    SELECT {", ".join(_PEOPLE)} FROM incoming ORDER BY place
    ON CONFLICT (mailbox_key) DO NOTHING
    RETURNING id, mailbox_key
), proven AS (
    INSERT INTO consent_event ({_EVENT})
    SELECT taken.id, :now, :kind, incoming.source, incoming.evidence
    FROM taken JOIN incoming USING (mailbox_key)
    ORDER BY taken.id
)
SELECT mailbox_key FROM taken
"""  # noqa: S608 - no value of anybody's stands in it
