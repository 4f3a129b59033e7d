"""An issue in figures: its letters by receiving provider and outcome, over time, and what came."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, select
from sqlalchemy.orm import Session

from digest.delivery.state import DeliveryState
from digest.events import AT_ONCE
from digest.figures.providers import OTHERS, group_of
from digest.mail.event import Kind
from digest.tables import DeliveryRow, EventRow, MailDomainRow, SubscriberRow
from digest.tables_heard import GRAVE

POINTS = 40  # of the line of an issue

OUTCOMES: Mapping[DeliveryState, str] = {
    DeliveryState.ACCEPTED: "accepted",
    DeliveryState.PENDING: "waiting",
    DeliveryState.CLAIMED: "waiting",
    DeliveryState.COMMITTING: "waiting",
    DeliveryState.DEFERRED: "deferred",
    DeliveryState.REJECTED: "refused",
    DeliveryState.FAILED: "refused",
    DeliveryState.UNKNOWN: "unknown",
    DeliveryState.SKIPPED: "skipped",
}
"""What a person calls each state of a delivery; together they are all candidates."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An issue: its letters by receiving provider and outcome, when they were accepted, what came.

    ``accepted`` has (seconds after the start, letters accepted by then); ``began`` is that start,
    in seconds after 1970, None before it or where it was not kept. ``returned`` counts bounces and
    complaints, by the words of `mail.event.Kind`.
    """

    providers: Mapping[str, Mapping[str, int]]
    accepted: tuple[tuple[int, int], ...]
    returned: Mapping[str, int]
    began: int | None = None

    @property
    def candidates(self) -> int:
        """How many letters there are in all."""
        return sum(sum(counts.values()) for counts in self.providers.values())

    def of(self, outcome: str) -> int:
        """Return how many letters had this outcome."""
        return sum(counts.get(outcome, 0) for counts in self.providers.values())


def count(session: Session, edition_id: int) -> Outcome:
    """Count an issue's letters; reads all of them, which is seconds for a million."""
    began, accepted = over_time(session, edition_id)
    return Outcome(
        providers=by_provider(session, edition_id),
        accepted=accepted,
        returned=returned(session, edition_id),
        began=began,
    )


def by_provider(session: Session, edition_id: int) -> dict[str, dict[str, int]]:
    """Count letters by who receives them and by outcome; the largest provider first."""
    domain = _domain(session)
    rows = session.execute(
        select(domain, DeliveryRow.state, func.count())
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .where(DeliveryRow.edition_id == edition_id)
        .group_by(domain, DeliveryRow.state)
    )
    looked_up = _looked_up(session)
    found: dict[str, Counter[str]] = {}
    for where, state, count in rows:
        operator = group_of(where or "", looked_up=looked_up)
        found.setdefault(operator, Counter())[OUTCOMES[DeliveryState(state)]] += count
    largest = sorted(found, key=lambda name: (name == OTHERS, -found[name].total(), name))
    return {name: dict(found[name]) for name in largest}


def _looked_up(session: Session) -> dict[str, str]:
    rows = session.execute(select(MailDomainRow.domain, MailDomainRow.receiver))
    return {domain: receiver for domain, receiver in rows}  # noqa: C416 - rows are not pairs


def over_time(session: Session, edition_id: int) -> tuple[int | None, tuple[tuple[int, int], ...]]:
    """Return when the first letter was accepted, and (seconds after that, letters by then)."""
    second = _second(session, DeliveryRow.ended_at)
    rows = session.execute(
        select(second, func.count())
        .where(
            DeliveryRow.edition_id == edition_id,
            DeliveryRow.state == DeliveryState.ACCEPTED,
            DeliveryRow.ended_at.is_not(None),
        )
        .group_by(second)
        .order_by(second)
    ).all()
    if not rows:
        return None, ()
    first = int(rows[0][0])
    return first, thinned([(int(at) - first, count) for at, count in rows], most=POINTS)


def thinned(counts: Sequence[tuple[int, int]], *, most: int) -> tuple[tuple[int, int], ...]:
    """Add counts up to at most so many points, equally far apart in time."""
    last = counts[-1][0]
    step = max(-(-last // most), 1)
    points: dict[int, int] = {}
    total = 0
    for at, count in counts:
        total += count
        points[min(-(-at // step) * step, last)] = total
    return tuple(points.items())


def returned(session: Session, edition_id: int) -> dict[str, int]:
    """Count the bounces and complaints that came back of an issue, one for each letter and kind."""
    rows = session.execute(
        select(EventRow.kind, func.count(EventRow.delivery_id.distinct()))
        .where(EventRow.edition_id == edition_id, GRAVE, EventRow.source != AT_ONCE)
        .group_by(EventRow.kind)
    )
    counts = {str(kind): count for kind, count in rows}
    return {str(kind): counts.get(kind, 0) for kind in (Kind.HARD_BOUNCED, Kind.COMPLAINED)}


def _domain(session: Session) -> ColumnElement[str]:
    """Say in SQL where the mailbox of a reader is; NULL after erasure."""
    if session.get_bind().dialect.name == "sqlite":
        start = func.instr(SubscriberRow.email, "@") + 1
        return func.substr(SubscriberRow.email, start)
    return func.split_part(SubscriberRow.email, "@", 2)


def _second(session: Session, moment: Any) -> ColumnElement[int]:
    """Say in SQL how many whole seconds after 1970 a moment is."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.strftime("%s", moment), Integer)
    return cast(func.floor(func.extract("epoch", moment)), Integer)
