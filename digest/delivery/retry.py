"""When to try a letter again, and when to give up. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.limits import Hours, Minutes


@dataclass(frozen=True, kw_only=True)
class RetrySettings:
    """How patient we are with one recipient.

    The first wait is ``first_minutes`` and each next one twice as long, up to ``longest_minutes``;
    after ``deadline_hours`` since the freeze the delivery has failed. Greylisting servers ask for
    5 to 15 minutes (RFC 6647 section 5).
    """

    first_minutes: Minutes = 10.0
    longest_minutes: Minutes = 240.0
    deadline_hours: Hours = 48.0


def next_try(
    settings: RetrySettings, *, attempts: int, frozen_at: datetime, now: datetime, jitter: float
) -> datetime | None:
    """Return when to try again after ``attempts`` counted tries; None when it is time to give up.

    ``jitter`` in [0, 1) spreads the readers of one provider over a tenth of the wait.
    """
    minutes = min(
        settings.first_minutes * 2 ** min(max(attempts, 1) - 1, 30), settings.longest_minutes
    )
    moment = now + timedelta(minutes=minutes * (1 + jitter / 10))
    deadline = frozen_at + timedelta(hours=settings.deadline_hours)
    return moment if moment <= deadline else None
