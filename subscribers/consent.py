"""The evidence of consent: one line per event, only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from subscribers.errors import SubscriberError
from subscribers.tables import ConsentEventRow, ConsentKind
from subscribers.text import one_line

_EVENT = insert(ConsentEventRow)  # built once: that takes longer than running it
_LONGEST_SOURCE = 1000
_ASKED = frozenset({ConsentKind.REQUESTED, ConsentKind.MAILED})


@dataclass(frozen=True, kw_only=True)
class ConsentEvent:
    """What happened, when, how we know, and what else was kept."""

    at: datetime
    kind: ConsentKind
    source: str
    evidence: Mapping[str, Any]


def record(
    session: Session,
    *,
    subscriber_id: int,
    kind: ConsentKind,
    source: str,
    now: datetime,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Add one event; ``source`` says in words where it came from and must not be empty."""
    event = {
        "subscriber_id": subscriber_id,
        "at": now,
        "kind": kind,
        "source": in_words(source),
        "evidence": dict(evidence or {}),
    }
    session.flush()  # the row that the event is about may be a new one
    session.connection().execute(_EVENT, event)


def mailed(
    session: Session,
    *,
    subscriber_id: int,
    source: str,
    now: datetime,
    evidence: Mapping[str, Any],
) -> None:
    """Add that the letter which asks for a confirmation was accepted by its server."""
    record(
        session,
        subscriber_id=subscriber_id,
        kind=ConsentKind.MAILED,
        source=source,
        now=now,
        evidence=evidence,
    )


def in_words(source: str) -> str:
    """Return where consent comes from as one clean line, or raise when nothing is said."""
    words = one_line(source, limit=_LONGEST_SOURCE)
    if not words:
        raise SubscriberError("say where the consent comes from: it is kept as evidence")
    return words


def history(session: Session, *, subscriber_id: int) -> list[ConsentEvent]:
    """Return everything that happened to one person's consent, oldest first."""
    rows = session.scalars(
        select(ConsentEventRow)
        .where(ConsentEventRow.subscriber_id == subscriber_id)
        .order_by(ConsentEventRow.id)
    )
    return [
        ConsentEvent(
            at=row.at, kind=ConsentKind(row.kind), source=row.source, evidence=row.evidence
        )
        for row in rows
    ]


def latest(session: Session, *, subscriber_id: int) -> ConsentEvent | None:
    """Return the event that stands now: what a stranger may ask for changes nothing."""
    events = history(session, subscriber_id=subscriber_id)
    return next((event for event in reversed(events) if event.kind not in _ASKED), None)
