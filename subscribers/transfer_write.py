"""Writes many newcomers at once, each with the evidence of consent, as each database likes it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, groupby
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from subscribers.tables import ConsentKind
from subscribers.transfer_ready import OWN, SHARED, Newcomer, Values, own, shared
from subscribers.transfer_record import instant

_PEOPLE = (*OWN[1:], *SHARED[:-1])
_EVIDENCE, _KEY, _SOURCE = map(Newcomer._fields.index, ("evidence", "mailbox_key", "source"))
_OF_PERSON = slice(_EVIDENCE + 1, _SOURCE)
_EVENT = "subscriber_id, at, kind, source, evidence"
_AT_ONCE = 50  # rows of one statement: to begin and to end it takes longer than a row
# KiB: keys are random, so each one lands on another page of their index. The connection keeps them:
# `room_for_many` for each piece would read them all again, which takes 2 us for each row.
_CACHE = 48_000
_LOG = 40_000  # pages that SQLite gathers before it moves them: many are written more than once


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
    """Give the ids ourselves: this transaction is the only writer, so nobody else can.

    Neighbours who share a part of their values are written together, and that part is told once.
    """
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE}")
    connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_LOG}")
    first = 1 + connection.execute(text("SELECT coalesce(max(id), 0) FROM subscriber")).scalar_one()
    at, kind = instant(now), ConsentKind.IMPORTED.value
    with _driver(connection) as driver:
        for alike, run in groupby(newcomers, key=shared):
            evidence, *people = zip(*map(own, run), strict=True)
            ids = range(first, first + len(evidence))
            first = ids.stop
            *wishes, source = alike
            _INTO_PEOPLE.run(driver, zip(ids, *people, strict=True), wishes)
            _INTO_EVENTS.run(driver, zip(ids, evidence, strict=True), (at, kind, source))


class _Insert:
    """An insert of many rows, of which the last columns are ``alike`` in all."""

    def __init__(self, table: str, own: Sequence[str], alike: Sequence[str]) -> None:
        self._into = f"{table} ({', '.join((*own, *alike))})"
        self._own, self._alike = len(own), len(alike)
        self._many, self._one = self._statement(_AT_ONCE), self._statement(1)

    def _statement(self, rows: int) -> str:
        """Write it for so many rows; what is alike is bound once.

        OR FAIL, because else each page is copied, to undo the first rows where a later one fails:
        whoever fails here undoes all of the transaction.
        """
        alike = [f"?{place}" for place in range(1, self._alike + 1)]
        places = range(self._alike + 1, self._alike + 1 + rows * self._own, self._own)
        blanks = [
            ", ".join([*(f"?{place + n}" for n in range(self._own)), *alike]) for place in places
        ]
        return f"INSERT OR FAIL INTO {self._into} VALUES ({'), ('.join(blanks)})"  # noqa: S608 - ours

    def run(self, driver: Any, rows: Iterable[Sequence[Any]], alike: Sequence[Any]) -> None:
        """Insert rows, of each of which these are its own values."""
        values = tuple(chain.from_iterable(rows))
        step = self._own * _AT_ONCE
        whole = len(values) - len(values) % step
        many = ((*alike, *values[at : at + step]) for at in range(0, whole, step))
        rest = range(whole, len(values), self._own)
        driver.executemany(self._many, many)
        driver.executemany(self._one, ((*alike, *values[at : at + self._own]) for at in rest))


_INTO_PEOPLE = _Insert("subscriber", ("id", *OWN[1:]), SHARED[:-1])
_INTO_EVENTS = _Insert("consent_event", ("subscriber_id", "evidence"), ("at", "kind", "source"))


def _copy(connection: Connection, newcomers: Sequence[Values], *, now: datetime) -> None:
    """Copy them straight into the tables, under ids that nobody else gets."""
    at, kind = instant(now), ConsentKind.IMPORTED.value
    ids = connection.execute(text(_IDS), {"count": len(newcomers)}).scalar_one()
    with _driver(connection) as driver, driver.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        people = f"COPY subscriber (id, {', '.join(_PEOPLE)}) FROM STDIN"
        with cursor.copy(people) as copy:
            for number, one in zip(ids, newcomers, strict=True):
                copy.write_row((number, *one[_OF_PERSON]))
        with cursor.copy(f"COPY consent_event ({_EVENT}) FROM STDIN") as copy:
            for number, one in zip(ids, newcomers, strict=True):
                copy.write_row((number, at, kind, one[_SOURCE], one[_EVIDENCE]))


def _insert_strangers(
    connection: Connection, newcomers: Sequence[Values], *, now: datetime
) -> set[str]:
    """Copy them into a table of our own; from there the unique key decides who is new."""
    connection.execute(text(_INCOMING))
    columns = ", ".join(Newcomer._fields)
    with _driver(connection) as driver, driver.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
            for one in newcomers:
                copy.write_row(one)
    values = {"now": now, "kind": ConsentKind.IMPORTED.value}
    written = connection.execute(text(_TAKE), values).scalars().all()
    connection.execute(text("DROP TABLE incoming"))
    return {one[_KEY] or "" for one in newcomers} - set(written)


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
