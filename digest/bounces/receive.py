"""Takes in one mail that came back: read, proven, kept once, and acted upon; never answered."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest import reactions
from digest.bounces.opened import LONGEST, Fields, Opened, open_mail
from digest.bounces.parse import Report, report_of
from digest.bounces.proof import Proof, proof_in
from digest.mail.event import Kind, MailEvent
from digest.mail.returnpath import ReturnPath
from digest.reacting import ReactionSettings
from digest.tables import DeliveryRow, EditionRow
from storage.database import Database
from subscribers.errors import UnknownSubscriberError
from subscribers.tokens import Keyring
from subscribers.unsubscribe_mail import reader_of

log = logging.getLogger(__name__)

SOURCE = "bounce mailbox"
"""Under this name events are kept, whichever way the mail came in: the same one twice is one."""

WISHES = "mail of their own"
"""Under this name the wishes of readers to leave are kept."""

LARGEST = 10_000_000  # octets of a mail that are taken in at all; only the first `LONGEST` are read


class Fate(StrEnum):
    """What became of a mail that came back."""

    KEPT = "kept"  # an event of a letter, and what follows from it
    AGAIN = "known already"
    LEFT = "unsubscribed"
    STRANGE = "not proven to be about a letter of ours"
    OTHER = "no bounce, complaint or wish to leave"


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a mail was, what became of it, and the letter it is about."""

    fate: Fate
    report: Report
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Takes mail in, from whichever way it came; safe to share between threads."""

    database: Database
    keyring: Keyring
    returns: ReturnPath
    reactions: ReactionSettings
    now: Callable[[], datetime]

    def take(self, raw: bytes, *, envelope: Sequence[str] = ()) -> Received:
        """Take in one mail; ``envelope`` are its recipients, where the way it came tells them.

        Raises only what the database raises: then nothing was done, and the mail must be kept.
        What is forged, broken or told again changes nothing.
        """
        mail = open_mail(raw)
        report = report_of(mail)
        with self.database.begin() as session:
            if report.kind in {Kind.UNKNOWN, Kind.REPLIED}:
                received = self._wish(session, raw, head=mail.head, report=report)
            else:
                proof = self._proof(session, raw, mail=mail, report=report, envelope=envelope)
                received = self._act(session, raw, head=mail.head, report=report, proof=proof)
        log.info("mail that came back: %s (%s)", received.fate, received.report.kind)
        return received

    def _proof(
        self,
        session: Session,
        raw: bytes,
        *,
        mail: Opened,
        report: Report,
        envelope: Sequence[str],
    ) -> Proof | None:
        proof = proof_in(
            raw,
            head=mail.head,
            returned=report.returned,
            envelope=envelope,
            returns=self.returns,
            keyring=self.keyring,
        )
        return _held(session, proof)

    def _act(
        self, session: Session, raw: bytes, *, head: Fields, report: Report, proof: Proof | None
    ) -> Received:
        """Keep what is proven, and do what follows."""
        if proof is None:
            return Received(fate=Fate.STRANGE, report=report)
        if proof.key is None:
            return self._complaint(session, raw, head=head, report=report, proof=proof)
        event = self._event(raw, head=head, report=report, about=proof.key)
        event = replace(event, delivery_key=proof.key)
        heard = reactions.take(session, [event], now=self.now(), settings=self.reactions)
        return Received(fate=Fate.KEPT if heard else Fate.AGAIN, report=report, key=proof.key)

    def _wish(self, session: Session, raw: bytes, *, head: Fields, report: Report) -> Received:
        """Let somebody go who asks for it by mail (RFC 2369); any other mail is left alone."""
        reader = reader_of(raw, keyring=self.keyring)
        if reader is None:
            return Received(fate=Fate.OTHER, report=report)
        report = replace(report, kind=Kind.UNSUBSCRIBED)
        # When it was written is not asked for: a clock that is wrong must keep nobody here.
        event = MailEvent(
            kind=report.kind, source=WISHES, event_id=_name_of_wish(raw, head=head, reader=reader)
        )
        fate = self._of_reader(session, event, reader=reader, heard=Fate.LEFT)
        return Received(fate=fate, report=report)

    def _complaint(
        self, session: Session, raw: bytes, *, head: Fields, report: Report, proof: Proof
    ) -> Received:
        """Heed a complaint that keeps only the reader's own link of the letter (R26)."""
        if report.kind not in {Kind.COMPLAINED, Kind.UNSUBSCRIBED} or proof.reader is None:
            return Received(fate=Fate.STRANGE, report=report)
        event = self._event(raw, head=head, report=report, about=f"reader {proof.reader}")
        fate = self._of_reader(session, event, reader=proof.reader, heard=Fate.KEPT)
        return Received(fate=fate, report=report)

    def _of_reader(self, session: Session, event: MailEvent, *, reader: int, heard: Fate) -> Fate:
        """Do what an event asks for that names a reader; ``heard`` is its fate when it is new."""
        now = self.now()
        try:
            new = reactions.take_of_reader(
                session, event, subscriber_id=reader, now=now, settings=self.reactions
            )
        except UnknownSubscriberError:
            return Fate.STRANGE
        return heard if new else Fate.AGAIN

    def _event(self, raw: bytes, *, head: Fields, report: Report, about: str) -> MailEvent:
        return MailEvent(
            kind=report.kind,
            source=SOURCE,
            at=_moment(head.get("date", ""), now=self.now()),
            recipient=report.recipient,
            code=report.code,
            detail=report.detail,
            event_id=_name_of(raw, head=head, about=about),
        )


def _held(session: Session, proof: Proof | None) -> Proof | None:
    """Return what a proof is worth whose key can be guessed, as it stands beside a link.

    A letter to somebody else proves nothing. A key that names no letter of ours is left out: it is
    a Message-ID that the carrier wrote in the place of ours.
    """
    if proof is None or proof.reader is None or proof.key is None:
        return proof
    period, _, number = proof.key.rpartition(".")
    letter = (
        select(DeliveryRow.subscriber_id)
        .join(EditionRow, EditionRow.id == DeliveryRow.edition_id)
        .where(DeliveryRow.id == int(number), func.lower(EditionRow.period) == period)
    )
    whose = session.scalar(letter) if int(number) < 2**31 else None
    if whose is None:
        return replace(proof, key=None)
    return proof if whose == proof.reader else None


def _name_of(raw: bytes, *, head: Fields, about: str) -> str:
    """Return what this mail has each time it comes in, whatever was written on top on its way."""
    own = head.get("message-id", "").encode() or raw[:LONGEST].partition(b"\n\n")[2] or raw
    return hashlib.blake2b(about.encode() + b"\n" + own, digest_size=16).hexdigest()


def _name_of_wish(raw: bytes, *, head: Fields, reader: int) -> str:
    """Return what one mail has each time it is read, and no later one of the same reader."""
    own = raw
    if "message-id" in head:
        own = f"{head['message-id']}\n{head.get('date', '')}".encode()
    return hashlib.blake2b(f"{reader}\n".encode() + own, digest_size=16).hexdigest()


def _moment(date: str, *, now: datetime) -> datetime | None:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return at if at <= now + timedelta(days=1) else None
