"""The table of templates: every version that was written in the console or by command."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


class TemplateVersionRow(Base):
    """What one template file said; never changed.

    ``kept`` is whether it was put in force; what was only tried has it false.
    """

    __tablename__ = "template_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))  # as "edition/weekly/post.j2"
    source: Mapped[str] = mapped_column(Text)
    kept: Mapped[bool] = mapped_column()
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("ix_template_version_name", "name", "id"),)
