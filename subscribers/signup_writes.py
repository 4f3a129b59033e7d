"""The writes of sign-ups, each for all who ask at once: alike for strangers and for those known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from storage.bulk import BulkStatement
from subscribers.tables import Format, Pace, Status


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """Who asks: ``keys`` are those of the mailbox, the first of them for a new row."""

    keys: Sequence[str]
    email: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Entered:
    """Who is found or entered, and why their mailbox is suppressed: None where it is not."""

    id: int
    status: str
    language: str
    barrier: str | None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody asks for; two with the same ``whose`` and ``purpose`` are one request."""

    whose: int
    purpose: str
    email: str
    key: str
    wishes: Mapping[str, Any]


def enter(session: Session, many: Sequence[Entrant], *, now: datetime) -> list[Entered]:
    """Find whose mailboxes these are, or enter them as pending; lock them.

    Who comes second with a mailbox finds what the first has entered.
    """
    first = {one.keys[0]: one for one in reversed(many)}
    rows = [
        {"email": one.email, "language": one.language}
        | {f"key{n}": key for n, key in enumerate(one.keys)}
        for one in first.values()
    ]
    count = len(many[0].keys)
    written = _entering(count).run(
        session, rows, now=now, status=Status.PENDING, pace=Pace.WEEKLY, format=Format.HTML
    )
    found = {key: about for key, *about in written}
    barriers: dict[str, str | None] = dict(_barring(count).run(session, rows))
    entered = []
    for one in many:
        id_, status, language = next(found[key] for key in one.keys if key in found)
        barrier = barriers[one.keys[0]]
        entered.append(Entered(id=id_, status=status, language=language, barrier=barrier))
    return entered


def note(
    session: Session,
    many: Sequence[Asked],
    *,
    now: datetime,
    since: datetime,
    until: datetime,
    tries: int,
) -> list[tuple[int, datetime]]:
    """Note requests, or let those stand that were made after ``since``; return each id and end.

    What stands takes over the address as it was typed last, and what was wished last.
    """
    rows = {
        (one.whose, one.purpose): {
            "whose": one.whose,
            "purpose": one.purpose,
            "email": one.email,
            "key": one.key,
            "wishes": one.wishes,
        }
        for one in many
    }
    written = _noting(session.get_bind().dialect.name).run(
        session, rows.values(), now=now, since=since, until=until, tries=tries
    )
    found = {(whose, purpose): (id_, end) for whose, purpose, id_, end in written}
    return [found[one.whose, one.purpose] for one in many]


@cache
def _entering(keys: int) -> BulkStatement:
    names = [f"key{n}" for n in range(keys)]
    return BulkStatement(
        _ENTERING.format(keys=_listed(names), rows="{rows}"),
        columns=dict.fromkeys(["email", "language", *names], "text"),
    )


@cache
def _barring(keys: int) -> BulkStatement:
    names = [f"key{n}" for n in range(keys)]
    return BulkStatement(
        _BARRING.format(keys=_listed(names), rows="{rows}"), columns=dict.fromkeys(names, "text")
    )


@cache
def _noting(dialect: str) -> BulkStatement:
    new = "NULL" if dialect == "sqlite" else "nextval('confirmation_id_seq')"
    return BulkStatement(_NOTING.format(new=new, rows="{rows}"), columns=_REQUEST, times=(3,))


def _listed(names: list[str]) -> str:
    return ", ".join(f'"row".{name}' for name in names)


_REQUEST = {
    "whose": "integer",
    "purpose": "text",
    "email": "text",
    "key": "text",
    "wishes": "json",
}
_ENTERING = """
INSERT INTO subscriber (email, mailbox_key, language, status, created_at, pace, format)
SELECT
    "row".email,
    coalesce(
        (SELECT mailbox_key FROM subscriber WHERE mailbox_key IN ({keys}) ORDER BY id LIMIT 1),
        "row".key0
    ),
    "row".language, :status, :now, :pace, :format
FROM {rows} WHERE true
ON CONFLICT (mailbox_key) DO UPDATE SET status = subscriber.status
RETURNING mailbox_key, id, status, language
"""
_BARRING = """
SELECT
    "row".key0,
    (SELECT reason FROM suppression WHERE mailbox_key IN ({keys}) ORDER BY since LIMIT 1)
FROM {rows}
"""
_NOTING = """
INSERT INTO confirmation (
    id, subscriber_id, purpose, email, mailbox_key, wishes, requested_at, expires_at, tries_left
)
SELECT
    coalesce(
        (SELECT id FROM confirmation
        WHERE subscriber_id = "row".whose AND purpose = "row".purpose AND requested_at > :since
            AND used_at IS NULL
        ORDER BY id DESC LIMIT 1),
        {new}
    ),
    "row".whose, "row".purpose, "row".email, "row".key, "row".wishes, :now, :until, :tries
FROM {rows} WHERE true
ON CONFLICT (id) DO UPDATE SET email = excluded.email, wishes = excluded.wishes
RETURNING subscriber_id, purpose, id, expires_at
"""
