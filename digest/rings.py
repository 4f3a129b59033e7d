"""Lets an issue go to a first ring of readers, waits, and lets it go to all, or stops it.

What the ring's answers mean is decided in `delivery.ring`. The wait needs no process: every run
looks again, whoever started it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest import events, logbook
from digest.app import App
from digest.delivery.ring import Answers, Stop, Wait, Widen, judge
from digest.delivery.state import HELD, DeliveryState
from digest.editions import store as editions
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.mail.event import Kind
from digest.tables import DeliveryRow, RingRow
from subscribers.sample import has_left

log = logging.getLogger(__name__)

ACTOR = "the first ring"
"""Who widens or pauses an issue when its first readers did, for the log."""

LET_GO = "let go by a person"
_IN_HAND = HELD | {DeliveryState.PENDING}


@dataclass(frozen=True, kw_only=True)
class Ring:
    """The first readers of an issue, and how things stand with them, as a value.

    ``verdict`` is what was decided, in words; until ``ended_at`` the other readers wait.
    """

    people: int
    served_at: datetime | None
    ended_at: datetime | None
    verdict: str | None


def ring_of(session: Session, edition_id: int) -> Ring | None:
    """Return the first ring of an issue; None when it goes to all at once."""
    row = session.get(RingRow, edition_id, populate_existing=True)
    if row is None:
        return None
    return Ring(
        people=row.people, served_at=row.served_at, ended_at=row.ended_at, verdict=row.verdict
    )


def narrowed(
    session: Session, edition_id: int, within: tuple[int, int] | None
) -> tuple[int, int] | None:
    """Return which of these letters may leave now, by the first and last id; None is all.

    None of them may when the first is behind the last.
    """
    row = _waiting(session, edition_id)
    if row is None:
        return within
    first, last = within or (row.first_id, row.last_id)
    return max(first, row.first_id), min(last, row.last_id)


def look(app: App, edition: Edition) -> bool:
    """Judge the first ring of an issue, if it has one; whether the issue goes to all from here on.

    What is decided is decided once, in one transaction, whoever else looks at the same moment.
    """
    with app.database.read() as session:  # most issues have none, and then nobody has to wait
        if _waiting(session, edition.id) is None:
            return False
    with app.database.begin() as session:
        row = _waiting(session, edition.id, lock=True)
        edition = editions.get(session, edition.id)
        if row is None or edition.state not in GOING:
            return False
        return _decide(app, session, edition, row)


def delay(app: App, edition: Edition) -> str | None:
    """Say for what the other readers of an issue wait; None when they do not."""
    with app.database.read() as session:
        waits = _waiting(session, edition.id) is not None and edition.state in GOING
    return words(app, edition) if waits else None


def words(app: App, edition: Edition) -> str | None:
    """Say how things stand with the first ring of an issue, in one line; None: it has none."""
    with app.database.read() as session:
        row = session.get(RingRow, edition.id)
        if row is None:
            return None
        start = f"first ring of {row.people:,}"
        if row.ended_at or row.stopped_at:
            return f"{start}: {row.verdict}"
        answers = answers_of(session, row)
    judgement = judge(
        answers, settings=app.config.ring, served_at=row.served_at, now=app.clock.now()
    )
    others = f"{(edition.candidates or 0) - row.people:,} others"
    if isinstance(judgement, Wait) and judgement.until is None:
        return f"{start}: {answers.in_hand:,} letters are still to be handed over; {others} wait"
    until = "at the next run"
    if isinstance(judgement, Wait) and judgement.until:
        until = app.local(judgement.until)
    return f"{start}: served; {others} follow {until}, unless it is stopped"


def answers_of(session: Session, row: RingRow) -> Answers:
    """Count what the first readers answered so far, each of them once."""
    refused, states = _states(session, row)
    told = events.grave_letters(session, row.edition_id)
    for kind in (Kind.HARD_BOUNCED, Kind.REFUSED):
        refused |= _of(row, told.get(kind, set()))
    return Answers(
        people=row.people,
        in_hand=sum(states.get(state, 0) for state in _IN_HAND),
        bounced=len(refused),
        deferred=states.get(DeliveryState.DEFERRED, 0) + states.get(DeliveryState.FAILED, 0),
        complained=len(_of(row, told.get(Kind.COMPLAINED, set()))),
        left=_left(session, row),
    )


def _decide(app: App, session: Session, edition: Edition, row: RingRow) -> bool:
    """Write down what the answers mean, and do it; whether the issue goes to all."""
    now = app.clock.now()
    if row.stopped_at is not None:
        return _end(app, session, edition, row, verdict=f"{row.verdict}; {LET_GO}")
    answers = answers_of(session, row)
    if row.served_at is None and not answers.in_hand:
        row.served_at = now
    judgement = judge(answers, settings=app.config.ring, served_at=row.served_at, now=now)
    if isinstance(judgement, Widen):
        return _end(app, session, edition, row, verdict="all is well, so the others follow")
    if isinstance(judgement, Stop):
        _stop(app, session, edition, row, reason=judgement.reason)
    return False


def _end(app: App, session: Session, edition: Edition, row: RingRow, *, verdict: str) -> bool:
    row.ended_at, row.verdict = app.clock.now(), verdict
    session.flush()
    if app.config.engine.kind == "fleet":
        app.fleet.enqueue(session, edition.id)
    _note(app, session, edition, "widen issue", verdict)
    return True


def _stop(app: App, session: Session, edition: Edition, row: RingRow, *, reason: str) -> None:
    waiting = (edition.candidates or 0) - row.people
    reason = f"{reason}; {waiting:,} people have got nothing"
    if editions.move(session, edition, to=EditionState.PAUSED, reason=reason, now=app.clock.now()):
        row.stopped_at, row.verdict = app.clock.now(), reason.removeprefix("first ring: ")
        _note(app, session, edition, logbook.PAUSE, reason)


def _note(app: App, session: Session, edition: Edition, action: str, why: str) -> None:
    about = f"issue {edition.period}"
    logbook.note(session, actor=ACTOR, action=action, about=about, now=app.clock.now(), why=why)
    log.warning("%s: %s: %s", about, action, why)


def _waiting(session: Session, edition_id: int, *, lock: bool = False) -> RingRow | None:
    """Return the ring for which the other readers of an issue wait."""
    ring = select(RingRow).where(RingRow.edition_id == edition_id, RingRow.ended_at.is_(None))
    ring = ring.execution_options(populate_existing=True)
    return session.scalar(ring.with_for_update() if lock else ring)


def _states(session: Session, row: RingRow) -> tuple[set[int], dict[str, int]]:
    """Return the letters of the ring that were refused, and how many are in each state.

    They are found by their ids alone, which stand together among those of all issues. A letter
    that waits for its turn at a provider, and was never offered, is as good as pending.
    """
    rows = session.execute(
        select(
            DeliveryRow.id, DeliveryRow.state, DeliveryRow.attempts, DeliveryRow.edition_id
        ).where(DeliveryRow.id.between(row.first_id, row.last_id))
    )
    states: dict[str, int] = {}
    refused: set[int] = set()
    for id_, told, attempts, edition_id in rows:
        if edition_id != row.edition_id:
            continue
        is_untried = told == DeliveryState.DEFERRED and not attempts
        state = DeliveryState.PENDING if is_untried else told
        states[state] = states.get(state, 0) + 1
        if state == DeliveryState.REJECTED:
            refused.add(id_)
    return refused, states


def _left(session: Session, row: RingRow) -> int:
    """Count who got the letter and left the list since."""
    gone = select(DeliveryRow.id).where(
        DeliveryRow.id.between(row.first_id, row.last_id),
        DeliveryRow.state == DeliveryState.ACCEPTED,
        has_left(DeliveryRow.subscriber_id),
    )
    return session.scalar(select(func.count()).select_from(gone.subquery())) or 0


def _of(row: RingRow, delivery_ids: set[int]) -> set[int]:
    return {id_ for id_ in delivery_ids if row.first_id <= id_ <= row.last_id}
