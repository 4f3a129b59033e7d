"""Keeps what comes back about letters, once each, and finds the letters that it is about.

An event stands beside its delivery and never changes it. Whatever order events come in, and how
often, the same rows stand in the end: see `mail.event.standing` for what they say together.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.addressed import NOTICE, Letter, letters_of, named_by, parts_of
from digest.mail.event import WATCHING, Kind, MailEvent, judged
from digest.tables import EditionRow, EventRow, OrphanRow
from digest.tables_heard import GRAVE
from storage.bulk import BulkStatement
from storage.statement import Statement
from subscribers.erasure import without_addresses
from subscribers.text import one_line
from subscribers.tokens import Keyring

PAUSED = "issue paused"
"""How the decision begins of an event that was too much for an issue."""

AT_ONCE = "mail server"
"""Who tells of a refusal that came while we spoke: such a letter has never been on its way."""

ORPHAN_LIVES = timedelta(days=30)
_LONGEST_DETAIL = 500
_LONGEST_CODE = 20
_LONGEST_ID = 200
_LONGEST_KEY = 40
_EARLIEST = timedelta(days=400)
_At = tuple[str, str]  # who tells, and what names the event there


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One event of a known letter, as it was kept for the first time."""

    id: int
    event: MailEvent
    letter: Letter


def record(
    session: Session,
    events: Iterable[MailEvent],
    *,
    now: datetime,
    keyring: Keyring | None = None,
) -> list[Heard]:
    """Keep events; return those of known letters that were not heard before.

    What was heard before changes nothing. Of a letter that is not known it is kept apart, and
    found by `match`. So it is with a ``keyring``, and never found, where an event names another
    mailbox than the letter went to: it is about somebody else's letter with the same key. What
    somebody opened or clicked is not kept at all.
    """
    told = {
        (event.source, _fingerprint(event)): judged(event)
        for event in events
        if event.kind not in WATCHING
    }
    named = {at: named_by(one, keyring=keyring) if keyring else () for at, one in told.items()}
    heard = _keep_of_deliveries(session, told, named, now=now)
    rest = {at: event for at, event in told.items() if at not in heard}
    if not rest:
        return [*heard.values()]
    letters = letters_of(session, {key for event in rest.values() if (key := event.delivery_key)})
    known = {
        at: event
        for at, event in rest.items()
        if (letter := letters.get(event.delivery_key or ""))
        and letter.went_to(named[at], keyring=keyring)
    }
    strange = {at: event for at, event in rest.items() if at not in known}
    _keep_apart(session, strange, named, now=now)
    return [*heard.values(), *_keep(session, known, letters, now=now)]


def _keep_apart(
    session: Session,
    told: Mapping[_At, MailEvent],
    named: Mapping[_At, Sequence[str]],
    *,
    now: datetime,
) -> None:
    """Keep events of letters that are not known, with the mailboxes that they name."""
    rows = [
        _kept(event, at=at, now=now)
        | {
            "delivery_key": (event.delivery_key or "")[:_LONGEST_KEY],
            "mailboxes": " ".join(named[at]) or None,
        }
        for at, event in told.items()
        if event.kind is not Kind.UNKNOWN
    ]
    _insert(session, OrphanRow, rows)


def record_of_reader(
    session: Session, event: MailEvent, *, letter: Letter, now: datetime
) -> list[Heard]:
    """Keep an event that names no letter, only whom the ``letter`` went to; return it if new."""
    told = {(event.source, _fingerprint(event)): event}
    return _keep(session, told, {event.delivery_key or "": letter}, now=now)


def _keep_of_deliveries(
    session: Session,
    told: Mapping[_At, MailEvent],
    named: Mapping[_At, Sequence[str]],
    *,
    now: datetime,
) -> dict[_At, Heard]:
    """Find the deliveries and keep their events, in one statement each; return what was new.

    What is not returned was heard before, or is about something or somebody else.
    """
    rows: dict[_At, dict[str, Any]] = {}
    for at, event in told.items():
        period, number = parts_of(event.delivery_key)
        if number and period != NOTICE:
            place = {"number": number, "period": period, "mailboxes": " ".join(named[at])}
            rows[at] = _kept(event, at=at, now=now) | place
    return {
        (source, key): Heard(id=id_, event=told[source, key], letter=_letter(*found))
        for id_, source, key, *found in _KEEP.run(session, rows.values(), received_at=now)
    }


