"""Everything about one reader as one timeline: consent, each issue's fate, what came back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest import events
from digest.app import App
from digest.delivery.state import DeliveryState
from digest.evidence import Document
from digest.tables import DeliveryRow, EditionRow
from subscribers import audience, consent, directory
from subscribers.addresses import Mailbox
from subscribers.directory import Member
from subscribers.tables import Status

STATUSES = tuple(str(status) for status in Status)
"""Every word that a reader's row may say; "paused" is a confirmed one who waits."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One thing that happened; ``about`` is "consent", "issue" or "returned"."""

    at: datetime
    about: str
    what: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """One reader; ``prospect`` is the end of a sentence: whether they get the next issue."""

    member: Member
    prospect: str
    timeline: tuple[Moment, ...]


def standing(member: Member, *, now: datetime) -> str:
    """Return the word for how somebody stands, as lists show it."""
    is_confirmed = member.status is Status.CONFIRMED
    if is_confirmed and member.paused_until and member.paused_until > now:
        return "paused"
    return "left" if member.status is Status.UNSUBSCRIBED else str(member.status)


def find(app: App, address: str) -> int | None:
    """Return the number of the reader with this address, or None; raises `AddressError`."""
    mailbox = Mailbox.parse(address)
    with app.database.read() as session:
        found = directory.find(session, mailbox=mailbox, keyring=app.keyring)
    return found.id if found else None


def of(app: App, subscriber_id: int) -> Dossier:
    """Return what is known of a reader, the latest first; raises `UnknownSubscriberError`."""
    with app.database.read() as session:
        member = directory.get(session, subscriber_id=subscriber_id)
        prospect = audience.explain(session, subscriber_id=subscriber_id, now=app.clock.now())
        moments = [
            *_consent(session, subscriber_id),
            *_issues(session, subscriber_id),
            *_returned(session, subscriber_id),
        ]
    timeline = sorted(moments, key=lambda one: one.at, reverse=True)
    return Dossier(member=member, prospect=prospect, timeline=tuple(timeline))


def proof(app: App, subscriber_id: int) -> Document:
    """Return the evidence of a reader's consent, for print; raises `UnknownSubscriberError`."""
    with app.database.read() as session:
        member = directory.get(session, subscriber_id=subscriber_id)
        history = tuple(consent.history(session, subscriber_id=subscriber_id))
    return Document(
        address=member.email or "(erased)",
        newsletter=app.config.newsletter.name,
        status=str(member.status),
        printed_at=app.clock.now(),
        events=history,
    )


def _consent(session: Session, subscriber_id: int) -> Iterator[Moment]:
    for event in consent.history(session, subscriber_id=subscriber_id):
        yield Moment(at=event.at, about="consent", what=str(event.kind), detail=event.source)


def _issues(session: Session, subscriber_id: int) -> Iterator[Moment]:
    rows = session.execute(
        select(
            EditionRow.period,
            EditionRow.frozen_at,
            EditionRow.due_at,
            DeliveryRow.state,
            DeliveryRow.code,
            DeliveryRow.reason,
            DeliveryRow.ended_at,
        )
        .join(EditionRow, EditionRow.id == DeliveryRow.edition_id)
        .where(DeliveryRow.subscriber_id == subscriber_id)
    )
    for row in rows:
        yield Moment(
            at=row.ended_at or row.frozen_at or row.due_at,
            about="issue",
            what=f"{row.period}: {DeliveryState(row.state).word}",
            detail=" ".join(part for part in (row.code, row.reason) if part),
        )


def _returned(session: Session, subscriber_id: int) -> Iterator[Moment]:
    for event in events.of_person(session, subscriber_id=subscriber_id):
        said = " ".join(part for part in (event.code, event.detail, event.decision) if part)
        yield Moment(
            at=event.at, about="returned", what=f"{event.kind}, told by {event.source}", detail=said
        )
