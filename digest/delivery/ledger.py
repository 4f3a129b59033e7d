"""The ledger: one row per reader of an issue, and the only truth about who was served.

Every update names the state and the epoch it expects; a row that has moved on stays as it is.
States and identities: see `delivery.state`; the three sums that must hold are in `audit.py`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from digest.delivery.batches import Claim
from digest.delivery.state import OPEN, DeliveryState
from digest.editions.state import EditionState
from digest.mail.outcome import Outcome, Verdict
from digest.tables import DeliveryRow, EditionRow, ExclusionRow
from subscribers import audience

MAX_CRASHES = 3


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """One person whom an issue did not reach, and why (or why nobody can know)."""

    delivery_id: int
    subscriber_id: int
    state: DeliveryState
    code: str | None
    reason: str | None


def write(
    session: Session,
    edition_id: int,
    *,
    variants: Mapping[str, int],
    default_language: str,
    now: datetime,
) -> int:
    """Write one pending row per reader in one INSERT ... SELECT, and count who is left out.

    ``variants`` maps a language to its variant's id; a reader of any other language gets the
    default. Returns the number of rows. Belongs into the transaction of the freeze.
    """
    people = audience.candidates(now=now).subquery()
    variant = case(
        {language: literal(id_) for language, id_ in variants.items()},
        value=people.c.language,
        else_=literal(variants[default_language]),
    )
    columns = ["edition_id", "subscriber_id", "mailbox_key", "variant_id", "state"]
    rows = select(
        literal(edition_id),
        people.c.id,
        people.c.mailbox_key,
        variant,
        literal(DeliveryState.PENDING.value),
    ).order_by(people.c.id)
    session.execute(insert(DeliveryRow).from_select(columns, rows))
    written = sum(counts(session, edition_id).values())
    excluded = audience.excluded(session, now=now)
    session.add_all(
        ExclusionRow(edition_id=edition_id, reason=reason, people=people_out)
        for reason, people_out in sorted(excluded.items())
        if people_out
    )
    session.execute(
        update(EditionRow).where(EditionRow.id == edition_id).values(candidates=written)
    )
    return written


def intend(session: Session, claim: Claim) -> bool:
    """Commit "the other side may have this letter from now on"; False means: do not send it.

    The same statement asks once more whether the edition is being sent and whether the reader
    still wants mail.
    """
    wanted = exists().where(
        EditionRow.id == claim.edition_id, EditionRow.state == EditionState.SENDING
    )
    still = audience.still_wanted(DeliveryRow.subscriber_id)
    return _move(
        session,
        claim,
        DeliveryState.CLAIMED,
        where=(wanted, still),
        state=DeliveryState.COMMITTING,
    )


def settle(
    session: Session, claim: Claim, outcome: Outcome, *, next_at: datetime | None, now: datetime
) -> bool:
    """Record what became of a letter; False when the row is not ours any more.

    ``next_at`` is when to try again; None with a temporary refusal means that time is up. An
    answer that comes after the sender was taken for dead is evidence, and settles the unknown;
    one that would try again does not, for then the issue may be closed.
    """
    state, reason = _settled(outcome, next_at=next_at)
    held = (DeliveryState.CLAIMED, DeliveryState.COMMITTING)
    return _move(
        session,
        claim,
        *(held if state in OPEN else (*held, DeliveryState.UNKNOWN)),
        state=state,
        code=outcome.reply,
        reason=reason,
        next_at=next_at if state is DeliveryState.DEFERRED else None,
        attempts=DeliveryRow.attempts + int(outcome.counted),
        ended_at=None if state in OPEN else now,
    )


def skip(session: Session, claim: Claim, *, reason: str, now: datetime) -> bool:
    """Close a claimed row without sending; ``reason`` says why."""
    return _move(
        session,
        claim,
        DeliveryState.CLAIMED,
        state=DeliveryState.SKIPPED,
        reason=reason,
        ended_at=now,
    )


def give_back(session: Session, claim: Claim) -> bool:
    """Return a claimed row untouched: nothing was handed over."""
    return _move(session, claim, DeliveryState.CLAIMED, state=DeliveryState.PENDING)


def recover(
    session: Session,
    worker_ids: Collection[int],
    *,
    suspects: Collection[int] = (),
    now: datetime,
) -> int:
    """Take over what dead workers held; return how many letters nobody can know about.

    Claimed letters never left, so they wait again; one of the ``suspects``, in hand when a worker
    died, is set aside at its third crash. For a committed intent without a result the truth is
    lost with the worker: unknown, held, reported. Its epoch stays, so that a late answer finds it.
    """
    held = DeliveryRow.worker_id.in_(worker_ids)
    claimed = and_(held, DeliveryRow.state == DeliveryState.CLAIMED)
    freed: dict[str, Any] = {"epoch": DeliveryRow.epoch + 1, "worker_id": None}
    _update(
        session,
        and_(claimed, DeliveryRow.id.in_(suspects), DeliveryRow.crashes + 1 >= MAX_CRASHES),
        freed
        | {
            "state": DeliveryState.FAILED,
            "crashes": DeliveryRow.crashes + 1,
            "reason": f"the sender died {MAX_CRASHES} times with it in hand",
            "ended_at": now,
        },
    )
    _update(
        session,
        and_(claimed, DeliveryRow.id.in_(suspects)),
        freed | {"state": DeliveryState.PENDING, "crashes": DeliveryRow.crashes + 1},
    )
    _update(session, claimed, freed | {"state": DeliveryState.PENDING})
    return _update(
        session,
        and_(held, DeliveryRow.state == DeliveryState.COMMITTING),
        {
            "state": DeliveryState.UNKNOWN,
            "reason": "the sender died between the final dot and the answer",
            "ended_at": now,
            "worker_id": None,
        },
    )


def _update(session: Session, where: ColumnElement[bool], values: dict[str, Any]) -> int:
    changed = session.execute(
        update(DeliveryRow).where(where).values(values).execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined] # an UPDATE counts its rows


def close(session: Session, edition_id: int, *, reason: str, now: datetime) -> int:
    """Skip every letter that has not left (the operator closed the issue); return how many.

    A claimed one is taken out of its worker's hands: the next epoch stops it before the dot.
    """
    waiting = OPEN - {DeliveryState.COMMITTING}
    return _update(
        session,
        and_(DeliveryRow.edition_id == edition_id, DeliveryRow.state.in_(waiting)),
        {
            "state": DeliveryState.SKIPPED,
            "reason": reason,
            "ended_at": now,
            "epoch": DeliveryRow.epoch + 1,
            "worker_id": None,
        },
    )


def counts(session: Session, edition_id: int) -> dict[DeliveryState, int]:
    """Count an edition's deliveries by state."""
    rows = session.execute(
        select(DeliveryRow.state, func.count())
        .where(DeliveryRow.edition_id == edition_id)
        .group_by(DeliveryRow.state)
    )
    return {DeliveryState(state): count for state, count in rows}


