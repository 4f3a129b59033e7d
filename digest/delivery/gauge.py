"""How far an issue is: its figures, cheap enough to be asked every few seconds, and its pace.

Letters that were accepted are nearly all of a large ledger, and are never read here: everything
else stands in small indexes, and what is left of the candidates was accepted. That this is true is
what `audit` proves, from the rows alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import and_, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from digest.delivery.state import HELD, OPEN, DeliveryState
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.tables import NOT_REACHED, UNSETTLED, WAITING, DeliveryRow, FigureRow, WorkerRow

ON_ITS_WAY = GOING | {EditionState.PAUSED}
"""Letters of it may still wait."""

LARGE = 50_000
"""Candidates from which pages show what was counted of late: a million takes 0.1 s to count."""

_RECENT = timedelta(minutes=2)
_SAMPLE = 5_000  # letters that the pace is measured on, at most
_LEAST_SECONDS = 1.0
_LEAST_LETTERS = 5
_BELIEVED = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """The figures of an issue at one moment: they add up to the candidates."""

    candidates: int
    counts: Mapping[DeliveryState, int]

    def of(self, *states: DeliveryState) -> int:
        """Return how many letters are in one of these states."""
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def to_go(self) -> int:
        """How many people are still to be served."""
        return self.of(*OPEN)

    @property
    def in_hand(self) -> int:
        """How many of them are in the hands of a worker."""
        return self.of(*HELD)

    @property
    def stoppable(self) -> int:
        """How many of them nobody has begun to hand over: as many as "cancel" gives up on."""
        return self.to_go - self.of(DeliveryState.COMMITTING)

    @property
    def tried(self) -> int:
        """How many letters have an answer, or will never have one."""
        return self.candidates - self.to_go - self.of(DeliveryState.SKIPPED)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How far an issue is; ``at`` is when that was counted, None for this moment."""

    gauge: Gauge
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast letters leave, per second, and when the last one will have left."""

    per_second: float
    ends_at: datetime


def read(session: Session, edition_id: int, *, candidates: int) -> Gauge:
    """Count in one statement, so that all figures are of one moment."""
    rows = session.execute(_COUNTING, {"edition": edition_id}).all()
    found = {name: count for name, count in rows if count}
    deferred = found.get(DeliveryState.DEFERRED, 0)
    counts = {
        DeliveryState.PENDING: found.pop("waiting", 0) - deferred,
        **{DeliveryState(name): count for name, count in found.items()},
    }
    counts[DeliveryState.ACCEPTED] = candidates - sum(counts.values())
    in_order = {state: counts[state] for state in DeliveryState if counts.get(state)}
    return Gauge(candidates=candidates, counts=MappingProxyType(in_order))


def pace(session: Session, edition_id: int, *, to_go: int, now: datetime) -> Pace | None:
    """Measure how fast letters leave; None when nobody hands any over, or nothing can be told.

    Letters are taken in their order: those that have just left lie right below those in hand.
    """
    newest = session.scalar(_NEWEST_IN_HAND, {"edition": edition_id})
    if newest is None:
        return None
    ended, oldest = session.execute(
        _LATELY,
        {
            "edition": edition_id,
            "first": newest - _SAMPLE,
            "last": newest,
            "since": now - _RECENT,
        },
    ).one()
    if oldest is None or ended < _LEAST_LETTERS:
        return None
    seconds = max((now - oldest).total_seconds(), _LEAST_SECONDS)
    per_second = ended / seconds
    return Pace(per_second=per_second, ends_at=now + timedelta(seconds=to_go / per_second))


def lately(session: Session, edition: Edition, *, now: datetime) -> Counted:
    """Return how far an issue is: as it was kept of late for a large one on its way, else exactly.

    It is for pages that show it beside other things: nobody may decide by it. Where nobody keeps
    it, as without a scheduler, it is counted each time.
    """
    row = session.get(FigureRow, kept_as(edition)) if is_kept(edition) else None
    if row is None or abs(now - row.counted_at) >= _BELIEVED:
        return Counted(gauge=read(session, edition.id, candidates=edition.candidates or 0))
    counts = {DeliveryState(state): letters for state, letters in row.data.items()}
    kept = Gauge(candidates=edition.candidates or 0, counts=MappingProxyType(counts))
    return Counted(gauge=kept, at=row.counted_at)


def is_kept(edition: Edition) -> bool:
    """Whether it takes long to count an issue, as long as letters of it wait."""
    return edition.state in ON_ITS_WAY and (edition.candidates or 0) >= LARGE


def kept_as(edition: Edition) -> str:
    """Return the name under which the figures of an issue are kept."""
    return f"progress {edition.id}"


def accepted(session: Session, candidates: Mapping[int, int]) -> int:
    """Count the accepted letters of issues that are not on their way any more, in one statement.

    ``candidates`` are those of each issue, by its number.
    """
    missed = session.scalar(
        select(func.count()).where(DeliveryRow.edition_id.in_(candidates), NOT_REACHED)
    )
    return sum(candidates.values()) - (missed or 0)


def unknown(session: Session) -> dict[int, int]:
    """Count the letters that nobody can know about, by the number of their edition."""
    rows = session.execute(
        select(DeliveryRow.edition_id, func.count())
        .where(UNSETTLED)
        .group_by(DeliveryRow.edition_id)
    )
    return {edition_id: letters for edition_id, letters in rows}  # noqa: C416 - rows are no pairs to mypy


_OF_EDITION = DeliveryRow.edition_id == bindparam("edition")
# A sum is no column: SQLite would find these rows by their edition, and read the whole of it.
_AND_OF_EDITION = DeliveryRow.edition_id + 0 == bindparam("edition")
_IN_HAND = and_(DeliveryRow.worker_id.in_(select(WorkerRow.id)), _AND_OF_EDITION)
_COUNTING = union_all(
    select(literal("waiting").label("name"), func.count().label("letters")).where(
        _OF_EDITION, WAITING
    ),
    select(DeliveryRow.state, func.count())
    .where(_OF_EDITION, NOT_REACHED)
    .group_by(DeliveryRow.state),
    select(DeliveryRow.state, func.count())
    .where(_IN_HAND, DeliveryRow.state.in_(sorted(HELD)))
    .group_by(DeliveryRow.state),
)
_NEWEST_IN_HAND = select(func.max(DeliveryRow.id)).where(_IN_HAND)
_LATELY = select(func.count(), func.min(DeliveryRow.ended_at)).where(
    DeliveryRow.id.between(bindparam("first"), bindparam("last")),
    _AND_OF_EDITION,
    DeliveryRow.ended_at >= bindparam("since"),
)
