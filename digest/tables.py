"""The schema on one page: sources, posts, editions, deliveries.

The uniqueness here is the product's idempotency: one edition per period, one place per post, one
delivery per reader and mailbox. A scheduler that rings twice finds the row already there.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Date, Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from digest.tables_accounts import AccountRow, IdentityRow, RecoveryCodeRow, SessionRow
from digest.tables_drafts import DraftRow, HeadcountRow
from digest.tables_heard import (
    ClickRow,
    EventRow,
    FeedbackRow,
    FigureRow,
    Heard,
    LinkRow,
    OrphanRow,
)
from digest.tables_installation import InstallationRow
from digest.tables_pace import FlowRow, MailDomainRow, WarmUpRow
from digest.tables_rings import RingRow
from digest.tables_sources import CaptureRow, MuteRow, ReadingRow, SourceRow
from digest.tables_staff import AlertRow, LogEntryRow
from digest.tables_templates import TemplateVersionRow
from storage.base import Base
from storage.types import UTCDateTime
from subscribers.tables import (
    LEFT,
    ApiKeyRow,
    BudgetRow,
    ConfirmationRow,
    ConsentEventRow,
    SubscriberRow,
    SuppressionRow,
)

WAITING = text("state IN ('pending', 'deferred')")
"""The rows whose turn may come; a query that uses their index says it in these very words."""
HELD = text("worker_id IS NOT NULL")
NOT_REACHED = text(
    "(state = 'deferred' OR state = 'rejected' OR state = 'failed' OR state = 'skipped'"
    " OR state = 'unknown')"
)
"""Few as a rule: who was tried and has not got it, and whom nobody will try any more.

Not as a list: SQLite would make a table of that for every letter that changes its state.
"""
UNSETTLED = text("state = 'unknown'")

__all__ = [
    "HELD",
    "LEFT",
    "NOT_REACHED",
    "UNSETTLED",
    "WAITING",
    "AccountRow",
    "AlertRow",
    "ApiKeyRow",
    "Base",
    "BudgetRow",
    "CaptureRow",
    "ChoiceRow",
    "ClickRow",
    "ConfirmationRow",
    "ConsentEventRow",
    "DeliveryRow",
    "DraftRow",
    "EditionRow",
    "EventRow",
    "ExclusionRow",
    "FeedbackRow",
    "FigureRow",
    "FlowRow",
    "HeadcountRow",
    "Heard",
    "IdentityRow",
    "InstallationRow",
    "LinkRow",
    "LogEntryRow",
    "MailDomainRow",
    "MuteRow",
    "NoticeRow",
    "OrphanRow",
    "PaceRow",
    "PlacementRow",
    "PostKeyRow",
    "PostRow",
    "ReadingRow",
    "RecoveryCodeRow",
    "RingRow",
    "SessionRow",
    "SourceRow",
    "SubscriberRow",
    "SuppressionRow",
    "TemplateVersionRow",
    "VariantRow",
    "WarmUpRow",
    "WorkerRow",
]


class PostRow(Base):
    """A post as we know it now; an issue keeps its own copy of the words."""

    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    url: Mapped[str] = mapped_column(String(2048), index=True)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(String(300))
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    language: Mapped[str | None] = mapped_column(String(35))
    minutes: Mapped[int | None] = mapped_column()
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # the source's own words
    published_on: Mapped[Any] = mapped_column(Date, nullable=True)  # set when only a day is known
    dated_by: Mapped[str | None] = mapped_column(String(20))  # where that was read
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # What the source said, where it was repaired; NULL means that the words above are its own.
    raw_title: Mapped[str | None] = mapped_column(Text)
    raw_summary: Mapped[str | None] = mapped_column(Text)
    rules: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    fitness: Mapped[str] = mapped_column(String(12), default="clean", server_default="clean")
    looked_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # on its own page
    # Why it is not to be mailed: its words, its source's quarantine, or a person's word.
    held: Mapped[str | None] = mapped_column(String(100), index=True)
    alarm: Mapped[str | None] = mapped_column(String(20), index=True)
    decision: Mapped[str | None] = mapped_column(String(10))
    freed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when nothing held it any more


class PostKeyRow(Base):
    """One signal by which a post is recognised: its id, its link, or its title."""

    __tablename__ = "post_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    kind: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)

    __table_args__ = (
        UniqueConstraint("source_id", "kind", "digest", "post_id"),
        Index("ix_post_key_kind_digest", "kind", "digest"),
    )


class EditionRow(Base):
    """The record of one period of one newsletter, whatever becomes of it."""

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter: Mapped[str] = mapped_column(String(100))
    period: Mapped[str] = mapped_column(String(20))
    number: Mapped[int | None] = mapped_column()  # given at the freeze: empty weeks take none
    state: Mapped[str] = mapped_column(String(20), index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    opens_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_seal: Mapped[str | None] = mapped_column(String(64))
    # A person's own words for it; NULL leaves the subject to the posts, and has no introduction.
    subject: Mapped[str | None] = mapped_column(Text)
    introduction: Mapped[str | None] = mapped_column(Text)
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seal: Mapped[str | None] = mapped_column(String(64))
    # The frozen words: read where they are wanted, not with every record of a period.
    issue: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)
    candidates: Mapped[int | None] = mapped_column()  # delivery rows written at the freeze

    __table_args__ = (
        UniqueConstraint("newsletter", "period"),
        UniqueConstraint("newsletter", "number"),
    )


class PlacementRow(Base):
    """A post's place in an issue; a post has at most one per newsletter, ever."""

    __tablename__ = "placement"

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter: Mapped[str] = mapped_column(String(100))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    position: Mapped[int] = mapped_column()

    __table_args__ = (UniqueConstraint("newsletter", "post_id"),)


