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
    rows: dict[frozenset[DeliveryState], list[_Row]] = defaultdict(list)
    unknown: list[int] = []
    for (end, tries), claims in _by_end(results, now=now).items():
        rows[HELD if end.state in OPEN else _CLOSED] += _rows(claims, end._asdict(), tries=tries)
        if end.state is DeliveryState.UNKNOWN:
            unknown += [claim.delivery_id for claim in claims]
    changed = sum(
        _write(session, some, expected=expected, columns=_End._fields)
        for expected, some in rows.items()
    )
    if unknown:  # a webhook can be faster than an answer that is lost
        prove(session, unknown, now=now)
    return changed


class _End(NamedTuple):
    """What a letter came to, as it stands in its row."""

    state: DeliveryState
    code: str | None
    reason: str | None
    next_at: datetime | None
    ended_at: datetime | None


def _by_end(
    results: Iterable[Result], *, now: datetime
) -> Mapping[tuple[_End, int], Sequence[Claim]]:
    """Put together what is written alike: what letters came to, and the tries that it counts for.

    Where a server says the same in the same words, letters share one outcome, which is known by
    its identity, for hashing it takes time. But most name the letter's place in their queue, and
    of that nothing is written.
    """
    by_outcome: dict[tuple[int, datetime | None], list[Result]] = defaultdict(list)
    for result in results:
        by_outcome[id(result.outcome), result.next_at].append(result)
    by_end: dict[tuple[_End, int], list[Claim]] = defaultdict(list)
    for some in by_outcome.values():
        outcome = some[0].outcome
        end = _end(outcome, next_at=some[0].next_at, now=now)
        by_end[end, int(outcome.counted)] += [result.claim for result in some]
    return by_end


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
) -> int:
    return _write(session, _rows(claims, to), expected=expected, columns=tuple(to))


_Row = dict[str, Any]
"""The parameters of a move: a run of rows, and what is written of each."""


def _rows(claims: Iterable[Claim], to: Mapping[str, Any], *, tries: int = 0) -> list[_Row]:
    values = {f"new_{column}": value for column, value in to.items()} | {"tries": tries}
    return [run | values for run in _runs(claims)]


def _write(
    session: Session,
    rows: Sequence[_Row],
    *,
    expected: frozenset[DeliveryState],
    columns: tuple[str, ...],
) -> int:
    if not rows:
        return 0
    changed = session.connection().execute(_moving(expected, columns), rows)
    return int(changed.rowcount)


def _runs(claims: Iterable[Claim]) -> Iterator[dict[str, int]]:
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


def _end(outcome: Outcome, *, next_at: datetime | None, now: datetime) -> _End:
    state, reason = _settled(outcome, next_at=next_at)
    return _End(
        state=state,
        code=outcome.reply,
        reason=reason,
        next_at=next_at if state is DeliveryState.DEFERRED else None,
        ended_at=None if state in OPEN else now,
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
