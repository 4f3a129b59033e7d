"""The tables of pace: how fast letters may leave, in all, and to each receiving provider."""

from datetime import date, datetime

from sqlalchemy import Date, Float, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime


class FlowRow(Base):
    """How one receiving provider takes letters from one carrier, since it asked us to slow down.

    ``carrier`` is its name in the settings, "" for the main one. ``receiver`` is a provider, or ""
    for the carrier itself, when it has asked to be left alone. Without a row nothing is limited.
    """

    __tablename__ = "flow"

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(40))
    receiver: Mapped[str] = mapped_column(String(255))
    rate: Mapped[float] = mapped_column(Float)  # letters a minute, as they were at changed_at
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)  # when the next letter may leave
    said: Mapped[str] = mapped_column(Text)  # in whose words we were asked to
    at_once: Mapped[float | None] = mapped_column(Float)  # letters under way; NULL: any number
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when it asked last

    __table_args__ = (UniqueConstraint("carrier", "receiver"),)


class MailDomainRow(Base):
    """Who takes the mail of a domain, by its MX records: "" until somebody has looked.

    Forgotten after ``expires_at``; before somebody has looked, that is when they may.
    """

    __tablename__ = "mail_domain"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(255), unique=True)
    receiver: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class WarmUpRow(Base):
    """How many letters were begun on a day of the warm-up, in the newsletter's zone."""

    __tablename__ = "warm_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, unique=True)
    letters: Mapped[int] = mapped_column()
