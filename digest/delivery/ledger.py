"""The ledger: one row per reader of an issue, and the only truth about who was served.

Every update names the state and the epoch it expects; a row that has moved on stays as it is.
States and identities: see `delivery.state`; the three sums that must hold are in `audit.py`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnCollection,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.delivery import proof
from digest.delivery.batches import claim_of
from digest.delivery.journal import Testimony
from digest.delivery.moves import Result, settle
from digest.delivery.ring import RingSettings, size
from digest.delivery.state import OPEN, DeliveryState
from digest.editions.state import EditionState
from digest.mail.outcome import Verdict
from digest.tables import WAITING, ChoiceRow, DeliveryRow, EditionRow, ExclusionRow, RingRow
from storage.database import room_for_many
from subscribers import audience, sample

MAX_CRASHES = 3
_IDS_PER_QUERY = 5_000  # databases limit the parameters of one statement
NO_POST = "no post in their topics"
_FREED: dict[str, Any] = {"epoch": DeliveryRow.epoch + 1, "worker_id": None}


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
    otherwise: Mapping[str, int],
    now: datetime,
    pace: str = "weekly",
    ring: RingSettings | None = None,
) -> int:
    """Write one pending row per reader in one INSERT ... SELECT, and count who is left out.

    An issue is for the readers of one ``pace``: "weekly", or "monthly" for a best-of. Each
    reader gets the variant that the edition keeps for their choice (`ChoiceRow`). One whose
    choice nobody had when the issue was rendered gets the whole issue in their language:
    ``otherwise`` has its variant by language, the default one first. Those who are to be the first
    by ``ring`` stand first in it. Returns the number of rows. Belongs into the transaction of the
    freeze.
    """
    people = audience.candidates(now=now, pace=pace).subquery()
    rows = _rows(people, edition_id, otherwise=otherwise)
    written = 0
    if first := _first(session, edition_id, settings=ring, now=now, pace=pace):
        for start in range(0, len(first), _IDS_PER_QUERY):
            some = first[start : start + _IDS_PER_QUERY]
            written += _add(session, rows.where(people.c.id.in_(some)))
        _keep_ring(session, edition_id)
    with room_for_many(session.connection()):
        written += _add(session, rows, again=bool(first))
    _keep_excluded(session, edition_id, written=written, now=now, pace=pace)
    session.execute(
        update(EditionRow).where(EditionRow.id == edition_id).values(candidates=written)
    )
    return written


def _rows(
    people: Subquery, edition_id: int, *, otherwise: Mapping[str, int]
) -> "Select[*tuple[Any, ...]]":
    """Select what is written of each reader: the columns of `_add`."""
    whole = case(
        {language: literal(id_) for language, id_ in otherwise.items()},
        value=people.c.language,
        else_=literal(next(iter(otherwise.values()))),
    )
    return (
        select(
            literal(edition_id),
            people.c.id,
            people.c.mailbox_key,
            func.coalesce(ChoiceRow.variant_id, whole),
            literal(DeliveryState.PENDING.value),
        )
        .outerjoin_from(people, ChoiceRow, _chose(people.c, edition_id))
        .where(or_(ChoiceRow.id.is_(None), ChoiceRow.variant_id.is_not(None)))
        .order_by(people.c.id)
    )


def _keep_excluded(
    session: Session, edition_id: int, *, written: int, now: datetime, pace: str
) -> None:
    """Write how many members of the list are left out, by reason."""
    excluded = audience.excluded(session, now=now, pace=pace)
    excluded[NO_POST] = audience.members(session) - sum(excluded.values()) - written
    session.add_all(
        ExclusionRow(edition_id=edition_id, reason=reason, people=people_out)
        for reason, people_out in sorted(excluded.items())
        if people_out > 0
    )


def _add(session: Session, rows: "Select[*tuple[Any, ...]]", *, again: bool = False) -> int:
    """Write rows, and return how many; ``again`` passes over who stands in the ledger already.

    To leave them out of the rows would be left to the planner, which without statistics compares
    each with each.
    """
    columns = ["edition_id", "subscriber_id", "mailbox_key", "variant_id", "state"]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    writing = dialect.insert(DeliveryRow).from_select(columns, rows)
    writing = writing.on_conflict_do_nothing() if again else writing
    counted = {"preserve_rowcount": True}
    return int(session.connection().execute(writing, execution_options=counted).rowcount)


def _first(
    session: Session, edition_id: int, *, settings: RingSettings | None, now: datetime, pace: str
) -> list[int]:
    """Return the readers who come first; none when all of them go together."""
    if settings is None or not settings.share:
        return []
    of = sample.count(session, now=now, pace=pace)
    people = size(of, settings=settings)
    if not people:
        return []
    return sample.spread(session, people=people, of=of, turn=edition_id, now=now, pace=pace)


def _keep_ring(session: Session, edition_id: int) -> None:
    """Keep between which ids the first readers stand, as long as no others are written."""
    people, first, last = session.execute(
        select(func.count(), func.min(DeliveryRow.id), func.max(DeliveryRow.id)).where(
            DeliveryRow.edition_id == edition_id
        )
    ).one()
    if people:
        session.add(RingRow(edition_id=edition_id, people=people, first_id=first, last_id=last))
        session.flush()


def _chose(people: ColumnCollection[str, Any], edition_id: int) -> ColumnElement[bool]:
    return and_(
        ChoiceRow.edition_id == edition_id,
        ChoiceRow.language == people["language"],
        ChoiceRow.format == people["format"],
        ChoiceRow.topics == people["topics"],
    )


def intended(session: Session, worker_id: int) -> list[int]:
    """Return the letters that this worker might have handed over: an intent, and no result."""
    rows = session.scalars(
        select(DeliveryRow.id).where(
            DeliveryRow.worker_id == worker_id, DeliveryRow.state == DeliveryState.COMMITTING
        )
    )
    return list(rows)


def free_unbegun(session: Session, worker_id: int) -> int:
    """Free what a worker has claimed and not begun; return how many letters."""
    claimed = and_(DeliveryRow.worker_id == worker_id, DeliveryRow.state == DeliveryState.CLAIMED)
    return _update(session, claimed, _FREED | {"state": DeliveryState.PENDING})


def recover(
    session: Session, worker_id: int, *, testimony: Testimony | None = None, now: datetime
) -> int:
    """Take over what a dead worker held; return how many letters nobody can know about.

    Claimed letters never left, so they wait again. Of those that it might hand over its
    ``testimony`` tells: without a dot they never left either, with an answer that is what became
    of them. For all others the truth is lost with the worker: unknown, held, reported; their epoch
    stays, so that a late answer finds them. One that was in hand at three deaths is set aside.
    """
    held = DeliveryRow.worker_id == worker_id
    committing = and_(held, DeliveryRow.state == DeliveryState.COMMITTING)
    if testimony:
        _testify(session, committing, testimony, now=now)
    _update(session, and_(committing, proof.HEARD_OF), proof.proved(now=now))
    lost = _update(
        session,
        committing,
        {
            "state": DeliveryState.UNKNOWN,
            "reason": "the sender died between the final dot and the answer",
            "ended_at": now,
            "worker_id": None,
        },
    )
    in_hand = testimony.in_hand if testimony else frozenset[int]()
    claimed = and_(held, DeliveryRow.state == DeliveryState.CLAIMED)
    crashed = _FREED | {"crashes": DeliveryRow.crashes + 1}
    suspect = and_(claimed, DeliveryRow.id.in_(in_hand))
    aside = {
        "state": DeliveryState.FAILED,
        "reason": f"the sender died {MAX_CRASHES} times with it in hand",
        "ended_at": now,
    }
    _update(session, and_(suspect, DeliveryRow.crashes + 1 >= MAX_CRASHES), crashed | aside)
    _update(session, suspect, crashed | {"state": DeliveryState.PENDING})
    free_unbegun(session, worker_id)
    close_strays(session, now=now)
    return lost


def _testify(
    session: Session, committing: ColumnElement[bool], testimony: Testimony, *, now: datetime
) -> None:
    """Settle what the journal knows: with an answer, or back to claimed where no dot left."""
    rows = session.scalars(select(DeliveryRow).where(committing)).all()
    known = [
        Result(claim=claim_of(row), outcome=outcome, next_at=now)
        for row in rows
        if (outcome := testimony.answers.get(row.id)) and outcome.verdict is not Verdict.UNKNOWN
    ]
    settle(session, known, now=now)
    known_ids = testimony.answers.keys()
    stayed = [row.id for row in rows if row.id not in testimony.unanswered | known_ids]
    if stayed:
        _update(
            session,
            and_(committing, DeliveryRow.id.in_(stayed)),
            {"state": DeliveryState.CLAIMED},
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


def close_strays(session: Session, *, now: datetime) -> int:
    """Skip what came back to an issue that was closed in the meantime."""
    closed = exists().where(
        EditionRow.id == DeliveryRow.edition_id, EditionRow.state == EditionState.FAILED
    )
    return _update(
        session,
        and_(WAITING, closed),
        {"state": DeliveryState.SKIPPED, "reason": "the issue was closed", "ended_at": now},
    )


def unknown(session: Session, edition_id: int, *, emails: Collection[str] | None) -> list[int]:
    """Return the letters nobody can know about, of these readers or of all."""
    rows = select(DeliveryRow.id).where(
        DeliveryRow.edition_id == edition_id, DeliveryRow.state == DeliveryState.UNKNOWN
    )
    if emails is not None:
        rows = rows.where(DeliveryRow.subscriber_id.in_(audience.of_addresses(emails)))
    return list(session.scalars(rows))


def decide(
    session: Session, delivery_ids: Collection[int], *, is_sent: bool, note: str, now: datetime
) -> None:
    """Settle unknown letters by a person's word: accepted, or due once more."""
    to: dict[str, Any] = {"reason": note, "worker_id": None}
    if is_sent:
        to |= {"state": DeliveryState.ACCEPTED, "ended_at": now}
    else:
        to |= {
            "state": DeliveryState.PENDING,
            "ended_at": None,
            "next_at": None,
            "epoch": DeliveryRow.epoch + 1,
        }
    unknown_still = and_(
        DeliveryRow.id.in_(delivery_ids), DeliveryRow.state == DeliveryState.UNKNOWN
    )
    _update(session, unknown_still, to)


