"""The evidence of consent: one line per event, only ever added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, SQLColumnExpression, bindparam, select
from sqlalchemy.orm import Session

from storage.bulk import BulkStatement
from subscribers.errors import SubscriberError
from subscribers.tables import ConsentEventRow, ConsentKind
from subscribers.text import one_line

_EVENTS = BulkStatement(
    """
    INSERT INTO consent_event (subscriber_id, at, kind, source, evidence)
    SELECT "row".subscriber_id, "row".at, "row".kind, "row".source, "row".evidence FROM {rows}
    """,
    columns={
        "subscriber_id": "integer",
        "at": "timestamptz",
        "kind": "text",
        "source": "text",
        "evidence": "json",
    },
)
AGREED = (
    ConsentKind.CONFIRMED,
    ConsentKind.ADDED,
    ConsentKind.IMPORTED,
    ConsentKind.RESUBSCRIBED,
)
"""By events of these kinds somebody is on the list."""
_LONGEST_SOURCE = 1000
_ASKED = (ConsentKind.REQUESTED.value, ConsentKind.MAILED.value)
_LATEST = (
    select(
        ConsentEventRow.at, ConsentEventRow.kind, ConsentEventRow.source, ConsentEventRow.evidence
    )
    .where(ConsentEventRow.subscriber_id == bindparam("whose"), ConsentEventRow.kind.not_in(_ASKED))
    .order_by(ConsentEventRow.id.desc())
    .limit(1)
)


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
    event = ConsentEvent(at=now, kind=kind, source=source, evidence=evidence or {})
    record_all(session, [(subscriber_id, event)])


def record_all(session: Session, events: Sequence[tuple[int, ConsentEvent]]) -> None:
    """Add events, each with whose it is; see `record`."""
    session.flush()  # the row that an event is about may be a new one
    rows = [
        {
            "subscriber_id": subscriber_id,
            "at": event.at,
            "kind": event.kind,
            "source": in_words(event.source),
            "evidence": dict(event.evidence),
        }
        for subscriber_id, event in events
    ]
    _EVENTS.run(session, rows)


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
    return [_event(row) for row in rows]


def latest(session: Session, *, subscriber_id: int) -> ConsentEvent | None:
    """Return the event that stands now: what a stranger may ask for changes nothing."""
    row = session.connection().execute(_LATEST, {"whose": subscriber_id}).first()
    return None if row is None else _event(row)


def latest_kind(subscriber_id: SQLColumnExpression[int]) -> ScalarSelect[str]:
    """Say in SQL of which kind `latest` is."""
    return (
        select(ConsentEventRow.kind)
        .where(ConsentEventRow.subscriber_id == subscriber_id, ConsentEventRow.kind.not_in(_ASKED))
        .order_by(ConsentEventRow.id.desc())
        .limit(1)
        .correlate_except(ConsentEventRow)
        .scalar_subquery()
    )


def _event(row: Any) -> ConsentEvent:
    return ConsentEvent(
        at=row.at, kind=ConsentKind(row.kind), source=row.source, evidence=row.evidence
    )
