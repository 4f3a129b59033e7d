"""The moves that every letter makes through its states, in batches.

Every one names the states and the epoch it expects; a row that has moved on stays as it is. The
statements are built once: to build one takes longer than the database takes over a hundred rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Executable, bindparam, exists, or_, update
from sqlalchemy.orm import Session

from digest.delivery.batches import Claim
from digest.delivery.proof import prove
from digest.delivery.state import HELD, OPEN, DeliveryState
from digest.editions.state import EditionState
from digest.mail.outcome import Outcome, Verdict
from digest.tables import DeliveryRow, EditionRow
from storage.database import runs_of
from subscribers import audience

_CLOSED = HELD | {DeliveryState.UNKNOWN}  # a late answer settles the unknown


class Result(NamedTuple):
    """What became of one letter; ``next_at`` is when to try again (None: time is up)."""

    claim: Claim
    outcome: Outcome
    next_at: datetime | None = None


def intend(
    session: Session, claims: Sequence[Claim], *, carrier: str | None = None
) -> frozenset[int]:
    """Commit "the other side may have these letters from now on"; return the ids of those granted.

    The same statement asks once more whether the edition is being sent and whether each reader
    still wants mail. A letter that is not granted must not be handed over. Where there are several
    carriers, the rows keep which ``carrier`` it is (``""`` for the main one).
    """
    connection = session.connection()
    granted: set[int] = set()
    statement = _intend(is_named=carrier is not None)
    named = {} if carrier is None else {"carrier_now": carrier or None}
    for run in _runs(claims):
        granted.update(connection.execute(statement, {**run, **named}).scalars().all())
    return frozenset(granted & {claim.delivery_id for claim in claims})


def settle(session: Session, results: Iterable[Result], *, now: datetime) -> int:
    """Record what became of letters; return how many rows changed.

    A row that is not ours any more stays as it is. An answer that comes after the sender was taken
    for dead is evidence, and settles the unknown; one that would try again does not, for then the
    issue may be closed.
    """
    alike: dict[tuple[int, datetime | None], list[Result]] = defaultdict(list)
    for result in results:  # by identity: nearly all share one outcome, and hashing it takes time
        alike[id(result.outcome), result.next_at].append(result)
    changed = 0
    for some in alike.values():
        outcome, next_at = some[0].outcome, some[0].next_at
        state, reason = _settled(outcome, next_at=next_at)
        changed += _move(
            session,
            [result.claim for result in some],
            expected=HELD if state in OPEN else _CLOSED,
            to={
                "state": state,
                "code": outcome.reply,
                "reason": reason,
                "next_at": next_at if state is DeliveryState.DEFERRED else None,
                "ended_at": None if state in OPEN else now,
            },
            attempts=int(outcome.counted),
        )
        if state is DeliveryState.UNKNOWN:  # a webhook can be faster than an answer that is lost
            prove(session, [result.claim.delivery_id for result in some], now=now)
    return changed


def skip(session: Session, claims: Sequence[Claim], *, reason: str, now: datetime) -> int:
    """Close rows of ours of which nothing was handed over; ``reason`` says why."""
    to = {"state": DeliveryState.SKIPPED, "reason": reason, "ended_at": now}
    return _move(session, claims, expected=HELD, to=to)


def put_off(session: Session, claims: Sequence[Claim], *, until: datetime, reason: str) -> int:
    """Let letters of ours wait of which nothing was handed over; no try is counted."""
    to = {"state": DeliveryState.DEFERRED, "next_at": until, "reason": reason}
    return _move(session, claims, expected=HELD, to=to)


def give_back(session: Session, claims: Sequence[Claim]) -> int:
    """Return rows of ours untouched: nothing of them was handed over."""
    return _move(session, claims, expected=HELD, to={"state": DeliveryState.PENDING})


def _move(
    session: Session,
    claims: Sequence[Claim],
    *,
    expected: frozenset[DeliveryState],
    to: Mapping[str, Any],
    attempts: int = 0,
) -> int:
    if not claims:
        return 0
    statement = _moving(expected, tuple(to))
    values = {f"new_{column}": value for column, value in to.items()} | {"tries": attempts}
    connection = session.connection()
    changed = connection.execute(statement, [run | values for run in _runs(claims)])
    return int(changed.rowcount)


def _runs(claims: Sequence[Claim]) -> Iterator[dict[str, int]]:
    """Name the rows in runs of one epoch, as nearly all have."""
    ids_of: dict[int, list[int]] = defaultdict(list)
    for claim in claims:
        ids_of[claim.epoch].append(claim.delivery_id)
    for epoch, ids in ids_of.items():
        for first, last in runs_of(ids):
            yield {"first": first, "last": last, "of_epoch": epoch}


_IN_RUN = (
    DeliveryRow.id.between(bindparam("first"), bindparam("last")),
    DeliveryRow.epoch == bindparam("of_epoch"),
)


@cache
def _intend(*, is_named: bool) -> Executable:
    going = exists().where(
        EditionRow.id == DeliveryRow.edition_id, EditionRow.state == EditionState.SENDING
    )
    return (
        update(DeliveryRow)
        .where(
            *_IN_RUN,
            DeliveryRow.state == DeliveryState.CLAIMED,
            going,
            audience.still_wanted(DeliveryRow.subscriber_id),
        )
        .values(
            {"state": DeliveryState.COMMITTING}
            | ({"carrier": bindparam("carrier_now")} if is_named else {})
        )
        .returning(DeliveryRow.id)
    )


@cache
def _moving(expected: frozenset[DeliveryState], columns: tuple[str, ...]) -> Executable:
    return (
        update(DeliveryRow)
        .where(*_IN_RUN, or_(*(DeliveryRow.state == state for state in sorted(expected))))
        .values(
            {column: bindparam(f"new_{column}") for column in columns}
            | {"worker_id": None, "attempts": DeliveryRow.attempts + bindparam("tries")}
        )
    )


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
