"""The tables of those who run the newsletter: what they did, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
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
