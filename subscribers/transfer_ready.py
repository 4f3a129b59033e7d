"""The rows of an import, made ready: what each becomes where nobody is known under its mailbox.

To read a row, to hash its mailbox and to write down its evidence takes as long as to store it, and
needs no database: it is done ahead (`transfer_ahead`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from subscribers.addresses import Mailbox, plain
from subscribers.doubts import doubts, doubts_about
from subscribers.formats import OURS, Layout
from subscribers.formats_words import Said
from subscribers.tokens import Keyring
from subscribers.transfer_decide import Fate, decide
from subscribers.transfer_record import (
    DELETED_THERE,
    HTML,
    WEEKLY,
    Reader,
    Record,
    cut,
    instant,
    is_plain_name,
    plain_instant,
)

Values = tuple[str | None, ...]
"""The values of a `Newcomer`."""

Ready = tuple[str, tuple[str, ...], tuple[str, ...], Values]
"""The address as typed, the hashes of its mailbox, the doubts about it, and what to write."""

Row = tuple[int, list[str], Ready | None]
"""A line, and what it becomes where nobody is known; only where that is None are there its cells.
All of it is plain values, which travel between processes."""


_NO_CELLS: list[str] = []  # one for all rows, on either side of the way between processes


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


class Newcomer(NamedTuple):
    """One row of people and of evidence (JSON); times as `instant`.

    What comes after ``confirmed_at`` is `shared`: most rows of a list have the same there.
    """

    evidence: str
    email: str
    mailbox_key: str
    name: str | None
    created_at: str
    confirmed_at: str | None
    language: str
    status: str
    paused_until: str | None
    topics: str | None
    pace: str
    format: str
    source: str


_WIDTH = Newcomer._fields.index("language")
OWN, SHARED = Newcomer._fields[:_WIDTH], Newcomer._fields[_WIDTH:]
own: Callable[[Values], Values] = itemgetter(slice(_WIDTH))
shared: Callable[[Values], Values] = itemgetter(slice(_WIDTH, None))


class Maker:
    """Reads the rows of one layout, and makes newcomers of them."""

    def __init__(self, layout: Layout, order: Order) -> None:
        self.order = order
        self.record = Reader(layout).record
        self._layout = layout
        self._file = f'"file": {quoted(order.file)}, "format": {quoted(order.format)}'
        self._unsourced = f"import of {order.file}, no consent named"
        self._now = instant(order.now)
        self._usual = (order.language, "confirmed", None, None, WEEKLY, HTML, order.source)
        self._is_plain = bool(order.source) and layout.shape.name != OURS

    def row(self, line: int, cells: list[str]) -> Row:
        """Make a row ready, if it would make a stranger a confirmed reader; most rows would."""
        ready = self.plain(line, cells) or self.careful(line, cells)
        return line, _NO_CELLS if ready else cells, ready

    def plain(self, line: int, cells: list[str]) -> Ready | None:
        """Do what `careful` does in half the time, for rows of which nothing odd is to be seen."""
        found = self._layout.plain(cells) if self._is_plain else None
        if found is None:
            return None
        typed, name, joined, created = found
        parts = plain(typed)
        joined_at = plain_instant(joined)
        said, word = self._layout.said(cells)
        if (
            parts is None
            or joined_at is None
            or created != joined
            or said is not Said.CONFIRMED
            or not is_plain_name(name)
            or parts[1] == DELETED_THERE
        ):
            return None
        order, (local, domain) = self.order, parts
        at = min(joined_at, self._now)
        keys = order.keyring.mailbox_keys(f"{local.lower()}@{domain}")
        return (
            typed,
            keys,
            doubts_about(local, domain),
            (
                self._evidence(line, typed, word or said),
                f"{local}@{domain}", keys[0], cut(name), at, at,
                *self._usual,
            ),
        )  # fmt: skip

    def careful(self, line: int, cells: list[str]) -> Ready | None:
        """Make any row ready; None if it would not make a stranger a confirmed reader."""
        record = self.record(line, cells)
        mailbox = record.mailbox
        if mailbox is None or not self._welcomes(record):
            return None
        keys = self.keys(mailbox)
        newcomer = self.newcomer(record, mailbox, key=keys[0], status="confirmed")
        return record.typed, keys, doubts(mailbox), tuple(newcomer)

    def _welcomes(self, record: Record) -> bool:
        has_source = bool(record.source or self.order.source)
        return decide(record, None, has_source=has_source).fate is Fate.ACCEPTED

    def keys(self, mailbox: Mailbox) -> tuple[str, ...]:
        """Return the hashes of a mailbox, under every secret."""
        return self.order.keyring.mailbox_keys(mailbox.canonical)

    def newcomer(self, record: Record, mailbox: Mailbox, *, key: str, status: str) -> Newcomer:
        """Return what is written of somebody who is not on the list yet."""
        created, joined = self._times(record.created_at, record.joined_at)
        return Newcomer(
            self._evidence(record.line, record.typed, record.word or record.said, record.extras),
            mailbox.address,
            key,
            record.name,
            created,
            joined if status != "pending" else None,
            record.language or self.order.language,
            status,
            instant(record.paused_until) if record.paused_until else None,
            record.topics,
            record.pace,
            record.format,
            record.source or self.order.source or self._unsourced,
        )

    def _evidence(
        self, line: int, typed: str, word: str, extras: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """Write the evidence as JSON; by hand, because this takes half the time of the encoder."""
        text = (
            f'{{{self._file}, "line": {line}, "address": {quoted(typed)}, "status": {quoted(word)}'
        )
        for name, value in extras.items():
            text += f', "{name}": {quoted(value)}'
        return text + "}"

    def _times(
        self, created_at: datetime | None, joined_at: datetime | None
    ) -> tuple[str, str | None]:
        """Return when somebody was created and joined; none of it lies in the future."""
        now = self.order.now
        if joined_at is not None and joined_at > now:
            joined_at = now
        if created_at is None or created_at > now:
            created_at = joined_at or now
        created = instant(created_at)
        if joined_at is None:
            return created, None
        return created, created if joined_at is created_at else instant(joined_at)
