"""The tray of the post office: which notice is next, whose it is, and what became of it.

Every update names the state and the epoch it expects; a row that has moved on stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from digest.delivery.state import OPEN, DeliveryState
from digest.mail.notice import Notice, NoticeKind
from digest.mail.outcome import Outcome, Verdict
from digest.tables import WAITING, ConfirmationRow, NoticeRow, SubscriberRow
from subscribers import audience, consent, directory, erasure, suppression, unsubscribe
from subscribers.suppression import Reason

LEASE = timedelta(minutes=2)
"""After so long without an answer a notice in hand counts as its sender's last: nobody waits."""
_TOO_LATE = "it would have come too late"
_NO_USE = "nobody needs it any more, or wants it"
_OPT_INS = (NoticeKind.CONFIRM, NoticeKind.REMINDER, NoticeKind.ADDRESS)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """One notice that we may hand over, as long as the epoch stands."""

    notice: Notice
    epoch: int
    attempts: int


def is_waiting(session: Session, *, now: datetime) -> bool:
    """Whether the turn of some notice has come."""
    return session.scalar(select(NoticeRow.id).where(_due(now)).limit(1)) is not None


def claim(session: Session, *, now: datetime) -> Claimed | None:
    """Take the next notice; what is too late, or of no use any more, is closed on the way."""
    while found := session.execute(
        select(NoticeRow, _is_wanted())
        .where(_due(now))
        .order_by(NoticeRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first():
        row, is_wanted = found
        row.epoch += 1
        if row.email is None or not is_wanted or row.expires_at <= now:
            row.state, row.ended_at = DeliveryState.SKIPPED, now
            row.reason = _TOO_LATE if row.email and is_wanted else _NO_USE
            session.flush()
            continue
        row.state, row.next_at = DeliveryState.CLAIMED, now + LEASE
        session.flush()
        return Claimed(notice=_notice(session, row), epoch=row.epoch, attempts=row.attempts)
    return None


def intend(session: Session, claimed: Claimed, *, now: datetime) -> bool:
    """Commit "the other side may have it from now on"; False when it must not be handed over."""
    return _move(
        session,
        claimed,
        {DeliveryState.CLAIMED},
        {"state": DeliveryState.COMMITTING, "next_at": now + LEASE},
        NoticeRow.expires_at > now,
        NoticeRow.email == claimed.notice.email,
        _is_wanted(),
    )


def settle(
    session: Session,
    claimed: Claimed,
    outcome: Outcome,
    *,
    next_at: datetime | None,
    now: datetime,
) -> DeliveryState:
    """Record what became of a notice, and return its new state.

    An answer that comes after its sender was taken for dead is evidence, and settles the unknown.
    """
    state, reason = _settled(outcome, next_at=next_at)
    to = {
        "state": state,
        "code": outcome.reply,
        "reason": reason,
        "next_at": next_at if state is DeliveryState.DEFERRED else None,
        "ended_at": None if state in OPEN else now,
        "attempts": claimed.attempts + int(outcome.counted),
    }
    expected = {DeliveryState.CLAIMED, DeliveryState.COMMITTING}
    if state not in OPEN:
        expected |= {DeliveryState.UNKNOWN}
    _move(session, claimed, expected, to)
    return state


def close(session: Session, claimed: Claimed, *, reason: str, now: datetime) -> None:
    """Give up a notice of ours that cannot be written."""
    to = {"state": DeliveryState.FAILED, "reason": reason, "ended_at": now, "next_at": None}
    _move(session, claimed, {DeliveryState.CLAIMED}, to)


def recover(session: Session, *, now: datetime) -> int:
    """Take over what dead post offices held; return how many notices nobody can know about.

    Claimed ones never left, so they wait again. Of those with an intent nobody can know: they are
    held and named, and never sent again by themselves.
    """
    over = NoticeRow.next_at <= now
    lost = session.scalars(
        update(NoticeRow)
        .where(NoticeRow.state == DeliveryState.COMMITTING, over)
        .values(
            state=DeliveryState.UNKNOWN,
            reason="the sender died between the final dot and the answer",
            ended_at=now,
            next_at=None,
        )
        .returning(NoticeRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        update(NoticeRow)
        .where(NoticeRow.state == DeliveryState.CLAIMED, over)
        .values(state=DeliveryState.PENDING, next_at=None, epoch=NoticeRow.epoch + 1)
        .execution_options(synchronize_session=False)
    )
    return len(lost)


def keep_proof(
    session: Session, notice: Notice, *, proof: Mapping[str, Any], now: datetime
) -> None:
    """Keep what proves that the letter of a double opt-in was accepted by its server.

    Of whoever was erased while the answer was awaited it is what tells nobody, and of whoever was
    deleted nothing. Comes before `settle`: an erasure locks the person first, and then the notice.
    """
    if notice.kind not in _OPT_INS:
        return
    directory.lock(session, subscriber_id=notice.subscriber_id)
    kept = select(NoticeRow.email).where(
        NoticeRow.id == notice.id, NoticeRow.confirmation_id.is_not(None)
    )
    row = session.execute(kept).first()  # of the last notice that was deleted a blank one is left
    if row is None:
        return
    evidence = {**proof, "address": notice.email, "confirmation": notice.confirmation_id}
    consent.mailed(
        session,
        subscriber_id=notice.subscriber_id,
        source=f"letter of kind {notice.kind}",
        now=now,
        evidence=evidence if row.email else erasure.impersonal(evidence),
    )


def in_words(session: Session) -> str:
    """Count all notices by state, and name those that nobody can know about."""
    rows = session.execute(select(NoticeRow.state, func.count()).group_by(NoticeRow.state))
    counted = {DeliveryState(state): count for state, count in rows}
    words = [f"{counted[state]:,} {state}" for state in DeliveryState if state in counted]
    unknown = session.scalars(
        select(NoticeRow.id).where(NoticeRow.state == DeliveryState.UNKNOWN).order_by(NoticeRow.id)
    )
    if named := ", ".join(map(str, unknown)):
        words.append(f"of which unknown: {named}")
    return "; ".join(words) or "none"


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        WAITING,
        or_(NoticeRow.state == DeliveryState.PENDING, NoticeRow.next_at <= now),
    )


def _is_wanted() -> ColumnElement[bool]:
    """Whether a notice is still to be sent to whom it was written for, by its kind.

    What tells the old address of a move is about its security, and goes out whatever happens.
    """
    own_key = select(SubscriberRow.mailbox_key).where(SubscriberRow.id == NoticeRow.subscriber_id)
    new_key = select(ConfirmationRow.mailbox_key).where(
        ConfirmationRow.id == NoticeRow.confirmation_id
    )
    may_own = ~_is_barred(own_key)
    return case(
        (NoticeRow.kind == NoticeKind.MOVED, true()),
        (NoticeRow.kind == NoticeKind.WELCOME, audience.still_wanted(NoticeRow.subscriber_id)),
        (
            NoticeRow.kind == NoticeKind.LINK,
            may_own & unsubscribe.may_have_a_link(NoticeRow.subscriber_id),
        ),
        (NoticeRow.kind == NoticeKind.ADDRESS, ~_is_answered() & ~_is_barred(new_key)),
        (NoticeRow.kind.in_(_OPT_INS), ~_is_answered() & may_own),
        else_=may_own,
    )


def _is_barred(mailbox_key: "Select[Any]") -> ColumnElement[bool]:
    key = mailbox_key.correlate(NoticeRow).scalar_subquery()
    return suppression.holds(key, reason=Reason.OPERATOR)


def _is_answered() -> ColumnElement[bool]:
    """Whether what a notice asks for has been done already."""
    return exists().where(
        ConfirmationRow.id == NoticeRow.confirmation_id,
        ConfirmationRow.used_at.is_not(None),
    )


def _notice(session: Session, row: NoticeRow) -> Notice:
    requested_at = None
    if row.confirmation_id is not None:
        requested_at = session.scalar(
            select(ConfirmationRow.requested_at).where(ConfirmationRow.id == row.confirmation_id)
        )
    return Notice(
        id=row.id,
        kind=NoticeKind(row.kind),
        subscriber_id=row.subscriber_id,
        confirmation_id=row.confirmation_id,
        email=row.email or "",
        language=row.language,
        created_at=row.created_at,
        expires_at=row.expires_at,
        requested_at=requested_at,
        facts=row.facts,
    )


def _move(
    session: Session,
    claimed: Claimed,
    expected: set[DeliveryState],
    to: Mapping[str, Any],
    *further: ColumnElement[bool],
) -> bool:
    moved = session.scalar(
        update(NoticeRow)
        .where(
            NoticeRow.id == claimed.notice.id,
            NoticeRow.epoch == claimed.epoch,
            NoticeRow.state.in_(expected),
            *further,
        )
        .values(**to)
        .returning(NoticeRow.id)
        .execution_options(synchronize_session=False)
    )
    return moved is not None


def _settled(outcome: Outcome, *, next_at: datetime | None) -> tuple[DeliveryState, str | None]:
    text = erasure.without_addresses(outcome.text)  # it may be erased by now
    if outcome.verdict is Verdict.RETRY and outcome.counted:
        if next_at is None:
            return DeliveryState.FAILED, f"refused until it was too late: {text}"
        return DeliveryState.DEFERRED, text
    ends: dict[Verdict, tuple[DeliveryState, str | None]] = {
        Verdict.ACCEPTED: (DeliveryState.ACCEPTED, None),
        Verdict.REFUSED: (DeliveryState.REJECTED, text),
        Verdict.UNKNOWN: (DeliveryState.UNKNOWN, f"no clear answer at {outcome.stage}: {text}"),
        Verdict.WITHDRAWN: (DeliveryState.SKIPPED, _NO_USE),
    }
    # All else is the connection's or our own fault: nothing was handed over.
    return ends.get(outcome.verdict, (DeliveryState.PENDING, None))
