"""Erasure: forget who somebody was, and remember only that this mailbox gets no mail.

What stays, and why (GDPR 17(3)(e), 21; rules R35, R38):

- the row with its id and the keyed hash of the mailbox, which tells no address but is found when
  somebody who knows the address asks, imports or adds it;
- a suppression with the reason ``erasure`` and its date, lifted only by a new opt-in that the
  owner of the mailbox confirms;
- the consent events with kind, time and source, and of their evidence what tells nobody: the words
  that were agreed to, their version and language, the form, unless an address stands in them. Who
  claims never to have agreed names their address, and with it the proof is found again.

Everything else goes: address, name, choices, network addresses, programs, the address as typed.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from subscribers import consent, suppression
from subscribers.errors import UnknownSubscriberError
from subscribers.suppression import Reason
from subscribers.tables import (
    ConfirmationRow,
    ConsentEventRow,
    ConsentKind,
    Format,
    Pace,
    Status,
    SubscriberRow,
)

_IMPERSONAL = """
    agreed_anew confirmation consent consent_language consent_text consent_version file form format
    language line method status text version
"""
_KEPT = frozenset(_IMPERSONAL.split())
_AN_ADDRESS = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_MAY_TELL = re.compile(rf"{_AN_ADDRESS.pattern}|://\S*(?:%40|[?#])")  # what follows is anybody's
_MOVED = re.compile(r"moved (\d+)")
UNDETERMINED = "und"  # ISO 639-2, for the language of somebody of whom nothing is known


def erase(session: Session, *, subscriber_id: int, now: datetime, source: str) -> bool:
    """Forget somebody for good; False when nothing was left to forget.

    Of somebody who was erased before goes what has come since: anybody can type their address into
    the form. Letters that are on their way are not sent. Raises `UnknownSubscriberError`. Letters
    that are no issue stand in tables of the storey above: see `digest.forget`.
    """
    row = _row(session, subscriber_id)
    is_first = row.status != Status.ERASED or row.email is not None
    is_asked = _forget_moves(session, row)
    _blank(row)
    session.flush()  # the lock on the evidence opens for the erased only, see `subscribers.kept`
    is_told = forget_evidence(session, subscriber_id=subscriber_id)
    if is_first:
        suppression.suppress(
            session, mailbox_key=row.mailbox_key, reason=Reason.ERASURE, now=now, detail=None
        )
        consent.record(
            session, subscriber_id=subscriber_id, kind=ConsentKind.ERASED, source=source, now=now
        )
    return is_first or is_asked or is_told


def _row(session: Session, subscriber_id: int) -> SubscriberRow:
    row = session.scalars(
        select(SubscriberRow)
        .where(SubscriberRow.id == subscriber_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise UnknownSubscriberError(f"there is no subscriber {subscriber_id}")
    return row


def _blank(row: SubscriberRow) -> None:
    row.status = Status.ERASED
    row.email = row.name = row.topics = row.paused_until = row.confirmed_at = None
    row.language = UNDETERMINED
    row.pace, row.format = Pace.WEEKLY, Format.HTML


def _forget_moves(session: Session, row: SubscriberRow) -> bool:
    """Blank what was to be confirmed, and whom somebody else has taken a mailbox over from.

    False when no request had an address any more.
    """
    own = ConfirmationRow.subscriber_id == row.id
    named = select(ConfirmationRow.id).where(own, ConfirmationRow.email.is_not(None)).limit(1)
    is_named = session.scalar(named) is not None
    session.execute(
        update(ConfirmationRow)
        .where(own)
        .values(email=None, mailbox_key=None, wishes={}, tries_left=0)
        .execution_options(synchronize_session="fetch")
    )
    if displaced_by := _MOVED.fullmatch(row.mailbox_key):
        move = session.get(ConfirmationRow, int(displaced_by[1]))
        if move is not None:
            move.wishes = {**move.wishes, "displaced": None}
    return is_named


def forget_evidence(session: Session, *, subscriber_id: int, until: datetime | None = None) -> bool:
    """Take out of the evidence of the erased what tells who it was; False when nothing did.

    That it happened, and when, stays. What happened after ``until`` is left alone.
    """
    events = select(ConsentEventRow).where(ConsentEventRow.subscriber_id == subscriber_id)
    if until is not None:
        events = events.where(ConsentEventRow.at <= until)
    is_told = False
    for event in session.scalars(events):
        before = event.evidence, event.source
        event.evidence = impersonal(event.evidence)
        event.source = without_addresses(event.source)
        is_told |= before != (event.evidence, event.source)
    return is_told


def impersonal(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a piece of evidence that tells nobody.

    A value in which an address stands goes as a whole: the lock lets nothing be rewritten.
    """
    return {key: value for key, value in evidence.items() if key in _KEPT and not _may_tell(value)}


def _may_tell(value: Any) -> bool:
    """Whether an address, or what was asked of a page, stands in a value or deeper in it."""
    if isinstance(value, Mapping):
        return any(map(_may_tell, value.values()))
    if isinstance(value, list):
        return any(map(_may_tell, value))
    return isinstance(value, str) and bool(_MAY_TELL.search(value))


def without_addresses(words: str) -> str:
    """Return a sentence with every address in it taken out."""
    return _AN_ADDRESS.sub("(address)", words)
