"""The table of first rings: the readers to whom an issue goes before it goes to all."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


class RingRow(Base):
    """The first readers of an issue, who stand first in its ledger, and what came of them.

    Until ``ended_at`` no other letter of the issue may leave. One that was stopped and yet is
    being sent was let go by a person.
    """

    __tablename__ = "ring"

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    people: Mapped[int] = mapped_column()
    first_id: Mapped[int] = mapped_column()  # their deliveries, from here
    last_id: Mapped[int] = mapped_column()  # to here
    served_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when the wait began
    stopped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    verdict: Mapped[str | None] = mapped_column(Text)
