"""The import: rows of another tool's list become people, with the evidence of their consent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from subscribers import consent
from subscribers.addresses import Mailbox
from subscribers.doubts import doubts
from subscribers.suppression import Reason
from subscribers.tables import ConsentKind, SubscriberRow, SuppressionRow
from subscribers.tokens import Keyring
from subscribers.transfer_decide import Decision, Fate, Known, decide
from subscribers.transfer_record import Record
from subscribers.transfer_seen import Found, Rehearsal, find
from subscribers.transfer_write import Newcomer, write

_SUPPRESSED_AS = {"bounced": Reason.BOUNCE, "complained": Reason.COMPLAINT}


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an import is to do.

    ``source`` says where and when these people agreed; without it, and without a source in their
    row, they are only ever pending. ``file`` and ``format`` are kept as evidence, ``language`` is
    for rows that name none.
    """

    file: str
    format: str
    source: str
    language: str
    now: datetime
    keyring: Keyring


class Line(NamedTuple):
    """What became of one row, and what a person may want to look at."""

    line: int
    typed: str
    fate: Fate
    why: str
    doubts: tuple[str, ...]


class _Entry(NamedTuple):
    """A row with an address, the keys of its mailbox, and where the consent comes from."""

    record: Record
    mailbox: Mailbox
    key: str
    source: str


def take(
    session: Session,
    records: Sequence[Record],
    *,
    order: Order,
    rehearsal: Rehearsal | None = None,
) -> list[Line]:
    """Bring some thousand rows onto the list, and say of each what became of it.

    All of them or none, as the transaction ends. Rows that were taken before are known: an import
    that was cut short is simply run again. With a ``rehearsal`` nothing is written.
    """
    work = _Chunk(order)
    for record in records:
        work.add(record)
    work.look_up(session, rehearsal)
    lines = [work.decide(record) for record in records]
    if rehearsal is None:
        return work.write(session, lines)
    rehearsal.remember(work.known_now)
    return lines


class _Chunk:
    """The rows of one transaction, and what they come to."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._file = f'"file": {quoted(order.file)}, "format": {quoted(order.format)}'
        self._unsourced = f"import of {order.file}, no consent named"
        self._keys: dict[str, str] = {}  # every hash of a mailbox, and the first of them
        self._key_of: dict[int, str] = {}  # by line
        self._found: dict[str, Found] = {}
        self._newcomers: dict[str, Newcomer] = {}
        self._changes: dict[int, tuple[_Entry, Decision]] = {}
        self._barred: dict[str, dict[str, Any]] = {}
        self.known_now: dict[str, Known] = {}

    def add(self, record: Record) -> None:
        if record.mailbox is None:
            return
        keys = self._order.keyring.mailbox_keys(record.mailbox.canonical)
        self._key_of[record.line] = keys[0]
        for key in keys:
            self._keys[key] = keys[0]

    def look_up(self, session: Session, rehearsal: Rehearsal | None) -> None:
        self._found = find(session, self._keys, lock=rehearsal is None)
        if rehearsal is not None:
            self.known_now = rehearsal.find(self._keys.values())

    def decide(self, record: Record) -> Line:
        mailbox = record.mailbox
        if mailbox is None:
            return Line(record.line, record.typed, Fate.REFUSED, record.wrong, ())
        key = self._key_of[record.line]
        source = record.source or self._order.source
        known = self.known_now.get(key)
        if known is None and key in self._found:
            known = self._found[key].known
        decision = decide(record, known, has_source=bool(source))
        if decision.status:
            entry = _Entry(record, mailbox, key, source)
            self._plan(entry, decision)
        return Line(record.line, record.typed, decision.fate, decision.why, doubts(mailbox))

    def _plan(self, entry: _Entry, decision: Decision) -> None:
        record, status = entry.record, decision.status
        confirmed_at = record.joined_at if status == "confirmed" else None
        self.known_now[entry.key] = Known(status, confirmed_at)
        row = self._found.get(entry.key)
        if row is not None and row.id:
            self._changes[row.id] = (entry, decision)
        elif entry.key in self._newcomers:
            before, now = self._newcomers[entry.key], self._newcomer(entry, status)
            self._newcomers[entry.key] = now._replace(
                name=now.name or before.name, confirmed_at=now.confirmed_at or before.confirmed_at
            )
        else:
            self._newcomers[entry.key] = self._newcomer(entry, status)
        if status in _SUPPRESSED_AS:
            self._barred[entry.key] = self._barrier(entry, status)

    def _newcomer(self, entry: _Entry, status: str) -> Newcomer:
        record, now = entry.record, self._order.now
        joined_at, created_at = record.joined_at, record.created_at
        if joined_at is not None and joined_at > now:
            joined_at = now
        if created_at is None or created_at > now:
            created_at = joined_at or now
        return Newcomer(
            entry.mailbox.address,
            entry.key,
            record.name,
            record.language or self._order.language,
            status,
            created_at,
            joined_at if status != "pending" else None,
            record.paused_until,
            record.topics,
            record.pace,
            record.format,
            entry.source or self._unsourced,
            self._evidence(record),
        )

    def _evidence(self, record: Record) -> str:
        """Write the evidence as JSON; by hand, because this takes half the time of the encoder."""
        text = (
            f'{{{self._file}, "line": {record.line}, "address": {quoted(record.typed)},'
            f' "status": {quoted(record.word or record.said)}'
        )
        for name, value in record.extras.items():
            text += f', "{name}": {quoted(value)}'
        return text + "}"

    def _barrier(self, entry: _Entry, status: str) -> dict[str, Any]:
        return {
            "mailbox_key": entry.key,
            "reason": _SUPPRESSED_AS[status],
            "since": entry.record.left_at or self._order.now,
            "detail": f"import of {self._order.file}",
        }

    def write(self, session: Session, lines: list[Line]) -> list[Line]:
        """Write what was decided; who came onto the list in this very moment is known after all."""
        overtaken = write(session, list(self._newcomers.values()), now=self._order.now)
        for subscriber_id, (entry, decision) in self._changes.items():
            self._change(session, subscriber_id, entry, decision)
        if self._barred:
            dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
            statement = dialect.insert(SuppressionRow).on_conflict_do_nothing()
            session.execute(statement, list(self._barred.values()))
        return [
            line._replace(fate=Fate.KNOWN, why="")
            if self._key_of.get(line.line) in overtaken
            else line
            for line in lines
        ]

    def _change(
        self, session: Session, subscriber_id: int, entry: _Entry, decision: Decision
    ) -> None:
        """Write a person who is on the list already, locked since we looked them up."""
        values: dict[str, Any] = {"status": decision.status}
        if decision.fate is Fate.ACCEPTED:
            values["confirmed_at"] = entry.record.joined_at or self._order.now
        session.execute(
            update(SubscriberRow).where(SubscriberRow.id == subscriber_id).values(values)
        )
        consent.record(
            session,
            subscriber_id=subscriber_id,
            kind=ConsentKind.IMPORTED,
            source=entry.source or self._unsourced,
            now=self._order.now,
            evidence=json.loads(self._evidence(entry.record)),
        )