def _letter(delivery_id: int, edition_id: int, subscriber_id: int, *state: Any) -> Letter:
    mailbox, is_unknown, is_bounced = state
    return Letter(
        subscriber_id=subscriber_id,
        mailbox=mailbox,
        delivery_id=delivery_id,
        edition_id=edition_id,
        may_be_unknown=bool(is_unknown),
        may_be_bounced=bool(is_bounced),
    )


_KEEP = BulkStatement(
    """
    INSERT INTO event (source, event_key, kind, at, received_at, code, detail, message_id,
                       delivery_id, edition_id, subscriber_id)
    SELECT "row".source, "row".event_key, "row".kind, "row".at, :received_at, "row".code,
           "row".detail, "row".message_id,
           delivery.id, delivery.edition_id, delivery.subscriber_id
      FROM {rows}
      JOIN delivery ON delivery.id = "row".number
      JOIN edition ON edition.id = delivery.edition_id
      JOIN subscriber ON subscriber.id = delivery.subscriber_id
     WHERE lower(edition.period) = "row".period
       AND ("row".mailboxes = ''
            OR replace("row".mailboxes, delivery.mailbox_key, '') <> "row".mailboxes
            OR replace("row".mailboxes, subscriber.mailbox_key, '') <> "row".mailboxes)
        ON CONFLICT DO NOTHING
    RETURNING id, source, event_key, delivery_id, edition_id, subscriber_id,
              (SELECT mailbox_key FROM delivery WHERE delivery.id = event.delivery_id),
              (SELECT state = 'unknown' FROM delivery WHERE delivery.id = event.delivery_id),
              (SELECT status = 'bounced' FROM subscriber WHERE subscriber.id = event.subscriber_id)
    """,
    columns={
        "source": "text",
        "event_key": "text",
        "kind": "text",
        "at": "timestamptz",
        "code": "text",
        "detail": "text",
        "message_id": "text",
        "number": "integer",
        "period": "text",
        "mailboxes": "text",
    },
)


def _keep(
    session: Session,
    known: Mapping[_At, MailEvent],
    letters: Mapping[str, Letter],
    *,
    now: datetime,
) -> list[Heard]:
    """Keep events of these letters, by their keys; return what was new."""
    rows = [
        _kept(event, at=at, now=now) | _place(letters[event.delivery_key or ""])
        for at, event in known.items()
    ]
    return [
        Heard(
            id=id_, event=known[source, key], letter=letters[known[source, key].delivery_key or ""]
        )
        for id_, source, key in _insert(session, EventRow, rows)
    ]


def match(session: Session, *, now: datetime, keyring: Keyring) -> list[Heard]:
    """Take up the orphans whose letters are known by now, and forget those that are too old.

    One that names another mailbox than its letter went to stays an orphan.
    """
    session.execute(delete(OrphanRow).where(OrphanRow.received_at < now - ORPHAN_LIVES))
    orphans = session.scalars(select(OrphanRow).where(OrphanRow.delivery_key != "")).all()
    letters = letters_of(session, {orphan.delivery_key or "" for orphan in orphans})
    found = [
        orphan
        for orphan in orphans
        if (letter := letters.get(orphan.delivery_key or ""))
        and letter.went_to((orphan.mailboxes or "").split(), keyring=keyring)
    ]
    if not found:
        return []
    told = {(orphan.source, orphan.event_key): _told(orphan) for orphan in found}
    session.execute(delete(OrphanRow).where(OrphanRow.id.in_([orphan.id for orphan in found])))
    return _keep(session, told, letters, now=now)


def is_orphan_waiting(session: Session) -> bool:
    """Whether there is anything that `match` could look at."""
    return session.scalar(select(OrphanRow.id).limit(1)) is not None


def decide(session: Session, decisions: Mapping[int, str]) -> None:
    """Write beside events what they led to, by their ids."""
    _DECIDE.run_all(session, [{"id": id_, "words": words} for id_, words in decisions.items()])


_DECIDE = Statement("UPDATE event SET decision = :words WHERE id = :id")


def of_person(session: Session, *, subscriber_id: int) -> Sequence[EventRow]:
    """Return everything that was heard of the letters to somebody, as it was received."""
    return session.scalars(
        select(EventRow).where(EventRow.subscriber_id == subscriber_id).order_by(EventRow.id)
    ).all()


