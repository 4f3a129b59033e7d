"""The tables of an issue that is still open: what people decided, and how many it would go to."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


class DraftRow(Base):
    """What people decided about the issue of one edition before its freeze.

    ``revision`` goes up with each decision, so that nothing is sealed that was drawn before it.
    ``approved`` are the words that a person agreed to, kept for the difference when the approval
    no longer holds. Nothing leaves before ``leaves_at``; ``at_once``: then it does not wait for
    its slot either.
    """

    __tablename__ = "draft"

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    decisions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    preheader: Mapped[str | None] = mapped_column(String(200))
    approved: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    approved_by: Mapped[str | None] = mapped_column(String(100))
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    leaves_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    at_once: Mapped[bool] = mapped_column(default=False, server_default=false())


class HeadcountRow(Base):
    """How many readers of one pace an issue had when they were last counted.

    Counting a million takes a second, which no page has.
    """

    __tablename__ = "headcount"

    pace: Mapped[str] = mapped_column(String(20), primary_key=True)
    people: Mapped[int] = mapped_column()
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime)
