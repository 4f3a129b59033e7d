"""Asks for notices: writes one into the post office's tray, within the limits of its kind.

The row is written in the caller's transaction, so what happened and the letter about it are one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session

from digest.delivery.state import DeliveryState
from digest.mail.notice import NoticeKind
from digest.tables import ConfirmationRow, NoticeRow, SubscriberRow
from subscribers import directory, signup
from subscribers.signup import Letter
from subscribers.tokens import Keyring

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_EVER = timedelta(days=36_500)
_OPT_INS = frozenset({NoticeKind.CONFIRM, NoticeKind.REMINDER})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One notice that is wanted.

    ``email`` is where it goes: for a change of address not the subscriber's own. After
    ``expires_at`` it would come too late and is not sent. ``facts`` holds values for the template
    that JSON can say, and never text from a form.
    """

    kind: NoticeKind
    subscriber_id: int
    email: str
    language: str
    expires_at: datetime
    confirmation_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Limit:
    """At most so many of these kinds, to one person, within a time that slides."""

    kinds: frozenset[NoticeKind]
    most: int
    within: timedelta


_LETTERS = {
    Letter.CONFIRM: NoticeKind.CONFIRM,
    Letter.EXISTS: NoticeKind.EXISTS,
    Letter.NONE: NoticeKind.CONFIRM,
}


def _alone(kind: NoticeKind, *, most: int, within: timedelta) -> _Limit:
    return _Limit(kinds=frozenset({kind}), most=most, within=within)


# A pending address is deleted after a week, so three in a week are three in all.
_THREE_IN_ALL = _Limit(kinds=_OPT_INS, most=3, within=_WEEK)
_LIMITS: Mapping[NoticeKind, tuple[_Limit, ...]] = {
    NoticeKind.CONFIRM: (_alone(NoticeKind.CONFIRM, most=1, within=_DAY), _THREE_IN_ALL),
    NoticeKind.REMINDER: (_alone(NoticeKind.REMINDER, most=1, within=_WEEK), _THREE_IN_ALL),
    NoticeKind.EXISTS: (_alone(NoticeKind.EXISTS, most=1, within=_WEEK),),
    NoticeKind.LINK: (_alone(NoticeKind.LINK, most=3, within=_DAY),),
    NoticeKind.ADDRESS: (_alone(NoticeKind.ADDRESS, most=3, within=_DAY),),
    NoticeKind.MOVED: (),
    NoticeKind.WELCOME: (_alone(NoticeKind.WELCOME, most=1, within=_EVER),),
}


# Built once: to build a statement takes longer than the database takes over it.
_NOTICE = insert(NoticeRow)
_SENT = select(NoticeRow.kind, NoticeRow.created_at).where(
    NoticeRow.subscriber_id == bindparam("whose"), NoticeRow.state != DeliveryState.SKIPPED
)


def ask(session: Session, wanted: Wanted, *, now: datetime, barred: str = "") -> bool:
    """Write a notice that is to be sent; False when its kind's limit is reached.

    Then a row that says so is written instead, and nothing is sent: whoever measures learns
    nothing. ``barred`` gives another reason to send nothing.
    """
    directory.lock(session, subscriber_id=wanted.subscriber_id)
    reason = _over(session, wanted, now=now) or barred
    row = {
        "kind": wanted.kind,
        "subscriber_id": wanted.subscriber_id,
        "confirmation_id": wanted.confirmation_id,
        "email": wanted.email,
        "language": wanted.language,
        "facts": dict(wanted.facts),
        "created_at": now,
        "expires_at": wanted.expires_at,
        "state": DeliveryState.SKIPPED if reason else DeliveryState.PENDING,
        "reason": reason or None,
        "ended_at": now if reason else None,
    }
    session.connection().execute(_NOTICE, row)
    return not reason


def apply(
    session: Session, wanted: signup.Application, *, keyring: Keyring, now: datetime
) -> signup.Applied:
    """Note a request for a subscription, and ask for the letter about it: the one way to join.

    The answer to whoever asks must be the same whatever becomes of it. Raises `TooManyError` when
    a budget is used up; roll back then.
    """
    applied = signup.request(session, wanted, keyring=keyring, now=now)
    if applied.is_new:
        kind = _LETTERS[applied.letter]
        ask(
            session,
            Wanted(
                kind=kind,
                subscriber_id=applied.subscriber_id,
                confirmation_id=applied.confirmation_id,
                email=applied.email,
                language=applied.language,
                expires_at=applied.expires_at,
            ),
            now=now,
            barred="the operator lets nothing be sent" if applied.letter is Letter.NONE else "",
        )
    return applied


def taken_at(session: Session, *, confirmation_id: int) -> datetime | None:
    """Return when a mail server took the letter of a request; None when none has."""
    return session.scalars(
        select(NoticeRow.ended_at)
        .where(
            NoticeRow.confirmation_id == confirmation_id,
            NoticeRow.state == DeliveryState.ACCEPTED,
        )
        .order_by(NoticeRow.ended_at.desc())
    ).first()


def greet(session: Session, *, subscriber_id: int, now: datetime) -> bool:
    """Ask for the letter to somebody who has just confirmed; once and no more."""
    reader = directory.get(session, subscriber_id=subscriber_id)
    if reader.email is None:
        return False
    wanted = Wanted(
        kind=NoticeKind.WELCOME,
        subscriber_id=subscriber_id,
        email=reader.email,
        language=reader.language,
        expires_at=now + _WEEK,
    )
    return ask(session, wanted, now=now)


def remind(session: Session, *, now: datetime) -> int:
    """Ask for one reminder to each who has not confirmed for a day; return how many."""
    reminded = exists().where(
        NoticeRow.kind == NoticeKind.REMINDER, NoticeRow.confirmation_id == ConfirmationRow.id
    )
    waiting = session.execute(
        select(ConfirmationRow, ConfirmationRow.email, SubscriberRow.language)
        .join(SubscriberRow, SubscriberRow.id == ConfirmationRow.subscriber_id)
        .where(
            ConfirmationRow.purpose == signup.PURPOSE,
            ConfirmationRow.used_at.is_(None),
            ConfirmationRow.email.is_not(None),
            ConfirmationRow.requested_at <= now - _DAY,
            ConfirmationRow.expires_at > now,
            SubscriberRow.status == "pending",
            ~reminded,
        )
    ).all()
    for row, email, language in waiting:
        wanted = Wanted(
            kind=NoticeKind.REMINDER,
            subscriber_id=row.subscriber_id,
            confirmation_id=row.id,
            email=str(email),
            language=language,
            expires_at=row.expires_at,
        )
        ask(session, wanted, now=now)
    return len(waiting)


def _over(session: Session, wanted: Wanted, *, now: datetime) -> str:
    """Say which limit is reached; empty when none is."""
    recent = session.connection().execute(_SENT, {"whose": wanted.subscriber_id}).all()
    for limit in _LIMITS[wanted.kind]:
        count = sum(
            row.kind in limit.kinds and row.created_at > now - limit.within for row in recent
        )
        if count >= limit.most:
            return f"{limit.most} in {_in_words(limit.within)} and no more"
    return ""


def _in_words(within: timedelta) -> str:
    if within == _EVER:
        return "all"
    return "24 hours" if within == _DAY else f"{within.days} days"
