"""The tables of people and consent, on one page."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime
from subscribers import kept

LEFT = text("kind = 'unsubscribed'")
"""Who left by themselves; a query that uses their index says it in these very words."""

PURGED = "purged "
"""So begins the mailbox key of a row that is nobody's, and only keeps its number from others."""


class Status(StrEnum):
    """What a subscriber is to us; only the confirmed are ever mailed an issue."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


class ConsentKind(StrEnum):
    """What a consent event says happened."""

    REQUESTED = "requested"  # by anybody: it stands for nothing before it is confirmed
    MAILED = "mailed"  # the letter that asks for the confirmation was accepted
    CONFIRMED = "confirmed"
    ADDED = "added"  # by the operator, who names where the consent came from
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    REMOVED = "removed"  # by the operator
    IMPORTED = "imported"  # from another tool, with the consent that it kept
    CHANGED = "changed"  # what they want: topics, pace, language, format, pause
    MOVED = "moved"  # to another address
    ERASED = "erased"


class Pace(StrEnum):
    """How often a reader wants mail."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"  # the best of four weeks


class Format(StrEnum):
    """What a reader's mail is made of."""

    HTML = "html"  # with its text twin
    TEXT = "text"  # the text alone


class SubscriberRow(Base):
    """One person, under one mailbox.

    ``mailbox_key`` is a keyed hash of the canonical address (lower case, A-label domain), as 20
    digits: it finds duplicates and suppressions and survives erasure without telling the address.
    """

    __tablename__ = "subscriber"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(String(320))
    mailbox_key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(35), default="en")
    status: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # What they chose: slugs in order, joined by commas; NULL is all topics, those to come too.
    topics: Mapped[str | None] = mapped_column(Text)
    pace: Mapped[str] = mapped_column(String(10), default=Pace.WEEKLY, server_default="weekly")
    format: Mapped[str] = mapped_column(String(10), default=Format.HTML, server_default="html")


class ConsentEventRow(Base):
    """One line of evidence; rows are only ever added, and the database sees to it."""

    __tablename__ = "consent_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    # With the id in it the last one is found at once. PostgreSQL, before it has counted a table
    # that was just filled, would look for it among everybody's, from the end.
    __table_args__ = (Index("ix_consent_event_subscriber_id_id", "subscriber_id", "id"),)


class ConfirmationRow(Base):
    """One pending double opt-in: of a subscription, or of a new address for one.

    Its link and its code are made from the row's id with the keyring and stand nowhere, not even
    as hashes: six digits under a hash could be guessed by whoever reads the database.
    """

    __tablename__ = "confirmation"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(320))  # the address that is to be confirmed
    mailbox_key: Mapped[str | None] = mapped_column(String(64))
    wishes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # take effect when confirmed
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries_left: Mapped[int] = mapped_column(default=5)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class BudgetRow(Base):
    """How much of an allowance is used: of one address, one network, one domain, or of all.

    ``name`` holds a keyed hash where it would tell an address or a network.
    """

    __tablename__ = "budget"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)  # when its window began
    used: Mapped[int] = mapped_column(default=0)


class ApiKeyRow(Base):
    """A key for the JSON interface; only its hash is kept."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SuppressionRow(Base):
    """A mailbox that must not be mailed, whatever else says it may."""

    __tablename__ = "suppression"

    mailbox_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    detail: Mapped[str | None] = mapped_column(Text)


Index("ix_subscriber_status_id", SubscriberRow.status, SubscriberRow.id)
# Few of the events are in it: it finds who left of late.
Index(
    "ix_consent_event_left",
    ConsentEventRow.at,
    ConsentEventRow.subscriber_id,
    sqlite_where=LEFT,
    postgresql_where=LEFT,
)
kept.lock(Base.metadata.tables[ConsentEventRow.__tablename__])
