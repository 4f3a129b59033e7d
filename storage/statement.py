"""Statements that are written out, and run by the database's driver without being built anew."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from storage.types import utc_from

Rows = list[tuple[Any, ...]]

PLAIN = frozenset({str, int, type(None)})
"""Types of values that every driver, and JSON, takes as they are: most are of these."""

_IDLE = 0  # libpq's PQTRANS_IDLE: no transaction has begun
_BLANK = re.compile(r"(?<!:):(\w+)")


class Statement:
    """One statement, for where many are run in a second: SQLAlchemy takes longer than the database.

    It is SQL that both databases understand. Its blanks are written ``:name``, and filled with
    text, numbers, None, aware datetimes, or mappings, which become JSON. ``times`` are the places
    in a row of the result, from 0, at which there is a time.
    """

    def __init__(self, sql: str, *, times: Sequence[int] = ()) -> None:
        self._sql = sql
        self._times = tuple(times)

    def run(self, session: Session, values: Mapping[str, Any]) -> Rows:
        """Run it in the session's transaction; return its rows, empty where it returns none.

        What waits in the session is not written before: `flush` where it must be. Raises
        SQLAlchemy's errors, as any statement does.
        """
        [rows] = self.run_all(session, [values])
        return rows

    def run_all(self, session: Session, many: Sequence[Mapping[str, Any]]) -> list[Rows]:
        """Run it once for each of these, one after the other; return the rows of each.

        On PostgreSQL all of them travel together: the network and this process are waited for
        once. Errors are those of `run`; which of them failed is not told.
        """
        if not many:
            return []
        connection = session.connection()
        dialect = connection.dialect
        driver: Any = connection.connection.dbapi_connection
        is_sqlite = dialect.name == "sqlite"
        filled = [
            {name: written(value, as_text=is_sqlite) for name, value in values.items()}
            for values in many
        ]
        try:
            found = (_one_by_one if is_sqlite else _in_one_go)(driver, self._sql, filled)
        except dialect.loaded_dbapi.Error as error:
            kind = dialect.loaded_dbapi.Error
            raise DBAPIError.instance(
                self._sql, None, error, kind, hide_parameters=True, dialect=dialect
            ) from error
        return [[self._read(row) for row in rows] for rows in found] if self._times else found

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        read = list(row)
        for place in self._times:
            read[place] = utc_from(read[place])
        return tuple(read)


def _one_by_one(driver: Any, sql: str, many: Sequence[Mapping[str, Any]]) -> list[Rows]:
    return [driver.execute(sql, values).fetchall() for values in many]


def _in_one_go(driver: Any, sql: str, many: Sequence[Mapping[str, Any]]) -> list[Rows]:
    """Send all of them, and BEGIN where that is due, before any answer is read (pipeline mode)."""
    sql = _for_psycopg(sql)
    is_begun = driver.info.transaction_status != _IDLE
    if is_begun and len(many) == 1:  # a pipeline of one costs more than none
        return [_rows(driver.execute(sql, many[0]))]
    with driver.pipeline():
        cursors = [driver.execute(sql, values) for values in many]
    return [_rows(cursor) for cursor in cursors]


def _rows(cursor: Any) -> Rows:
    rows: Rows = cursor.fetchall() if cursor.description else []
    return rows


@cache
def _for_psycopg(sql: str) -> str:
    return _BLANK.sub(r"%(\1)s", sql.replace("%", "%%"))


def written(value: Any, *, as_text: bool) -> Any:
    """Write a value as the columns keep it (see `UTCDateTime` and `JSON`)."""
    if type(value) in PLAIN:  # the questions below take longer
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: attach a time zone before storing it")
        at = value.astimezone(UTC)
        return at.isoformat(" ", "microseconds")[:26] if as_text else at
    if isinstance(value, Mapping):
        return json.dumps(value)
    return value