def issues_of(
    session: Session, *, subscriber_id: int, since: datetime
) -> list[tuple[int, Kind, datetime]]:
    """Return what was heard of each issue to somebody: its edition, the kind, and when it was due.

    Issues frozen before ``since`` are left out; oldest first.
    """
    rows = session.execute(
        select(EventRow.edition_id, EventRow.kind, EditionRow.due_at)
        .join(EditionRow, EditionRow.id == EventRow.edition_id)
        .where(EventRow.subscriber_id == subscriber_id, EditionRow.frozen_at >= since)
        .order_by(EditionRow.due_at, EditionRow.id)
    )
    return [(edition_id, Kind(kind), due_at) for edition_id, kind, due_at in rows if edition_id]


def grave_letters(session: Session, edition_id: int, *, after: int = 0) -> dict[Kind, set[int]]:
    """Return the letters of an issue that came back as refused, or for good, or as spam, by kind.

    ``after`` leaves out the events up to this one. What was refused at once has never left.
    """
    rows = session.execute(
        select(EventRow.kind, EventRow.delivery_id)
        .where(
            EventRow.edition_id == edition_id,
            GRAVE,
            EventRow.id > after,
            EventRow.source != AT_ONCE,
        )
        .distinct()
    )
    found: dict[Kind, set[int]] = {}
    for kind, delivery_id in rows:
        if delivery_id is not None:
            found.setdefault(Kind(kind), set()).add(delivery_id)
    return found


def last_pause(session: Session, edition_id: int) -> int:
    """Return the last event that paused an issue; 0 when none did."""
    found = session.scalar(
        select(func.max(EventRow.id)).where(
            EventRow.edition_id == edition_id, GRAVE, EventRow.decision.startswith(PAUSED)
        )
    )
    return found or 0


def _fingerprint(event: MailEvent) -> str:
    """Return what is the same each time this event is told, and no other event has."""
    words: tuple[Any, ...] = (event.event_id,)
    if not event.event_id:
        at = event.at.isoformat() if event.at else ""
        words = (
            event.delivery_key, event.message_id, event.kind, at, event.recipient, event.code,
            event.detail,
        )  # fmt: skip
    text = "\n".join(str(word or "") for word in words)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _kept(event: MailEvent, *, at: tuple[str, str], now: datetime) -> dict[str, Any]:
    source, key = at
    detail = without_addresses(event.detail) if event.detail else None
    return {
        "source": source,
        "event_key": key,
        "kind": event.kind.value,
        "at": _believable(event.at, now=now),
        "received_at": now,
        "code": one_line(event.code, limit=_LONGEST_CODE) if event.code else None,
        "detail": one_line(detail, limit=_LONGEST_DETAIL) if detail else None,
        "message_id": one_line(event.message_id, limit=_LONGEST_ID) if event.message_id else None,
    }


def _believable(told: datetime | None, *, now: datetime) -> datetime:
    """Return when it happened, where that can be; else when we heard of it."""
    return told if told and now - _EARLIEST <= told <= now else now


def _place(letter: Letter) -> dict[str, Any]:
    return {
        "delivery_id": letter.delivery_id,
        "edition_id": letter.edition_id,
        "notice_id": letter.notice_id,
        "subscriber_id": letter.subscriber_id,
    }


def _told(orphan: OrphanRow) -> MailEvent:
    return MailEvent(
        kind=Kind(orphan.kind),
        source=orphan.source,
        delivery_key=orphan.delivery_key,
        at=orphan.at,
        code=orphan.code,
        detail=orphan.detail,
        message_id=orphan.message_id,
    )


@cache
def _inserting(table: type[EventRow | OrphanRow], dialect: str) -> Executable:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing().returning(table.id, table.source, table.event_key)


def _insert(
    session: Session, table: type[EventRow | OrphanRow], rows: list[dict[str, Any]]
) -> list[tuple[int, str, str]]:
    """Insert what is not there yet; return the new rows' ids, sources and keys."""
    if not rows:
        return []
    connection = session.connection()
    written = connection.execute(_inserting(table, connection.dialect.name), rows)
    return [(row.id, row.source, row.event_key) for row in written]
