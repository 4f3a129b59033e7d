"""Column types: times that cannot lose their offset."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept and returned in UTC.

    SQLite drops offsets without a word (01:30+02:00 comes back as naive 01:30), so a naive value
    is refused here rather than guessed later.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; refuse a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: attach a time zone before storing it")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """Return aware UTC.

        SQLite keeps text. It is read in one step, because ``replace(tzinfo=UTC)`` takes five times
        as long as the reading itself, and every letter's reader has such a time.
        """
        if dialect.name == "sqlite":
            return _from_text
        return super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "Z")


def utc_from(value: str | datetime | None) -> datetime | None:
    """Read a time as either driver returns it, without SQLAlchemy between."""
    return value.astimezone(UTC) if isinstance(value, datetime) else _from_text(value)
