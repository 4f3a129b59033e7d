"""When letters may be begun: between which hours, and how many on a day of the warm-up. Pure."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from digest.errors import ConfigurationError
from digest.limits import Count
from storage.limits import Limits

_WARM = 10_000_000  # letters a day; who may send so many is not limited any more


@dataclass(frozen=True, kw_only=True)
class HoursSettings:
    """Between which times of day letters are begun, in the newsletter's zone.

    Both empty: at any time. What is under way when the time is over comes to its end. From
    "21:00" to "07:00" is a night.
    """

    opens: str = ""
    closes: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no time of day, and a beginning without an end."""
        for key in ("opens", "closes"):
            _read_time(getattr(self, key), key=key)
        if bool(self.opens) != bool(self.closes) or (self.opens and self.opens == self.closes):
            raise ConfigurationError(
                '[hours] opens and closes need each other: set both, as opens = "07:00" and'
                ' closes = "21:00", or neither'
            )

    @property
    def span(self) -> tuple[time, time] | None:
        """Both times; None when letters may be begun at any time."""
        opens, closes = _read_time(self.opens, key="opens"), _read_time(self.closes, key="closes")
        return (opens, closes) if opens is not None and closes is not None else None


@dataclass(frozen=True, kw_only=True)
class WarmUpSettings:
    """How many letters a new sending address may begin on a day: receivers distrust a sudden crowd.

    ``start`` is the first day, as "2026-06-12"; empty: no warm-up. On it ``first`` letters leave,
    and on each next day ``growth`` times as many. The rest waits for the next day.
    """

    start: str = ""
    first: Count = 500
    growth: Annotated[float, Limits(1, 10, above=True)] = 1.5  # tenfold a day is no warm-up

    def __post_init__(self) -> None:
        """Refuse what is no day."""
        if self.start:
            try:
                date.fromisoformat(self.start)
            except ValueError as error:
                raise ConfigurationError(
                    f'[warmup] start = {self.start!r} is no day; write it as "2026-06-12"'
                ) from error

    def most_on(self, day: date) -> int | None:
        """Return how many letters may be begun on this day; None when any number may."""
        if not self.start or (number := (day - date.fromisoformat(self.start)).days) < 0:
            return None
        if self.first * self.growth ** min(number, 1_000 / self.growth) >= _WARM:
            return None
        return math.floor(self.first * self.growth**number)


def opens_at(settings: HoursSettings, now: datetime, *, zone: ZoneInfo) -> datetime | None:
    """Return when letters may be begun again, aware; None when they may now.

    A time that a change of clocks leaves out is the moment of that change.
    """
    if settings.span is None:
        return None
    opens, closes = settings.span
    here = now.astimezone(zone)
    clock = here.time().replace(tzinfo=None)
    is_open = opens <= clock < closes if opens < closes else (clock >= opens or clock < closes)
    if is_open:
        return None
    day = here.date() if clock < opens else here.date() + timedelta(days=1)
    return datetime.combine(day, opens, tzinfo=zone)


def _read_time(text: str, *, key: str) -> time | None:
    if not text:
        return None
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise ConfigurationError(f'[hours] {key} = {text!r} is no time of day; write it as "07:00"')
    return found
