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

    def run(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it in the session's transaction; return its rows, empty where it returns none.

        What waits in the session is not written before: `flush` where it must be. Raises
        SQLAlchemy's errors, as any statement does.
        """
        connection = session.connection()
        dialect = connection.dialect
        is_sqlite = dialect.name == "sqlite"
        driver: Any = connection.connection.dbapi_connection
        try:
            cursor = driver.execute(
                self._sql if is_sqlite else _for_psycopg(self._sql),
                {name: _written(value, as_text=is_sqlite) for name, value in values.items()},
            )
            rows = cursor.fetchall() if cursor.description else []
        except dialect.loaded_dbapi.Error as error:
            kind = dialect.loaded_dbapi.Error
            raise DBAPIError.instance(
                self._sql, None, error, kind, hide_parameters=True, dialect=dialect
            ) from error
        return [self._read(row) for row in rows] if self._times else rows

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        read = list(row)
        for place in self._times:
            read[place] = utc_from(read[place])
        return tuple(read)


@cache
def _for_psycopg(sql: str) -> str:
    return _BLANK.sub(r"%(\1)s", sql.replace("%", "%%"))


def _written(value: Any, *, as_text: bool) -> Any:
    """Write a value as the columns keep it (see `UTCDateTime` and `JSON`)."""
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
