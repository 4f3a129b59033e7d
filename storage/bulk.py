"""One statement for many rows, which travel as one text: a way to the database and back for all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage.statement import PLAIN, Rows, Statement, written

# PostgreSQL takes any list for a hundred rows, and would rather read through a table of thousands
# than look up so many. It takes a range for a small part of them.
_POSTGRESQL = """(
    SELECT * FROM ROWS FROM (json_to_recordset(:rows) AS ({typed}))
        WITH ORDINALITY AS told ({names}, place)
    WHERE place BETWEEN 1 AND 1000000000
) AS "row" """
_SQLITE = """(SELECT {read} FROM json_each(:rows)) AS "row" """


class BulkStatement:
    """A statement in which ``{rows}`` stands for a table ``row`` of what is written.

    ``columns`` are its columns, with their types as PostgreSQL calls them: text, integer, json,
    timestamptz. All else is as in `Statement`. The order of the rows that come back is anybody's.
    """

    def __init__(self, sql: str, *, columns: Mapping[str, str], times: Sequence[int] = ()) -> None:
        on_sqlite = _SQLITE.format(
            read=", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
        )
        on_postgresql = _POSTGRESQL.format(
            typed=", ".join(f"{name} {kind}" for name, kind in columns.items()),
            names=", ".join(columns),
        )
        self._columns = tuple(columns)
        self._on_sqlite = Statement(sql.replace("{rows}", on_sqlite), times=times)
        self._on_postgresql = Statement(sql.replace("{rows}", on_postgresql), times=times)

    def run(self, session: Session, rows: Iterable[Mapping[str, Any]], **values: Any) -> Rows:
        """Run it in the session's transaction for all rows; none is sent where there are none.

        ``values`` fill the blanks that are the same for all. Raises as `Statement.run` does.
        """
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        told = [
            {name: _told(row[name], is_sqlite=is_sqlite) for name in self._columns} for row in rows
        ]
        if not told:
            return []
        statement = self._on_sqlite if is_sqlite else self._on_postgresql
        return statement.run(session, {"rows": json.dumps(told), **values})


def _told(value: Any, *, is_sqlite: bool) -> Any:
    """Write a value so that JSON can tell it."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Mapping):
        return value
    if isinstance(value, datetime):
        at = written(value, as_text=True)
        return at if is_sqlite else f"{at}+00"
    return written(value, as_text=True)