def counts(
    session: Session, edition_id: int, *, within: tuple[int, int] | None = None
) -> dict[DeliveryState, int]:
    """Count an edition's deliveries by state, or those from the first to the last of ``within``."""
    query = select(DeliveryRow.state, func.count()).where(DeliveryRow.edition_id == edition_id)
    if within:
        query = query.where(DeliveryRow.id.between(*within))
    rows = session.execute(query.group_by(DeliveryRow.state))
    return {DeliveryState(state): count for state, count in rows}


def has_open(session: Session, edition_id: int) -> bool:
    """Whether a letter of this edition waits or is in hand; nothing has to be counted for that."""
    mine = DeliveryRow.edition_id == edition_id
    waits = exists().where(mine, WAITING)
    is_held = exists().where(mine, DeliveryRow.worker_id.is_not(None))
    return bool(session.scalar(select(or_(waits, is_held))))


def holds(session: Session, worker_id: int) -> bool:
    """Whether a worker has any letter in hand."""
    return bool(session.scalar(select(exists().where(DeliveryRow.worker_id == worker_id))))


def has_accepted(session: Session, edition_id: int) -> bool:
    """Whether a letter of this edition has been accepted."""
    accepted = exists().where(
        DeliveryRow.edition_id == edition_id, DeliveryRow.state == DeliveryState.ACCEPTED
    )
    return bool(session.scalar(select(accepted)))


def accepted(session: Session, edition_id: int, *, most: int) -> int:
    """Count the letters of an edition that were accepted, up to so many."""
    some = (
        select(DeliveryRow.id)
        .where(DeliveryRow.edition_id == edition_id, DeliveryRow.state == DeliveryState.ACCEPTED)
        .limit(most)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(some)) or 0


def excluded(session: Session, edition_id: int) -> dict[str, int]:
    """Count the members left out at the freeze, by reason."""
    rows = session.execute(
        select(ExclusionRow.reason, ExclusionRow.people).where(
            ExclusionRow.edition_id == edition_id
        )
    )
    return {reason: people for reason, people in rows}  # noqa: C416 - rows are not pairs to mypy


def unserved(
    session: Session, edition_id: int, *, after: int = 0, most: int | None = None
) -> list[Unserved]:
    """Name who has not got the issue, with the reason: all, or so many behind a delivery's id."""
    rows = session.scalars(
        select(DeliveryRow)
        .where(
            DeliveryRow.edition_id == edition_id,
            DeliveryRow.state != DeliveryState.ACCEPTED,
            DeliveryRow.id > after,
        )
        .order_by(DeliveryRow.id)
        .limit(most)
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
