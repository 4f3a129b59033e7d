"""The tables of people and consent, on one page."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


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

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    ADDED = "added"  # by the operator, who names where the consent came from
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    REMOVED = "removed"  # by the operator
    ERASED = "erased"


class SubscriberRow(Base):
    """One person, under one mailbox.

    ``mailbox_key`` is a keyed hash of the canonical address (lower case, A-label domain): it finds
    duplicates and suppressions and survives erasure without telling the address.
    """

    __tablename__ = "subscriber"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(String(320))
    mailbox_key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(35), default="en")
    status: Mapped[str] = mapped_column(String(20), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ConsentEventRow(Base):
    """One line of evidence; rows are only ever added."""

    __tablename__ = "consent_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class ConfirmationRow(Base):
    """One pending double opt-in: a link and a code, both kept only as hashes."""

    __tablename__ = "confirmation"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries_left: Mapped[int] = mapped_column(default=5)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SuppressionRow(Base):
    """A mailbox that must not be mailed, whatever else says it may."""

    __tablename__ = "suppression"

    mailbox_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    detail: Mapped[str | None] = mapped_column(Text)


Index("ix_subscriber_status_id", SubscriberRow.status, SubscriberRow.id)
