"""Writes many newcomers at once, each with the evidence of consent, as each database likes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from subscribers.tables import ConsentKind

_PEOPLE = (
    "email", "mailbox_key", "name", "language", "status", "created_at", "confirmed_at",
    "paused_until", "topics", "pace", "format",
)  # fmt: skip
_CACHE = 64_000  # KiB: keys are random, so each one lands on another page of their index


class Newcomer(NamedTuple):
    """One row of people and, in the last two values, of evidence (JSON)."""

    email: str
    mailbox_key: str
    name: str | None
    language: str
    status: str
    created_at: datetime
    confirmed_at: datetime | None
    paused_until: datetime | None
    topics: str | None
    pace: str
    format: str
    source: str
    evidence: str


def write(session: Session, newcomers: Sequence[Newcomer], *, now: datetime) -> set[str]:
    """Write them and their consent events; return the keys of those who were there already.

    Only another process can have added those, in this very moment.
    """
    if not newcomers:
        return set()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        _write_sqlite(connection, newcomers, now=now)
        return set()
    return _write_postgres(connection, newcomers, now=now)


def _write_sqlite(connection: Connection, newcomers: Sequence[Newcomer], *, now: datetime) -> None:
    """Give the ids ourselves: this transaction is the only writer, so nobody else can."""
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE}")
    first = 1 + connection.execute(text("SELECT coalesce(max(id), 0) FROM subscriber")).scalar_one()
    at = _moment(now)
    people, events = [], []
    for number, one in enumerate(newcomers, first):
        created = _moment(one.created_at)
        confirmed = created if one.confirmed_at is one.created_at else _moment(one.confirmed_at)
        times = (created, confirmed, _moment(one.paused_until))
        people.append((number, *one[:5], *times, *one[8:11]))
        events.append((number, at, "imported", one.source, one.evidence))
    marks = ", ".join("?" * (len(_PEOPLE) + 1))
    connection.exec_driver_sql(
        f"INSERT INTO subscriber (id, {', '.join(_PEOPLE)}) VALUES ({marks})",  # noqa: S608 - ours
        people,
    )
    connection.exec_driver_sql(
        "INSERT INTO consent_event (subscriber_id, at, kind, source, evidence)"
        " VALUES (?, ?, ?, ?, ?)",
        events,
    )


def _moment(at: datetime | None) -> str | None:
    """Write a UTC time as SQLAlchemy keeps it in SQLite."""
    return None if at is None else at.isoformat(" ", "microseconds")[:26]


def _write_postgres(
    connection: Connection, newcomers: Sequence[Newcomer], *, now: datetime
) -> set[str]:
    """Copy them into a table of our own; from there the unique key decides who is new."""
    connection.execute(text(_INCOMING))
    driver: Any = connection.connection.driver_connection
    columns = ", ".join((*_PEOPLE, "source", "evidence"))
    with driver.cursor() as cursor, cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
        for one in newcomers:
            copy.write_row(one)
    values = {"now": now, "kind": ConsentKind.IMPORTED.value}
    written = connection.execute(text(_TAKE), values).scalars().all()
    connection.execute(text("DROP TABLE incoming"))
    if len(written) == len(newcomers):
        return set()
    return {one.mailbox_key for one in newcomers} - set(written)


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
    INSERT INTO consent_event (subscriber_id, at, kind, source, evidence)
    SELECT taken.id, :now, :kind, incoming.source, incoming.evidence
    FROM taken JOIN incoming USING (mailbox_key)
    ORDER BY taken.id
)
SELECT mailbox_key FROM taken
"""  # noqa: S608 - no value of anybody's stands in it
