"""The tables of what comes back: events of letters, answers, clicks; and figures made of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime

GRAVE = text("kind IN ('refused', 'hard bounce', 'complaint')")
"""What may stop an issue; a query that uses their index says it in these very words."""


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

    ``decision`` is what it led to. A notice has ``notice_id``, a delivery the two others; none of
    them stands where only the reader is known.
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
        Index("ix_event_grave", "edition_id", "kind", sqlite_where=GRAVE, postgresql_where=GRAVE),
    )


class OrphanRow(Heard, Base):
    """One thing that was heard of a letter we do not know, or not yet; kept for a while.

    ``mailboxes`` are the keys of the mailbox that it names, under each secret, with blanks between;
    NULL where it names none.
    """

    __tablename__ = "orphan"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_key: Mapped[str | None] = mapped_column(String(40))
    mailboxes: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    __table_args__ = (UniqueConstraint("source", "event_key"),)


class LinkRow(Base):
    """Where a link of an issue leads, while clicks are counted: the address, and whose post it is.

    ``key`` stands in the mail and tells nothing: it is the same in every reader's letter.
    """

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_link_edition_id", "edition_id"),)


class ClickRow(Base):
    """How often a link was followed on a day (UTC); nobody is named, and no moment is kept."""

    __tablename__ = "click"

    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    clicks: Mapped[int] = mapped_column(default=0)


class FigureRow(Base):
    """Figures that take long to count, as they were counted last; they can be made again."""

    __tablename__ = "figure"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
