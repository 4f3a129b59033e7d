"""The tables of what comes back: events of letters, those nobody could place, and feedback."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime

REFUSED = text("kind = 'refused'")


class FeedbackRow(Base):
    """How many readers gave this answer to the question below an issue; nobody is named."""

    __tablename__ = "feedback"

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    answer: Mapped[str] = mapped_column(String(10), primary_key=True)
    votes: Mapped[int] = mapped_column(default=0)


class Heard:
    """What is kept of anything that came back; ``detail`` holds no address."""

    source: Mapped[str] = mapped_column(String(20))  # who told it
    event_key: Mapped[str] = mapped_column(String(32))  # the same each time it is told
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    code: Mapped[str | None] = mapped_column(String(20))  # reply code, as "550 5.1.1"
    detail: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(String(200))  # the provider's


class EventRow(Heard, Base):
    """One thing that was heard of a letter, beside its row and never instead of it.

    ``decision`` is what it led to. A notice has ``notice_id``, a delivery the two others.
    """

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decision: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("source", "event_key"),
        Index("ix_event_subscriber_id", "subscriber_id"),
        Index("ix_event_notice_id", "notice_id"),
        Index("ix_event_refused", "edition_id", sqlite_where=REFUSED, postgresql_where=REFUSED),
    )


class OrphanRow(Heard, Base):
    """One thing that was heard of a letter we do not know, or not yet; kept for a while."""

    __tablename__ = "orphan"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_key: Mapped[str | None] = mapped_column(String(40))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    __table_args__ = (UniqueConstraint("source", "event_key"),)