def excluded(session: Session, edition_id: int) -> dict[str, int]:
    """Count the members left out at the freeze, by reason."""
    rows = session.execute(
        select(ExclusionRow.reason, ExclusionRow.people).where(
            ExclusionRow.edition_id == edition_id
        )
    )
    return {reason: people for reason, people in rows}  # noqa: C416 - rows are not pairs to mypy


def unserved(session: Session, edition_id: int) -> list[Unserved]:
    """Name everybody who has not got the issue, with the reason."""
    rows = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.edition_id == edition_id, DeliveryRow.state != DeliveryState.ACCEPTED)
        .order_by(DeliveryRow.id)
    )
    return [
        Unserved(
            delivery_id=row.id,
            subscriber_id=row.subscriber_id,
            state=DeliveryState(row.state),
            code=row.code,
            reason=row.reason,
        )
        for row in rows
    ]


def _settled(outcome: Outcome, *, next_at: datetime | None) -> tuple[DeliveryState, str | None]:
    match outcome.verdict:
        case Verdict.ACCEPTED:
            return DeliveryState.ACCEPTED, None
        case Verdict.REFUSED:
            return DeliveryState.REJECTED, outcome.text
        case Verdict.UNKNOWN:
            return DeliveryState.UNKNOWN, f"no clear answer at {outcome.stage}: {outcome.text}"
        case Verdict.RETRY if outcome.counted and next_at is None:
            return DeliveryState.FAILED, f"refused until the deadline: {outcome.text}"
        case Verdict.RETRY if outcome.counted:
            return DeliveryState.DEFERRED, outcome.text
        case _:  # the connection's or our own fault: nothing was handed over, nobody is touched
            return DeliveryState.PENDING, None


def _move(
    session: Session, claim: Claim, *expected: DeliveryState, where: tuple[Any, ...] = (), **to: Any
) -> bool:
    open_now = to["state"] in {DeliveryState.CLAIMED, DeliveryState.COMMITTING}
    changed = session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.id == claim.delivery_id,
            DeliveryRow.epoch == claim.epoch,
            DeliveryRow.state.in_(expected),
            *where,
        )
        .values(**to, **({} if open_now else {"worker_id": None}))
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined] # an UPDATE counts its rows
