"""Takes over a database that was copied or restored, so that nobody gets by it what they have."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from digest import calendar, fence, weekly
from digest.app import App
from digest.delivery import batches, ledger
from digest.delivery.batches import Worker
from digest.delivery.state import OPEN, DeliveryState
from digest.editions import state as edition_states
from digest.editions import store as editions
from digest.editions.state import GOING, EditionState
from digest.errors import BusyError
from digest.logbook import note
from digest.tables import DeliveryRow, EditionRow, NoticeRow, WorkerRow
from storage.database import clock_of

Fate = Literal["unknown", "resend"]
"""What becomes of letters that were open in the copy: nobody can know, or none has left since."""

_BEGUN = GOING | {EditionState.PAUSED}
_UNSETTLED = edition_states.OPEN - {EditionState.HELD}
_LOST = "the database was copied or restored: it may have been sent since"
_HOLD = (
    "the database was copied or restored, and this issue may have been sent since; if it was not,"
    " approve it"
)


@dataclass(frozen=True, kw_only=True)
class Takeover:
    """What stands in the way, and what an adoption does, or has done.

    ``trouble`` is None where nothing does. ``letters`` counts open letters by period, ``notices``
    those that are no issue. ``passed`` names the issues whose slot has come and that are not
    sealed here; ``fate`` says what becomes of all of these.
    """

    trouble: str | None
    letters: Mapping[str, int]
    notices: int
    passed: tuple[str, ...]
    fate: Fate


def look(app: App, *, fate: Fate) -> Takeover:
    """Say what an adoption would do; changes nothing."""
    trouble = fence.refusal(app)
    with app.database.read() as session:
        return Takeover(
            trouble=trouble,
            letters=_open_letters(app, session),
            notices=_open_notices(session),
            passed=_passed(app, session),
            fate=fate,
        )


def adopt(app: App, *, fate: Fate) -> Takeover:
    """Have the database live here from now on; return what was done about what is open.

    Letters that were open become ``unknown``, and issues whose slot has passed are held: a person
    decides. With ``resend`` both go on, which is right only where nothing was sent since the copy
    was made. A letter that a sender had in hand is unknown either way. Raises `BusyError` while
    somebody sends from this database.
    """
    trouble, now = fence.refusal(app), app.clock.now()
    with app.database.begin() as session:
        workers = _bury(app, session)
        done = Takeover(
            trouble=trouble,
            letters=_open_letters(app, session),
            notices=_open_notices(session),
            passed=_passed(app, session),
            fate=fate,
        )
        if fate == "unknown":
            _give_up(app, session, done)
        mark = fence.adopt(app, session, now=now)
        note(
            session,
            actor=app.actor,
            action="adopt database",
            about="installation",
            now=now,
            trouble=trouble,
            letters=dict(done.letters),
            notices=done.notices,
            held=list(done.passed) if fate == "unknown" else [],
            fate=fate,
            senders=workers,
        )
    fence.remember(app.state, mark)
    return replace(done, trouble=None)


def _bury(app: App, session: Session) -> int:
    """Take over what the senders of the copied time had in hand; refuse one that is alive."""
    young = WorkerRow.heartbeat > clock_of(session) - app.config.delivery.lease_seconds
    if session.scalar(select(func.count()).select_from(WorkerRow).where(young)):
        raise BusyError(
            "somebody is sending from this database; nothing was adopted: stop every sender, wait"
            f" {app.config.delivery.lease_seconds:.0f} seconds, and try again"
        )
    workers = session.scalars(select(WorkerRow)).all()
    for row in workers:
        ledger.recover(session, row.id, now=app.clock.now())
        batches.retire(session, Worker(id=row.id, name=row.name))
    return len(workers)


def _give_up(app: App, session: Session, takeover: Takeover) -> None:
    """Leave to a person what may have been done elsewhere since."""
    now = app.clock.now()
    lost = {"state": DeliveryState.UNKNOWN, "reason": _LOST, "ended_at": now, "worker_id": None}
    begun = select(EditionRow.id).where(EditionRow.state.in_(_BEGUN))
    is_open = DeliveryRow.edition_id.in_(begun), DeliveryRow.state.in_(OPEN)
    unfollowed = {"synchronize_session": False}
    session.execute(update(DeliveryRow).where(*is_open).values(lost), execution_options=unfollowed)
    waiting = NoticeRow.state.in_(OPEN)
    session.execute(update(NoticeRow).where(waiting).values(lost), execution_options=unfollowed)
    for name in takeover.passed:
        edition = editions.find(session, app.newsletter, period=name)
        if edition is None:
            due = calendar.latest_due(app.config.schedule, now)
            edition = editions.open_edition(session, app.newsletter, period=due, now=now)
        editions.move(session, edition, to=EditionState.HELD, reason=_HOLD, now=now)


def _open_letters(app: App, session: Session) -> dict[str, int]:
    counted = session.execute(
        select(EditionRow.period, func.count())
        .join(DeliveryRow, DeliveryRow.edition_id == EditionRow.id)
        .where(
            EditionRow.newsletter == app.newsletter,
            EditionRow.state.in_(_BEGUN),
            DeliveryRow.state.in_(OPEN),
        )
        .group_by(EditionRow.period)
        .order_by(EditionRow.period)
    )
    return {period: count for period, count in counted}  # noqa: C416 - rows are no pairs to mypy


def _open_notices(session: Session) -> int:
    waiting = select(func.count()).select_from(NoticeRow).where(NoticeRow.state.in_(OPEN))
    return session.execute(waiting).scalar_one()


def _passed(app: App, session: Session) -> tuple[str, ...]:
    """Name the issues whose slot has come and that would be sealed by the next run."""
    now = app.clock.now()
    named = session.scalars(
        select(EditionRow.period)
        .where(
            EditionRow.newsletter == app.newsletter,
            EditionRow.state.in_(_UNSETTLED),
            EditionRow.due_at <= now,
        )
        .order_by(EditionRow.due_at)
    ).all()
    due = calendar.latest_due(app.config.schedule, now)
    is_known = editions.find(session, app.newsletter, period=due.name) is not None
    if is_known or not weekly.began_before(session, due.due_at, now=now):
        return tuple(named)
    return (*named, due.name)
