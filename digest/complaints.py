"""How many readers called the last issues spam, against what mailbox providers put up with (R5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.delivery import gauge
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.mail.event import Kind
from digest.tables import EditionRow, EventRow
from digest.tables_heard import GRAVE

WATCH, BLOCKED = 0.001, 0.003
"""Google and Yahoo ask to stay below the first, and block from the second on."""


class Level(StrEnum):
    """How complaints stand."""

    GOOD = "good"
    WATCH = "too many"
    BLOCKED = "so many that mailbox providers block"


@dataclass(frozen=True, kw_only=True)
class Complaints:
    """The complaints about so many issues together, and the letters of them that were accepted."""

    issues: int
    letters: int
    complaints: int

    @property
    def share(self) -> float:
        """Complaints for each accepted letter, 0 to 1."""
        return self.complaints / self.letters if self.letters else 0.0

    @property
    def level(self) -> Level:
        """Whether that is good."""
        if self.share >= BLOCKED:
            return Level.BLOCKED
        return Level.WATCH if self.share >= WATCH else Level.GOOD


def running(session: Session, newsletter: str, *, now: datetime, issues: int = 8) -> Complaints:
    """Add up what came back about the last issues that were frozen, cheap for lists of any size."""
    last = session.execute(
        select(EditionRow.id, EditionRow.candidates, EditionRow.state)
        .where(EditionRow.newsletter == newsletter, EditionRow.frozen_at.is_not(None))
        .order_by(EditionRow.frozen_at.desc())
        .limit(issues)
    ).all()
    going = [edition_id for edition_id, _, state in last if state in gauge.ON_ITS_WAY]
    ended = {edition_id: many or 0 for edition_id, many, _ in last if edition_id not in going}
    told = select(func.count(EventRow.delivery_id.distinct())).where(
        EventRow.edition_id.in_([edition_id for edition_id, *_ in last]),
        GRAVE,
        EventRow.kind == Kind.COMPLAINED,
    )
    return Complaints(
        issues=len(last),
        letters=gauge.accepted(session, ended) + _accepted_of_going(session, going, now=now),
        complaints=session.scalar(told) or 0,
    )


def _accepted_of_going(session: Session, ids: Iterable[int], *, now: datetime) -> int:
    found = [gauge.lately(session, editions.get(session, id_), now=now) for id_ in ids]
    return sum(one.gauge.of(DeliveryState.ACCEPTED) for one in found)
