"""Asks for notices: writes one into the post office's tray, within the limits of its kind.

The row is written in the caller's transaction, so what happened and the letter about it are one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from digest.delivery.state import DeliveryState
from digest.editions.latest import latest
from digest.mail.notice import ASKING, NoticeKind
from digest.tables import ConfirmationRow, NoticeRow, SubscriberRow
from storage.bulk import BulkStatement
from subscribers import budgets, directory, signup, suppression
from subscribers.signup import Letter
from subscribers.tokens import Keyring

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_EVER = timedelta(days=36_500)
_OPENING = 4  # posts of the latest issue that a welcome names
_MOST_ASKED = 3  # letters to somebody who answers none (rule R37), before `budgets.REST`


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
    """At most so many of a kind, to one person, within a time that slides."""

    most: int
    within: timedelta


@dataclass
class _Sent:
    """What was sent to one person: kinds and times; ``forgotten`` are letters of a deleted row."""

    letters: list[tuple[str, datetime]] = field(default_factory=list)
    forgotten: list[datetime] = field(default_factory=list)
    confirmed_at: datetime | None = None

    def unanswered(self, *, now: datetime) -> int:
        """Count the letters that ask for a confirmation, since the last one, or the last rest."""
        count, after = 0, now
        asking = self.forgotten + [at for kind, at in self.letters if kind in ASKING]
        for at in sorted(asking, reverse=True):
            is_answered = self.confirmed_at is not None and at < self.confirmed_at
            if is_answered or after - at >= budgets.REST:
                break
            count, after = count + 1, at
        return count


_LETTERS = {
    Letter.CONFIRM: NoticeKind.CONFIRM,
    Letter.EXISTS: NoticeKind.EXISTS,
    Letter.NONE: NoticeKind.CONFIRM,
}

_LIMITS: Mapping[NoticeKind, _Limit] = {
    NoticeKind.CONFIRM: _Limit(most=1, within=_DAY),
    NoticeKind.REMINDER: _Limit(most=1, within=_WEEK),
    NoticeKind.EXISTS: _Limit(most=1, within=_WEEK),
    NoticeKind.LINK: _Limit(most=3, within=_DAY),
    NoticeKind.ADDRESS: _Limit(most=3, within=_DAY),
    NoticeKind.WELCOME: _Limit(most=1, within=_EVER),
}


_NOTICES = BulkStatement(
    """
    INSERT INTO notice (
        kind, subscriber_id, confirmation_id, email, language, facts, created_at, expires_at, state,
        epoch, attempts, reason, ended_at
    )
    SELECT
        "row".kind, "row".subscriber_id, "row".confirmation_id, "row".email, "row".language,
        "row".facts, :now, "row".expires_at, "row".state, 0, 0, "row".reason, "row".ended_at
    FROM {rows}
    """,
    columns={
        "kind": "text",
        "subscriber_id": "integer",
        "confirmation_id": "integer",
        "email": "text",
        "language": "text",
        "facts": "json",
        "expires_at": "timestamptz",
        "state": "text",
        "reason": "text",
        "ended_at": "timestamptz",
    },
)
_SENT = BulkStatement(
    """
    SELECT
        "row".whose, subscriber.confirmed_at, budget.used, budget.since,
        notice.kind, notice.created_at
    FROM {rows} JOIN subscriber ON subscriber.id = "row".whose
    LEFT JOIN budget ON budget.name = :letters || subscriber.mailbox_key
    LEFT JOIN notice ON notice.subscriber_id = "row".whose AND notice.state <> 'skipped'
    """,
    columns={"whose": "integer"},
    times=(1, 3, 5),
)


def ask(session: Session, wanted: Wanted, *, now: datetime) -> bool:
    """Write a notice that is to be sent; False when its kind's limit is reached.

    Then nothing is written: a link in a forwarded issue may be pressed without end.
    """
    directory.lock(session, subscriber_id=wanted.subscriber_id)
    [row] = _decided(session, [(wanted, "")], now=now)
    is_sent = row["state"] is DeliveryState.PENDING
    if is_sent:
        _NOTICES.run(session, [row], now=now)
    return is_sent


def _note_all(session: Session, many: Sequence[tuple[Wanted, str]], *, now: datetime) -> None:
    """Write notices to people whose rows are locked, each with why it is not to be sent, if so.

    What is not sent, for that or for its limit, is a row as well: whoever measures how long a
    sign-up takes learns nothing.
    """
    _NOTICES.run(session, _decided(session, many, now=now), now=now)


def _decided(
    session: Session, many: Sequence[tuple[Wanted, str]], *, now: datetime
) -> list[dict[str, Any]]:
    """Return the rows of these notices: pending, or skipped with the reason."""
    sent = _sent(session, {wanted.subscriber_id for wanted, _ in many})
    rows = []
    for wanted, barred in many:
        before = sent[wanted.subscriber_id]
        reason = _over(before, wanted, now=now) or barred
        if not reason:  # it counts for whoever asks in the same moment
            before.letters.append((wanted.kind, now))
        rows.append(_row(wanted, reason, now=now))
    return rows


def _sent(session: Session, whose: Collection[int]) -> dict[int, _Sent]:
    """Look up what was sent to these people."""
    sent = {id_: _Sent() for id_ in whose}
    rows = _SENT.run(session, [{"whose": id_} for id_ in whose], letters=budgets.LETTERS)
    for id_, confirmed_at, used, since, kind, at in rows:
        one = sent[id_]
        one.confirmed_at, one.forgotten = confirmed_at, [since] * (used or 0)
        if kind is not None:
            one.letters.append((kind, at))
    return sent


def _row(wanted: Wanted, reason: str, *, now: datetime) -> dict[str, Any]:
    return {
        "kind": wanted.kind,
        "subscriber_id": wanted.subscriber_id,
        "confirmation_id": wanted.confirmation_id,
        "email": wanted.email,
        "language": wanted.language,
        "facts": dict(wanted.facts),
        "expires_at": wanted.expires_at,
        "state": DeliveryState.SKIPPED if reason else DeliveryState.PENDING,
        "reason": reason or None,
        "ended_at": now if reason else None,
    }


def apply(
    session: Session, wanted: signup.Application, *, keyring: Keyring, now: datetime
) -> signup.Applied:
    """Note a request for a subscription, and ask for the letter about it: the one way to join.

    The answer to whoever asks must be the same whatever becomes of it. Raises `TooManyError` when
    a budget is used up; roll back then.
    """
    [applied] = apply_all(session, [wanted], keyring=keyring, now=now)
    return applied


def apply_all(
    session: Session, many: Sequence[signup.Application], *, keyring: Keyring, now: datetime
) -> list[signup.Applied]:
    """Do what `apply` does for several who ask at the same time; `TooManyError` is about any."""
    applied = signup.request_all(session, many, keyring=keyring, now=now)
    _note_all(session, [_letter_to(one) for one in applied if one.is_new], now=now)
    return applied


def _letter_to(applied: signup.Applied) -> tuple[Wanted, str]:
    """Return the letter that a request asks for, and why it is not to be sent, if so."""
    wanted = Wanted(
        kind=_LETTERS[applied.letter],
        subscriber_id=applied.subscriber_id,
        confirmation_id=applied.confirmation_id,
        email=applied.email,
        language=applied.language,
        expires_at=applied.expires_at,
    )
    is_barred = applied.letter is Letter.NONE
    return wanted, "the operator lets nothing be sent" if is_barred else ""


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


def greet(
    session: Session,
    *,
    subscriber_id: int,
    newsletter: str,
    evergreen: Mapping[str, str],
    now: datetime,
) -> bool:
    """Ask for the letter to somebody who has just confirmed; once and no more.

    It tells of the latest issue as it stands now, and of what is always worth reading:
    ``evergreen`` holds addresses by their titles.
    """
    reader = directory.get(session, subscriber_id=subscriber_id)
    if reader.email is None:
        return False
    wanted = Wanted(
        kind=NoticeKind.WELCOME,
        subscriber_id=subscriber_id,
        email=reader.email,
        language=reader.language,
        expires_at=now + _WEEK,
        facts={
            "latest": _latest(session, newsletter, language=reader.language),
            "evergreen": dict(evergreen),
        },
    )
    return ask(session, wanted, now=now)


def _latest(session: Session, newsletter: str, *, language: str) -> dict[str, Any] | None:
    """Say what the letter needs of the latest issue, in what JSON knows."""
    found = latest(session, newsletter, language=language, most=_OPENING)
    if found is None:
        return None
    posts = [
        {"title": one.title, "url": one.url, "source": one.source, "language": one.language}
        for one in found.posts
    ]
    return {"number": found.number, "subject": found.subject, "posts": posts}


def is_reminder_due(session: Session, *, now: datetime) -> bool:
    """Whether somebody is to be reminded; only reads."""
    return session.execute(_unreminded(now).limit(1)).first() is not None


def remind(session: Session, *, now: datetime) -> int:
    """Ask for one reminder to each who has not confirmed for a day; return how many."""
    waiting = session.execute(_unreminded(now)).all()
    for row, email, language in waiting:
        wanted = Wanted(
            kind=NoticeKind.REMINDER,
            subscriber_id=row.subscriber_id,
            confirmation_id=row.id,
            email=str(email),
            language=language,
            expires_at=row.expires_at,
        )
        directory.lock(session, subscriber_id=row.subscriber_id)
        _note_all(session, [(wanted, "")], now=now)  # a row also then: it is asked for once
    return len(waiting)


def _unreminded(now: datetime) -> Select[ConfirmationRow, str | None, str]:
    """Select the requests that wait for a day, oldest first: two runs lock in the same order."""
    reminded = exists().where(
        NoticeRow.kind == NoticeKind.REMINDER, NoticeRow.confirmation_id == ConfirmationRow.id
    )
    return (
        select(ConfirmationRow, ConfirmationRow.email, SubscriberRow.language)
        .join(SubscriberRow, SubscriberRow.id == ConfirmationRow.subscriber_id)
        .where(
            ConfirmationRow.purpose == signup.PURPOSE,
            ConfirmationRow.used_at.is_(None),
            ConfirmationRow.email.is_not(None),
            ConfirmationRow.requested_at <= now - _DAY,
            ConfirmationRow.expires_at > now,
            SubscriberRow.status == "pending",
            ~suppression.holds(SubscriberRow.mailbox_key),
            ~reminded,
        )
        .order_by(ConfirmationRow.subscriber_id)
    )


def _over(sent: _Sent, wanted: Wanted, *, now: datetime) -> str:
    """Say which limit is reached; empty when none is."""
    if wanted.kind in ASKING and sent.unanswered(now=now) >= _MOST_ASKED:
        return f"{_MOST_ASKED} without an answer, and no more for {budgets.REST.days} days"
    limit = _LIMITS.get(wanted.kind)
    if limit is None:
        return ""
    count = sum(
        kind == wanted.kind and created_at > now - limit.within for kind, created_at in sent.letters
    )
    return f"{limit.most} in {_in_words(limit.within)} and no more" if count >= limit.most else ""


def _in_words(within: timedelta) -> str:
    if within == _EVER:
        return "all"
    return "24 hours" if within == _DAY else f"{within.days} days"
