"""What is known of the mailboxes of an import: in our tables, and in what a rehearsal has seen."""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.statement import Rows, Statement
from storage.types import UTCDateTime
from subscribers.transfer_decide import Known


class Found(NamedTuple):
    """What is known of one mailbox, and the id of its row (0: it has none)."""

    id: int
    known: Known


def find(session: Session, keys: Mapping[str, str], *, lock: bool) -> dict[str, Found]:
    """Look mailboxes up; ``keys`` maps each hash, under any secret, to the one it stands for."""
    found = {
        keys[key]: Found(number, Known(status, confirmed_at))
        for key, number, status, confirmed_at in _among(session, _PEOPLE, keys, lock=lock)
    }
    for key, reason, since in _among(session, _BARRIERS, keys):
        number, known = found.get(keys[key], _STRANGER)
        barred = f"suppressed on {since:%Y-%m-%d} ({reason})"
        found[keys[key]] = Found(number, known._replace(barred=barred))
    return found


class _Query:
    """A query for thousands of keys, which travel in one text: a value for each takes longer."""

    def __init__(self, columns: str, table: str, *, time: int) -> None:
        query = f"SELECT {columns} FROM {table}"  # noqa: S608 - no value of anybody's stands in it
        among = f"{query} WHERE mailbox_key = ANY(string_to_array(:keys, ','))"
        self.on_sqlite = Statement(
            f"{query} JOIN json_each(:keys) ON json_each.value = mailbox_key", times=[time]
        )
        self.on_postgresql = Statement(among, times=[time])
        # In one order, so that two imports cannot wait for each other.
        self.locking = Statement(f"{among} ORDER BY {table}.id FOR UPDATE", times=[time])


_PEOPLE = _Query("mailbox_key, subscriber.id, status, confirmed_at", "subscriber", time=3)
_BARRIERS = _Query("mailbox_key, reason, since", "suppression", time=2)
_SEEN = _Query("mailbox_key, status, confirmed_at", "rehearsed", time=2)


def _among(session: Session, query: _Query, keys: Iterable[str], *, lock: bool = False) -> Rows:
    if session.get_bind().dialect.name == "sqlite":
        return query.on_sqlite.run(session, {"keys": json.dumps(list(keys))})
    statement = query.locking if lock else query.on_postgresql
    return statement.run(session, {"keys": ",".join(keys)})


_STRANGER = Found(0, Known(None, None))

# Of the connection alone, and on disk when it grows: a rehearsal of any size leaves no trace.
_REHEARSED = Table(
    "rehearsed",
    MetaData(),
    Column("mailbox_key", String(64), primary_key=True),
    Column("status", String(20)),
    Column("confirmed_at", UTCDateTime),
    prefixes=["TEMPORARY"],
)


class Rehearsal:
    """Remembers what an import would have written, so that doubles are found all the same."""

    def __init__(self, session: Session) -> None:
        self._session = session
        _REHEARSED.create(session.connection())

    def find(self, keys: Iterable[str]) -> dict[str, Known]:
        """Return what would be known of these mailboxes by now."""
        rows = _among(self._session, _SEEN, set(keys))
        return {key: Known(status, confirmed_at) for key, status, confirmed_at in rows}

    def remember(self, decided: Mapping[str, Known]) -> None:
        """Note what would be known of these mailboxes from now on."""
        if not decided:
            return
        dialect = sqlite if self._session.get_bind().dialect.name == "sqlite" else postgresql
        statement = dialect.insert(_REHEARSED)
        statement = statement.on_conflict_do_update(
            index_elements=["mailbox_key"],
            set_={
                "status": statement.excluded.status,
                "confirmed_at": statement.excluded.confirmed_at,
            },
        )
        self._session.connection().execute(
            statement,
            [
                {"mailbox_key": key, "status": known.status, "confirmed_at": known.confirmed_at}
                for key, known in decided.items()
            ],
        )
