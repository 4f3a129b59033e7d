"""The tables of sources: the blogs, how each was read lately, and the words that are muted."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UTCDateTime

FOR_ALL = text("source_id IS NULL")


class SourceRow(Base):
    """A blog, how it is read, and how the last reading ended."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    url: Mapped[str] = mapped_column(String(2048), unique=True)
    kind: Mapped[str] = mapped_column(String(20), default="feed")
    title: Mapped[str | None] = mapped_column(String(300))  # what the blog calls itself
    home: Mapped[str | None] = mapped_column(String(2048))
    language: Mapped[str | None] = mapped_column(String(35))
    topic: Mapped[str | None] = mapped_column(String(100))
    # The selectors of a person's own `Recipe`, by its names; NULL leaves it to config.toml.
    recipe: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # What the last reading told us, and when to ask again.
    etag: Mapped[str | None] = mapped_column(String(1024))
    last_modified: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(40), default="never read")
    detail: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    first_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    succeeded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_check_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    # Who is reading it at this moment, and until when that is believed.
    claimed_by: Mapped[str | None] = mapped_column(String(200))
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int | None] = mapped_column()  # posts seen at the last successful reading
    shape: Mapped[str | None] = mapped_column(Text)  # where on the page they were found
    # What looked wrong with a reading, and when; new posts wait until a person releases it.
    alarm: Mapped[str | None] = mapped_column(String(20))
    alarm_reason: Mapped[str | None] = mapped_column(Text)
    quarantined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ReadingRow(Base):
    """One reading of a source: how it ended and what it brought; only the last few are kept.

    ``status`` is the HTTP answer, and ``size`` its bytes, where there was one.
    """

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column()
    size: Mapped[int | None] = mapped_column()
    listed: Mapped[int | None] = mapped_column()  # posts that stood there
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_reading_source_id", "source_id", "id"),)


class CaptureRow(Base):
    """The last body that a source answered with, as it came; it is only ever shown, never run.

    ``content`` is its beginning, folded by zlib; ``size`` is how many bytes it had.
    """

    __tablename__ = "capture"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    media: Mapped[str] = mapped_column(String(200))  # its Content-Type
    size: Mapped[int] = mapped_column()
    content: Mapped[bytes] = mapped_column(LargeBinary)


class MuteRow(Base):
    """A word that keeps posts out by their titles: of one source, or of all (NULL).

    ``key`` is the word as titles are compared with it.
    """

    __tablename__ = "mute"

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter: Mapped[str] = mapped_column(String(100))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    word: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(100))

    __table_args__ = (
        # NULL is equal to nothing, so that the words for all sources need an index of their own.
        Index("uq_mute_source", "newsletter", "source_id", "key", unique=True),
        Index(
            "uq_mute_all",
            "newsletter",
            "key",
            unique=True,
            sqlite_where=FOR_ALL,
            postgresql_where=FOR_ALL,
        ),
    )
