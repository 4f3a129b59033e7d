"""When a post counts as published: by its own date, unless that cannot be; pure."""

from datetime import UTC, date, datetime, timedelta

from digest.posts.identity import instant

_TOLERANCE = timedelta(days=1)  # a date this far ahead is a time zone, not a mistake
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


def effective_instant(
    *, published_at: datetime | None, published_on: date | None, first_seen_at: datetime
) -> datetime:
    """Return the instant that decides a post's week.

    The source's own date, unless it is missing, absurd, or in the future when we first saw it:
    then the time when we first saw it.
    """
    stated = instant(published_at, published_on)
    if stated is None or stated < _EARLIEST or stated > first_seen_at + _TOLERANCE:
        return first_seen_at
    return stated
