"""Periods: the name, the half-open window and the due time of each issue, in the reader's zone.

Times of day come from a crontab line, evaluated with true crontab numbering and once per wall
clock slot (02:30 on the night of the change fires once, not twice and not never).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.errors import ConfigurationError
from digest.limits import Hours

Cadence = Literal["day", "week", "month"]


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """When an issue is due.

    ``cron`` is a crontab line (minute hour day month weekday) in ``zone``, an IANA name.
    ``cadence`` names the periods: one issue per day, ISO week or month, at the first slot in it.
    ``lateness_hours``: a slot missed by more than this is not caught up without a person.
    ``approval``: "checked" sends unless a check fails, "auto" sends always, "manual" waits.
    """

    cron: str = "0 7 * * FRI"
    zone: str = "Europe/Berlin"
    cadence: Cadence = "week"
    lateness_hours: Hours = 24.0
    approval: Literal["checked", "auto", "manual"] = "checked"

    def __post_init__(self) -> None:
        """Refuse what no slot can be computed from."""
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise ConfigurationError(
                f"[schedule] zone = {self.zone!r} is no IANA time zone; try 'Europe/Berlin'"
            ) from error
        try:
            next(CronSim(self.cron, datetime(2026, 1, 1, tzinfo=UTC)))
        except (CronSimError, StopIteration) as error:
            reason = str(error) or "it never comes"
            raise ConfigurationError(
                f"[schedule] cron = {self.cron!r} is no crontab line ({reason}); try '0 7 * * FRI'"
            ) from error

    @property
    def lateness(self) -> timedelta:
        """How late a slot may be caught up."""
        return timedelta(hours=self.lateness_hours)


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period. ``[opens_at, closes_at)`` is the window of its posts; all instants in UTC.

    ``first_day`` and ``end_day`` are the same window in local days (``end_day`` is not in it).
    """

    name: str
    first_day: date
    end_day: date
    opens_at: datetime
    closes_at: datetime
    due_at: datetime

    def holds(self, *, at: datetime | None, on: date | None) -> bool:
        """Whether a post dated so lies in the window; a bare day is compared as a day."""
        if at is None:
            return on is not None and self.first_day <= on < self.end_day
        return self.opens_at <= at < self.closes_at


def latest_due(settings: ScheduleSettings, now: datetime) -> Period:
    """Return the newest period whose slot has come (``due_at <= now``)."""
    slots = _first_slots_backwards(settings, now + timedelta(seconds=1))
    due = next(slots)
    return _period(settings, due, previous=next(slots))


def next_due(settings: ScheduleSettings, now: datetime) -> Period:
    """Return the period whose slot comes next (``due_at > now``)."""
    taken = latest_due(settings, now)
    for slot in CronSim(settings.cron, now.astimezone(ZoneInfo(settings.zone))):
        if period_name(settings, slot) != taken.name:
            previous = datetime.combine(taken.end_day, time(), ZoneInfo(settings.zone))
            return _period(settings, slot, previous=previous)
    raise ConfigurationError(f"[schedule] cron = {settings.cron!r} never comes")


def named(settings: ScheduleSettings, name: str, *, near: datetime) -> Period | None:
    """Return the period of this name, looking two years around ``near``; None when not found."""
    period = next_due(settings, near + timedelta(days=366))
    while period.due_at > near - timedelta(days=731):
        if period.name == name:
            return period
        period = latest_due(settings, period.due_at - timedelta(seconds=1))
    return None


def period_name(settings: ScheduleSettings, slot: datetime) -> str:
    """Name the period a local slot belongs to: 2026-06-12, 2026-W24 or 2026-06."""
    local = slot.astimezone(ZoneInfo(settings.zone))
    if settings.cadence == "day":
        return f"{local:%Y-%m-%d}"
    if settings.cadence == "month":
        return f"{local:%Y-%m}"
    year, week, _ = local.isocalendar()
    return f"{year}-W{week:02}"


def _first_slots_backwards(settings: ScheduleSettings, before: datetime) -> Iterator[datetime]:
    """Yield the first slot of each period, newest period first."""
    local = before.astimezone(ZoneInfo(settings.zone))
    first: datetime | None = None
    for slot in CronSim(settings.cron, local, reverse=True):
        if first and period_name(settings, slot) != period_name(settings, first):
            yield first
        first = slot


def _period(settings: ScheduleSettings, slot: datetime, *, previous: datetime) -> Period:
    zone = ZoneInfo(settings.zone)
    first_day, end_day = previous.astimezone(zone).date(), slot.astimezone(zone).date()
    return Period(
        name=period_name(settings, slot),
        first_day=first_day,
        end_day=end_day,
        opens_at=datetime.combine(first_day, time(), zone).astimezone(UTC),
        closes_at=datetime.combine(end_day, time(), zone).astimezone(UTC),
        due_at=slot.astimezone(UTC),
    )
