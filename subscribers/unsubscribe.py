"""Leaving, as easy as joining: at once, as often as one likes, and with a way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, exists
from sqlalchemy.orm import Session

from storage.bulk import BulkStatement
from storage.statement import Statement
from subscribers import consent, preferences, suppression
from subscribers.addresses import mask
from subscribers.consent import ConsentEvent
from subscribers.errors import UnknownSubscriberError
from subscribers.tables import ConsentKind, Status, SubscriberRow

# A complaint or an erasure says more than "unsubscribed" and stays.
_CAN_LEAVE = frozenset({Status.PENDING, Status.CONFIRMED, Status.BOUNCED})


class Why(StrEnum):
    """What somebody may say about leaving, in one click."""

    OFTEN = "often"
    TOPICS = "topics"
    WORTH = "worth"
    STRANGE = "strange"  # "I never asked for it": worth an operator's look
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Whether somebody is on the list, and what may be offered to whoever holds their link.

    ``masked`` is the address as it may be shown; None after erasure. ``may_return`` is False for
    those whom somebody else took off the list: the link in an old issue must not undo that.
    ``said_why`` is whether they left, and have told the reason.
    """

    masked: str | None
    subscribed: bool
    may_return: bool
    said_why: bool = False


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """That somebody leaves: when, how we know, and what else is to be kept of it.

    ``kind`` tells leaving from being removed by the operator.
    """

    subscriber_id: int
    at: datetime
    source: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    kind: ConsentKind = ConsentKind.UNSUBSCRIBED


@dataclass(frozen=True, kw_only=True)
class Left:
    """How somebody stands after leaving; ``changed`` is False when they had left before."""

    standing: Standing
    changed: bool


def look(session: Session, *, subscriber_id: int) -> Standing:
    """Return how somebody stands, or raise `UnknownSubscriberError`."""
    rows = _STANDING.run(session, {"whose": subscriber_id})
    if not rows:
        raise UnknownSubscriberError("nobody is known under this link")
    email, status, barred = rows[0]
    event = consent.latest(session, subscriber_id=subscriber_id)
    left_alone = event is not None and event.kind is ConsentKind.UNSUBSCRIBED
    return Standing(
        masked=mask(email) if email else None,
        subscribed=status == Status.CONFIRMED and email is not None,
        may_return=status == Status.UNSUBSCRIBED and left_alone and not barred,
        said_why=left_alone and event is not None and "why" in event.evidence,
    )


def may_have_a_link(subscriber_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Say in SQL whether this person is ``subscribed`` or ``may_return`` (see `look`)."""
    left_alone = consent.latest_kind(SubscriberRow.id) == ConsentKind.UNSUBSCRIBED
    may_return = (
        (SubscriberRow.status == Status.UNSUBSCRIBED)
        & left_alone
        & ~suppression.holds(SubscriberRow.mailbox_key)
    )
    subscribed = SubscriberRow.email.is_not(None) & (SubscriberRow.status == Status.CONFIRMED)
    return exists().where(SubscriberRow.id == subscriber_id, subscribed | may_return)


def unsubscribe(
    session: Session,
    *,
    subscriber_id: int,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
    kind: ConsentKind = ConsentKind.UNSUBSCRIBED,
) -> Left:
    """Send this person no more issues, from this transaction on; twice is once.

    ``kind`` tells leaving from being removed by the operator.
    """
    leaving = Leaving(
        subscriber_id=subscriber_id, at=now, source=source, evidence=evidence or {}, kind=kind
    )
    [left] = unsubscribe_all(session, [leaving])
    return left


def unsubscribe_all(session: Session, many: Sequence[Leaving]) -> list[Left]:
    """Do what `unsubscribe` does for several people, step by step for all of them."""
    whose = [one.subscriber_id for one in many]
    left = {
        id_: about
        for id_, *about in _LEAVING.run(session, [{"whose": id_} for id_ in dict.fromkeys(whose)])
    }
    firsts = [left.pop(one.subscriber_id, None) for one in many]  # twice is once
    consent.record_all(
        session, [_event(one) for one, about in zip(many, firsts, strict=True) if about]
    )
    return [
        Left(standing=_after(one, *about), changed=True)
        if about
        else Left(standing=look(session, subscriber_id=one.subscriber_id), changed=False)
        for one, about in zip(many, firsts, strict=True)
    ]


def _event(one: Leaving) -> tuple[int, ConsentEvent]:
    event = ConsentEvent(at=one.at, kind=one.kind, source=one.source, evidence=one.evidence)
    return one.subscriber_id, event


def _after(one: Leaving, email: str | None, barred: object) -> Standing:
    """Return how somebody stands who has just been taken off the list."""
    left_alone = one.kind is ConsentKind.UNSUBSCRIBED
    return Standing(
        masked=mask(email) if email else None,
        subscribed=False,
        may_return=left_alone and not barred,
        said_why=left_alone and "why" in one.evidence,
    )


def undo(
    session: Session,
    *,
    subscriber_id: int,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> Standing:
    """Take an unsubscription back, with everything as it was; does nothing where that may not be.

    It is consent given anew, so it is an event of its own, and says to what.
    """
    before = look(session, subscriber_id=subscriber_id)
    if before.may_return and _RETURNING.run(session, [{"whose": subscriber_id}]):
        chosen = preferences.look(session, subscriber_id=subscriber_id, now=now).preferences
        consent.record(
            session,
            subscriber_id=subscriber_id,
            kind=ConsentKind.RESUBSCRIBED,
            source=source,
            now=now,
            evidence={"preferences": chosen.as_evidence(), **(evidence or {})},
        )
    return look(session, subscriber_id=subscriber_id)


def tell_why(session: Session, *, subscriber_id: int, why: str, now: datetime) -> Standing:
    """Keep why somebody left, once; a word that is no `Why`, or anybody else's, is passed over.

    Evidence is only ever added: it is a second line about the same leaving.
    """
    standing = look(session, subscriber_id=subscriber_id)
    if not standing.may_return or standing.said_why or why not in set(Why):
        return standing
    consent.record(
        session,
        subscriber_id=subscriber_id,
        kind=ConsentKind.UNSUBSCRIBED,
        source="reason given on the unsubscribe page",
        now=now,
        evidence={"why": why},
    )
    return look(session, subscriber_id=subscriber_id)


_STANDING = Statement("""
SELECT email, status, EXISTS (
    SELECT 1 FROM suppression WHERE suppression.mailbox_key = subscriber.mailbox_key
) AS barred
FROM subscriber WHERE id = :whose
""")
# Changes the status if it is an expected one: of two requests at once only one does.
_MOVING = """
UPDATE subscriber SET status = '{to}'
WHERE id IN (SELECT "row".whose FROM {{rows}}) AND status IN ({expected})
RETURNING id, email, EXISTS (
    SELECT 1 FROM suppression WHERE suppression.mailbox_key = subscriber.mailbox_key
) AS barred
"""


def _moving(expected: frozenset[Status], to: Status) -> BulkStatement:
    listed = ", ".join(f"'{status}'" for status in sorted(expected))
    return BulkStatement(_MOVING.format(expected=listed, to=to), columns={"whose": "integer"})


_LEAVING = _moving(_CAN_LEAVE, Status.UNSUBSCRIBED)
_RETURNING = _moving(frozenset({Status.UNSUBSCRIBED}), Status.CONFIRMED)