class VariantRow(Base):
    """One rendered form of an issue, with the personal slots still open.

    ``topics`` are the slugs that are in it, joined by commas; NULL is the whole issue. One of
    ``format`` "text" has no HTML.
    """

    __tablename__ = "variant"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    language: Mapped[str] = mapped_column(String(35))
    topics: Mapped[str | None] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(10), default="html", server_default="html")
    subject: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("edition_id", "language", "sha256"),)


class ChoiceRow(Base):
    """What some readers of an issue had chosen at its freeze, and the form they get.

    As `audience.candidates` words it, so that both can be joined: ``topics`` "" is all. Without a
    variant the issue had no post in their topics.
    """

    __tablename__ = "choice"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    language: Mapped[str] = mapped_column(String(35))
    topics: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(10))
    readers: Mapped[int] = mapped_column()
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))

    __table_args__ = (
        # SQLite would read it whole for each reader. PostgreSQL hashes it, and takes no long keys.
        Index("ix_choice_join", "edition_id", "language", "format", "topics").ddl_if(
            dialect="sqlite"
        ),
    )


class ExclusionRow(Base):
    """How many members of the list were left out at the freeze, by reason."""

    __tablename__ = "exclusion"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    reason: Mapped[str] = mapped_column(String(40))
    people: Mapped[int] = mapped_column()

    __table_args__ = (UniqueConstraint("edition_id", "reason"),)


class WorkerRow(Base):
    """A process that sends; its heartbeat, in the database's time, keeps its claims alive."""

    __tablename__ = "worker"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)  # host, process, a random part
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    heartbeat: Mapped[float] = mapped_column(Float)


class DeliveryRow(Base):
    """What became of one issue for one reader."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), index=True)
    mailbox_key: Mapped[str] = mapped_column(String(64))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    state: Mapped[str] = mapped_column(String(12))
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("worker.id"))
    epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    crashes: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    code: Mapped[str | None] = mapped_column(String(20))  # reply code, as "550 5.1.1"
    reason: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    carrier: Mapped[str | None] = mapped_column(String(40))  # who was asked last; NULL: [carrier]

    __table_args__ = (
        UniqueConstraint("edition_id", "subscriber_id"),
        UniqueConstraint("edition_id", "mailbox_key"),
        # Only rows that wait stand in it: handing a letter over touches it once, not four times.
        Index(
            "ix_delivery_waiting",
            "edition_id",
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index("ix_delivery_held", "worker_id", sqlite_where=HELD, postgresql_where=HELD),
        # An accepted letter never stands in these two: what they cost is what they tell of.
        Index(
            "ix_delivery_not_reached",
            "edition_id",
            "id",
            "state",
            sqlite_where=NOT_REACHED,
            postgresql_where=NOT_REACHED,
        ),
        Index(
            "ix_delivery_unknown",
            "edition_id",
            "id",
            sqlite_where=UNSETTLED,
            postgresql_where=UNSETTLED,
        ),
    )


class PaceRow(Base):
    """How fast letters may leave, for all processes together: when the next one may."""

    __tablename__ = "pace"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    next_at: Mapped[float] = mapped_column(Float)  # seconds since 1970, in the database's time


class NoticeRow(Base):
    """One letter to one person that is no issue: a confirmation, a fresh link, a welcome.

    Its states are a delivery's. It holds facts and no secret: links and codes are made from ids
    when the letter is written. ``expires_at`` is when it would come too late to be of use.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), index=True)
    confirmation_id: Mapped[int | None] = mapped_column(ForeignKey("confirmation.id"))
    email: Mapped[str | None] = mapped_column(String(320))  # NULL after erasure
    language: Mapped[str] = mapped_column(String(35))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(12))
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("worker.id"))
    epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    code: Mapped[str | None] = mapped_column(String(20))  # reply code, as "550 5.1.1"
    reason: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        Index(
            "ix_notice_waiting",
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
    )
