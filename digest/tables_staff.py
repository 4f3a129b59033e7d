"""The tables of those who run the newsletter: what they did, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


class LogEntryRow(Base):
    """One thing that somebody did; written in the transaction that did it, never changed.

    ``about`` names what it was done to, as "issue 2026-W24". ``facts`` hold what was before and
    after, and no address of a reader.
    """

    __tablename__ = "log_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(200))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index("ix_log_entry_about", "about", "id"),)


class AlertRow(Base):
    """One thing that the operator is told by mail, once while it lasts.

    ``about`` is what it is about, as "issue 2026-W24". Its row goes when it is over, unless it can
    happen only once. ``told_at`` is when a mail server took the last of its mails.
    """

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(220))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("kind", "about"),)
