"""Periods: the name, the half-open window and the due time of each issue, in the reader's zone.

Times of day come from a crontab line, evaluated with true crontab numbering and once per wall
clock slot (02:30 on the night of the change fires once, not twice and not never).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.errors import ConfigurationError
from digest.limits import Hours, Minutes

Cadence = Literal["day", "week", "month"]

_BEST = "-best"
_WEEKS = 4  # of which one best-of is made
_COUNTED_FROM = date(2026, 1, 19)  # the Monday of 2026-W04
_WEEK = re.compile(r"(\d{4})-W(\d{2})")


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """When an issue is due.

    ``cron`` is a crontab line (minute hour day month weekday) in ``zone``, an IANA name.
    ``cadence`` names the periods: one issue per day, ISO week or month, at the first slot in it.
    ``lateness_hours``: a slot missed by more than this is not caught up without a person.
    ``approval``: "checked" sends unless a check fails, "auto" sends always, "manual" waits.
    ``undo_minutes``: how long an issue stays after a person approved it or sent it.
    """

    cron: str = "0 7 * * FRI"
    zone: str = "Europe/Berlin"
    cadence: Cadence = "week"
    lateness_hours: Hours = 24.0
    approval: Literal["checked", "auto", "manual"] = "checked"
    undo_minutes: Minutes = 0.0

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
    def undo(self) -> timedelta:
        """How long a person may take an approval back before anything leaves."""
        return timedelta(minutes=self.undo_minutes)

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
    if is_best_of(name):
        week = named(settings, name.removesuffix(_BEST), near=near)
        return best_of(settings, week) if week else None
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
    return _week_name(local.date())


def is_best_of(name: str) -> bool:
    """Whether this is the name of a best-of (2026-W24-best), and not of one period."""
    return name.endswith(_BEST)


def best_name(week: str) -> str:
    """Return the name of the best-of that ends with this week."""
    return f"{week}{_BEST}"


def best_of(settings: ScheduleSettings, period: Period) -> Period | None:
    """Return the best-of that goes with the issue of this period, over its four weeks; or None.

    There is one every fourth week of a weekly newsletter, counted without a break: 2026-W04, W08
    and so on to W52, then 2027-W03, because 2026 has 53 weeks and no week may be left out.
    """
    monday = _monday(period.name)
    if settings.cadence != "week" or monday is None or (monday - _COUNTED_FROM).days // 7 % _WEEKS:
        return None
    first_day = period.end_day - timedelta(weeks=_WEEKS)
    opens_at = datetime.combine(first_day, time(), ZoneInfo(settings.zone)).astimezone(UTC)
    return replace(period, name=best_name(period.name), first_day=first_day, opens_at=opens_at)


def weeks_of(name: str) -> tuple[str, ...]:
    """Return the names of the four weeks of a best-of, the newest first."""
    monday = _monday(name.removesuffix(_BEST))
    if monday is None:
        return ()
    return tuple(_week_name(monday - timedelta(weeks=before)) for before in range(_WEEKS))


def _monday(name: str) -> date | None:
    week = _WEEK.fullmatch(name)
    return date.fromisocalendar(int(week[1]), int(week[2]), 1) if week else None


def _week_name(day: date) -> str:
    year, week, _ = day.isocalendar()
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
