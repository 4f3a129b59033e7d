"""The table that says which installation a database belongs to."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


class InstallationRow(Base):
    """Where this database lives, and how often letters were begun; one row, none at first.

    ``place`` is a hash, and empty in a backup. ``ran_at`` is when a run has last come to its end.
    """

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32))
    place: Mapped[str] = mapped_column(String(64))
    generation: Mapped[int] = mapped_column(default=0)
    adopted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    adopted_by: Mapped[str] = mapped_column(String(100))
    ran_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
