"""Moving a subscription to another address: nothing changes before the new address answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from subscribers import consent, moves, suppression
from subscribers.addresses import Mailbox
from subscribers.errors import NotReadingError, PreferenceError
from subscribers.moves import Move, State
from subscribers.suppression import Reason
from subscribers.tables import ConsentKind, Status, SubscriberRow
from subscribers.tokens import Keyring

_MOST_A_DAY = 3

# Whoever owns a mailbox may lift these; a complaint is taken back by signing up, not by moving.
_LIFTED_BY_OWNER = frozenset({Reason.BOUNCE, Reason.ERASURE})


class Letter(StrEnum):
    """What the new address has to be sent."""

    ADDRESS = "address"  # the link and the code
    EXISTS = "exists"  # it has a subscription of its own
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A move that was asked for, and the letter about it.

    ``recipient_id`` and ``language`` are those of whoever has a subscription there already, for
    `Letter.EXISTS`, else the reader's own. A page says the same whatever ``letter`` is.
    """

    move: Move
    letter: Letter
    recipient_id: int
    language: str


def ask(
    session: Session, *, subscriber_id: int, mailbox: Mailbox, keyring: Keyring, now: datetime
) -> Asked:
    """Note that somebody wants their issues at another address.

    Raises `PreferenceError` for the address they have and after three different ones in a day,
    `NotReadingError` for somebody who gets no issues.
    """
    reader = _reader(session, subscriber_id)
    if reader.email == mailbox.address:
        raise PreferenceError("this is the address that you have", field="same")
    keys = keyring.mailbox_keys(mailbox.canonical)
    waiting = moves.waiting_for(session, keys=keys, now=now)
    if waiting is not None and waiting.subscriber_id == subscriber_id:
        move_id, recipient, letter = waiting.id, reader, Letter.NONE
    else:
        if moves.asked_today(session, subscriber_id=subscriber_id, now=now) >= _MOST_A_DAY:
            raise PreferenceError("three new addresses in a day are enough", field="often")
        recipient, letter = _letter(session, keys, reader)
        move_id = moves.write(
            session,
            subscriber_id=subscriber_id,
            email=mailbox.address,
            mailbox_key=keys[0],
            now=now,
        ).id
    return Asked(
        move=moves.look(session, move_id=move_id, now=now),
        letter=Letter.NONE if waiting else letter,
        recipient_id=recipient.id,
        language=recipient.language,
    )


def try_code(
    session: Session, *, move_id: int, typed: str, keyring: Keyring, now: datetime
) -> bool:
    """Say whether these are the six digits of the letter; after five tries only its link works."""
    row = moves.row_of(session, move_id, lock=True)
    if row.tries_left < 1 or row.expires_at <= now:
        return False
    fits = keyring.is_code(typed, row.id, at=row.requested_at)
    if not fits:
        row.tries_left -= 1
        session.flush()
    return fits


def confirm(
    session: Session,
    *,
    move_id: int,
    keyring: Keyring,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> Move:
    """Move the subscription, from the next letter on; twice is once.

    The state of what comes back tells whether it has moved. Everything else stays as it was.
    """
    row = moves.row_of(session, move_id, lock=True)
    move = moves.look(session, move_id=move_id, now=now)
    if move.state is not State.WAITING:
        return move
    reader = _reader(session, row.subscriber_id)
    keys = keyring.mailbox_keys(Mailbox.parse(move.new).canonical)
    holder = _holder(session, keys, but=reader.id)
    if holder is not None and holder.status == Status.CONFIRMED:
        return replace(move, state=State.TAKEN)
    row.wishes = {"before": _card(reader), "displaced": _card(holder) if holder else None}
    row.used_at = now
    told = {"from": reader.email, "to": move.new, **(evidence or {})}
    if holder is not None:  # who wants no issues there keeps the evidence, without the mailbox
        _put(session, {"id": holder.id, "email": None, "mailbox_key": f"moved {move.id}"})
    _lift(session, keys)
    _put(session, {"id": reader.id, "email": move.new, "mailbox_key": keys[0]})
    _record(session, reader.id, now=now, source=source, evidence=told)
    return moves.look(session, move_id=move_id, now=now)


def undo(
    session: Session,
    *,
    move_id: int,
    keyring: Keyring,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> Move:
    """Bring the subscription back to the old address, for seven days; twice is once.

    It is left alone where it has moved on since, or where the old address has a new one.
    """
    row = moves.row_of(session, move_id, lock=True)
    move = moves.look(session, move_id=move_id, now=now)
    if move.state is not State.MOVED or move.old is None:
        return move
    before, displaced = row.wishes["before"], row.wishes["displaced"]
    reader = session.get_one(SubscriberRow, row.subscriber_id, with_for_update=True)
    new, old = (
        keyring.mailbox_keys(Mailbox.parse(address).canonical) for address in (move.new, move.old)
    )  # under every secret: it may have changed since the move was asked for
    if reader.mailbox_key not in new:  # it has moved on, or is erased
        return replace(move, state=State.EXPIRED)
    if _holder(session, old, but=reader.id) is not None:
        return replace(move, state=State.TAKEN)
    _put(session, before)
    if displaced:
        _put(session, displaced)
    row.wishes = {**row.wishes, "back": True}
    told = {"from": move.new, "to": before["email"], **(evidence or {})}
    _record(session, reader.id, now=now, source=source, evidence=told)
    return moves.look(session, move_id=move_id, now=now)


def _reader(session: Session, subscriber_id: int) -> SubscriberRow:
    reader = session.scalars(
        select(SubscriberRow)
        .where(SubscriberRow.id == subscriber_id, SubscriberRow.status == Status.CONFIRMED)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if reader is None or reader.email is None:
        raise NotReadingError("this person gets no issues")
    return reader


def _holder(session: Session, keys: Sequence[str], *, but: int) -> SubscriberRow | None:
    return session.scalars(
        select(SubscriberRow)
        .where(SubscriberRow.mailbox_key.in_(keys), SubscriberRow.id != but)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _letter(
    session: Session, keys: Sequence[str], reader: SubscriberRow
) -> tuple[SubscriberRow, Letter]:
    """Choose whom to write to at the new address, and what."""
    barrier = suppression.find(session, mailbox_keys=keys)
    if barrier is not None and barrier.reason not in _LIFTED_BY_OWNER:
        return reader, Letter.NONE
    holder = _holder(session, keys, but=reader.id)
    if holder is None:
        return reader, Letter.ADDRESS
    if holder.status == Status.CONFIRMED:
        return holder, Letter.EXISTS
    return reader, Letter.NONE if holder.status == Status.COMPLAINED else Letter.ADDRESS


def _lift(session: Session, keys: Sequence[str]) -> None:
    barrier = suppression.find(session, mailbox_keys=keys)
    if barrier is not None and barrier.reason in _LIFTED_BY_OWNER:
        suppression.lift(session, mailbox_keys=keys)


def _card(row: SubscriberRow) -> dict[str, Any]:
    return {"id": row.id, "email": row.email, "mailbox_key": row.mailbox_key}


def _put(session: Session, card: Mapping[str, Any]) -> None:
    """Write under which mailbox somebody is known."""
    session.flush()
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == card["id"])
        .values(email=card["email"], mailbox_key=card["mailbox_key"])
        .execution_options(synchronize_session="fetch")
    )


def _record(
    session: Session, subscriber_id: int, *, now: datetime, source: str, evidence: dict[str, Any]
) -> None:
    consent.record(
        session,
        subscriber_id=subscriber_id,
        kind=ConsentKind.MOVED,
        source=source,
        now=now,
        evidence=evidence,
    )
