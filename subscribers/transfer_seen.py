"""What is known of the mailboxes of an import: in our tables, and in what a rehearsal has seen."""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    MetaData,
    SQLColumnExpression,
    String,
    Table,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.types import UTCDateTime
from subscribers.tables import SubscriberRow, SuppressionRow
from subscribers.transfer_decide import Known


class Found(NamedTuple):
    """What is known of one mailbox, and the id of its row (0: it has none)."""

    id: int
    known: Known


def find(session: Session, keys: Mapping[str, str], *, lock: bool) -> dict[str, Found]:
    """Look mailboxes up; ``keys`` maps each hash, under any secret, to the one it stands for."""
    people = select(
        SubscriberRow.mailbox_key,
        SubscriberRow.id,
        SubscriberRow.status,
        SubscriberRow.confirmed_at,
    ).where(_among(session, SubscriberRow.mailbox_key, keys))
    if lock:  # in one order, so that two imports cannot wait for each other
        people = people.order_by(SubscriberRow.id).with_for_update()
    found = {
        keys[key]: Found(number, Known(status, confirmed_at))
        for key, number, status, confirmed_at in session.execute(people)
    }
    barriers = select(
        SuppressionRow.mailbox_key, SuppressionRow.reason, SuppressionRow.since
    ).where(_among(session, SuppressionRow.mailbox_key, keys))
    for key, reason, since in session.execute(barriers):
        number, known = found.get(keys[key], _STRANGER)
        barred = f"suppressed on {since:%Y-%m-%d} ({reason})"
        found[keys[key]] = Found(number, known._replace(barred=barred))
    return found


def _among(
    session: Session, column: SQLColumnExpression[str], keys: Iterable[str]
) -> ColumnElement[bool]:
    """Compare with thousands of keys in one value: a parameter for each one takes longer."""
    if session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(json.dumps(list(keys))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(keys), ARRAY(String)))


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
        rows = select(_REHEARSED).where(_among(self._session, _REHEARSED.c.mailbox_key, keys))
        return {
            row.mailbox_key: Known(row.status, row.confirmed_at)
            for row in self._session.execute(rows)
        }

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
