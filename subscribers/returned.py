"""What returned mail makes of a person: bounced or complained, and suppressed from then on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from subscribers import suppression
from subscribers.errors import UnknownSubscriberError
from subscribers.suppression import Reason
from subscribers.tables import Status, SubscriberRow, SuppressionRow

_BOUNCING = frozenset({Status.PENDING, Status.CONFIRMED})
_COMPLAINING = _BOUNCING | {Status.UNSUBSCRIBED, Status.BOUNCED}
SOFT = "soft bounces"
"""How the detail of a suppression begins that ends when a letter is delivered after all."""


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Whom a letter went to: the person, and how their mailbox key or address read then."""

    subscriber_id: int
    mailbox: str | None = None
    email: str | None = None


def complained(session: Session, to: Addressee, *, now: datetime, detail: str) -> str:
    """Mail somebody no more who called a letter spam; return what was done, in words."""
    return _turn_away(session, to, Reason.COMPLAINT, now=now, detail=detail)


def bounced(session: Session, to: Addressee, *, now: datetime, detail: str) -> str:
    """Mail a mailbox no more that does not exist; return what was done, in words."""
    return _turn_away(session, to, Reason.BOUNCE, now=now, detail=detail)


def bounced_softly(session: Session, to: Addressee, *, now: datetime, detail: str) -> str:
    """Mail a confirmed reader's mailbox no more that takes nothing; return what was done."""
    row = _reader(session, to)
    if row is None or row.status != Status.CONFIRMED:
        return "nothing: they were no confirmed reader by then"
    return _turn_away(session, to, Reason.BOUNCE, now=now, detail=f"{SOFT}: {detail}")


def delivered_after_all(session: Session, subscriber_id: int) -> str | None:
    """Take back a suppression for soft bounces alone; None where there is none."""
    row = session.get(SubscriberRow, subscriber_id, with_for_update=True, populate_existing=True)
    if row is None or row.status != Status.BOUNCED:
        return None
    lifted = session.scalar(
        delete(SuppressionRow)
        .where(
            SuppressionRow.mailbox_key == row.mailbox_key,
            SuppressionRow.reason == Reason.BOUNCE,
            SuppressionRow.detail.startswith(SOFT),
        )
        .returning(SuppressionRow.mailbox_key)
    )
    if lifted is None:
        return None
    row.status = Status.CONFIRMED
    session.flush()
    return "is mailed again: a letter was delivered after all"


def any_bounced(session: Session, subscriber_ids: set[int]) -> set[int]:
    """Return those of these people whose status is bounced."""
    return set(session.connection().execute(_BOUNCED, {"ids": [*subscriber_ids]}).scalars())


def mailbox_of(session: Session, subscriber_id: int) -> str:
    """Return the key of somebody's mailbox as it is now, or raise `UnknownSubscriberError`."""
    key = session.scalar(select(SubscriberRow.mailbox_key).where(SubscriberRow.id == subscriber_id))
    if key is None:
        raise UnknownSubscriberError("nobody is known under this link")
    return key


def reader_since(session: Session, subscriber_id: int) -> datetime | None:
    """Return since when somebody is a confirmed reader, or was before mail came back."""
    return session.scalar(
        select(SubscriberRow.confirmed_at).where(SubscriberRow.id == subscriber_id)
    )


_BOUNCED = select(SubscriberRow.id).where(  # built once: that takes longer than to run it
    SubscriberRow.id.in_(bindparam("ids", expanding=True)), SubscriberRow.status == Status.BOUNCED
)


def _reader(session: Session, to: Addressee) -> SubscriberRow | None:
    """Return the person, if the letter went to the address that they have now."""
    row = session.get(SubscriberRow, to.subscriber_id, with_for_update=True, populate_existing=True)
    if row is None or row.email is None:
        return None
    if to.mailbox is not None:
        return row if row.mailbox_key == to.mailbox else None
    return row if row.email == to.email else None


def _turn_away(
    session: Session, to: Addressee, reason: Reason, *, now: datetime, detail: str
) -> str:
    row = _reader(session, to)
    if row is None:
        return "nothing: this is not their address any more"
    suppressed = suppression.suppress(
        session, mailbox_key=row.mailbox_key, reason=reason, now=now, detail=detail
    )
    if not suppressed:
        suppressed = _say_more(session, row.mailbox_key, reason, detail=detail)
    is_complaint = reason is Reason.COMPLAINT
    if row.status in (_COMPLAINING if is_complaint else _BOUNCING):
        row.status = Status.COMPLAINED if is_complaint else Status.BOUNCED
        session.flush()
    return f"suppressed: {reason}" if suppressed else "nothing: suppressed before"


def _say_more(session: Session, mailbox_key: str, reason: Reason, *, detail: str) -> bool:
    """Let the graver reason stand, in whatever order they came: complaint, bounce, soft bounces."""
    graver = SuppressionRow.reason == Reason.BOUNCE
    if reason is Reason.BOUNCE:
        if detail.startswith(SOFT):
            return False
        graver &= SuppressionRow.detail.startswith(SOFT)
    changed = session.scalar(
        update(SuppressionRow)
        .where(SuppressionRow.mailbox_key == mailbox_key, graver)
        .values(reason=reason, detail=detail)
        .returning(SuppressionRow.mailbox_key)
    )
    return changed is not None
