"""The import: rows of another tool's list become people, with the evidence of their consent."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.types import utc_from
from subscribers import consent
from subscribers.doubts import doubts
from subscribers.suppression import Reason
from subscribers.tables import ConsentKind, SubscriberRow, SuppressionRow
from subscribers.transfer_decide import Decision, Fate, Known, decide, welcome
from subscribers.transfer_ready import Maker, Newcomer, Ready, Row, Values
from subscribers.transfer_record import Record
from subscribers.transfer_seen import Found, Rehearsal, find
from subscribers.transfer_write import write

PIECE = 20_000
"""Rows of one transaction, for which other writers wait half a second."""

_SUPPRESSED_AS = {"bounced": Reason.BOUNCE, "complained": Reason.COMPLAINT}


class Line(NamedTuple):
    """What became of one row, and what a person may want to look at."""

    line: int
    typed: str
    fate: Fate
    why: str
    doubts: tuple[str, ...]


# What `Line._make` does, without the step through Python that it takes for each row.
_line: Callable[[Iterable[Any]], Line] = partial(tuple.__new__, Line)


_Entry = tuple[int, Ready | Record, tuple[str, ...]]
"""A line, what it says, and the hashes of its mailbox; none where it has no mailbox."""


def take(
    session: Session, rows: Sequence[Row], *, maker: Maker, rehearsal: Rehearsal | None = None
) -> list[Line]:
    """Bring some thousand rows onto the list, and say of each what became of it.

    All of them or none, as the transaction ends. Rows that were taken before are known: an import
    that was cut short is simply run again. With a ``rehearsal`` nothing is written.
    """
    work = _Chunk(maker)
    entries = work.read(rows)
    work.look_up(session, rehearsal)
    lines = [work.decide(entry) for entry in entries]
    if rehearsal is not None:
        rehearsal.remember(work.known_by_now())
        return lines
    overtaken = work.write(session)
    if not overtaken:
        return lines
    return [
        line._replace(fate=Fate.KNOWN, why="") if overtaken.intersection(keys[:1]) else line
        for line, (_, _, keys) in zip(lines, entries, strict=True)
    ]


class _Chunk:
    """The rows of one transaction, and what they come to."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._keys: dict[str, str] = {}  # every hash of a mailbox, and the first of them
        self._contested: set[str] = set()  # by somebody who is known, or by another row
        self._found: dict[str, Found] = {}
        self._newcomers: dict[str, Values] = {}
        self._changes: dict[int, tuple[Newcomer, Decision]] = {}
        self._barred: dict[str, dict[str, Any]] = {}
        self._known_now: dict[str, Known] = {}

    def read(self, rows: Iterable[Row]) -> list[_Entry]:
        """Note the mailboxes of all rows."""
        entries = [
            (line, ready, ready[1]) if ready else self._carefully(line, cells)
            for line, cells, ready in rows
        ]
        self._keys = {key: keys[0] for _, _, keys in entries for key in keys}
        rows_of = Counter(keys[0] for _, _, keys in entries if keys)
        self._contested = {key for key, count in rows_of.items() if count > 1}
        return entries

    def _carefully(self, line: int, cells: list[str]) -> _Entry:
        record = self._maker.record(line, cells)
        mailbox = record.mailbox
        return line, record, self._maker.keys(mailbox) if mailbox else ()

    def look_up(self, session: Session, rehearsal: Rehearsal | None) -> None:
        """Find who is known here, or would be by now."""
        self._found = find(session, self._keys, lock=rehearsal is None)
        if rehearsal is not None:
            self._known_now = rehearsal.find(self._keys.values())
        self._contested |= self._found.keys() | self._known_now.keys()

    def decide(self, entry: _Entry) -> Line:
        """Say what becomes of a row; of one that nobody contests it was decided beforehand."""
        line, says, keys = entry
        if isinstance(says, Record):
            return self._weigh(says, keys[0] if keys else "")
        typed, _, questions, values = says
        key = keys[0]
        if key not in self._contested:
            self._newcomers[key] = values
            return _line((line, typed, Fate.ACCEPTED, "", questions))
        decision = welcome(self._known(key), has_source=True)
        if decision.status:
            self._plan(Newcomer._make(values), decision)
        return Line(line, typed, decision.fate, decision.why, questions)

    def _weigh(self, record: Record, key: str) -> Line:
        mailbox = record.mailbox
        if mailbox is None:
            return Line(record.line, record.typed, Fate.REFUSED, record.wrong, ())
        has_source = bool(record.source or self._maker.order.source)
        decision = decide(record, self._known(key), has_source=has_source)
        if status := decision.status:
            self._plan(self._maker.newcomer(record, mailbox, key=key, status=status), decision)
            if status in _SUPPRESSED_AS:
                self._barred[key] = self._barrier(record, key, status)
        return Line(record.line, record.typed, decision.fate, decision.why, doubts(mailbox))

    def _known(self, key: str) -> Known | None:
        """Return what is known of a mailbox by now."""
        if key in self._known_now:
            return self._known_now[key]
        return self._found[key].known if key in self._found else None

    def _plan(self, one: Newcomer, decision: Decision) -> None:
        key, status = one.mailbox_key, decision.status
        joined_at = utc_from(one.confirmed_at) if status == "confirmed" else None
        self._known_now[key] = Known(status, joined_at)
        row = self._found.get(key)
        if row is not None and row.id:
            self._changes[row.id] = (one, decision)
        else:
            before = Newcomer._make(self._newcomers.get(key, one))
            self._newcomers[key] = one._replace(
                name=one.name or before.name, confirmed_at=one.confirmed_at or before.confirmed_at
            )

    def known_by_now(self) -> dict[str, Known]:
        """Return what is known of all who are written."""
        newcomers = map(Newcomer._make, self._newcomers.values())
        written = {
            one.mailbox_key: Known(one.status, utc_from(one.confirmed_at)) for one in newcomers
        }
        return written | self._known_now

    def _barrier(self, record: Record, key: str, status: str) -> dict[str, Any]:
        order = self._maker.order
        return {
            "mailbox_key": key,
            "reason": _SUPPRESSED_AS[status],
            "since": record.left_at or order.now,
            "detail": f"import of {order.file}",
        }

    def write(self, session: Session) -> set[str]:
        """Write what was decided; return the keys of those who came in this very moment.

        They came onto the list some other way, so they are known after all.
        """
        overtaken = write(session, list(self._newcomers.values()), now=self._maker.order.now)
        for subscriber_id, (one, decision) in self._changes.items():
            self._change(session, subscriber_id, one, decision)
        if self._barred:
            dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
            statement = dialect.insert(SuppressionRow).on_conflict_do_nothing()
            session.execute(statement, list(self._barred.values()))
        return overtaken

    def _change(
        self, session: Session, subscriber_id: int, one: Newcomer, decision: Decision
    ) -> None:
        """Write a person who is on the list already, locked since we looked them up."""
        now = self._maker.order.now
        values: dict[str, Any] = {"status": decision.status}
        if decision.fate is Fate.ACCEPTED:
            values["confirmed_at"] = utc_from(one.confirmed_at) or now
        session.execute(
            update(SubscriberRow).where(SubscriberRow.id == subscriber_id).values(values)
        )
        consent.record(
            session,
            subscriber_id=subscriber_id,
            kind=ConsentKind.IMPORTED,
            source=one.source,
            now=now,
            evidence=json.loads(one.evidence),
        )
