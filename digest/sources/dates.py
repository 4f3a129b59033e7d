"""Reads the dates that feeds write: an instant, a day, or nothing that can be believed. Pure.

RFC 822 in all its disguises (wrong or foreign weekdays, two-digit years, names of zones), ISO 8601
and RFC 3339, and bare days.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

Stated = datetime | date | None
"""What a source says: an aware instant in its own zone, a day, or nothing usable."""

OLDEST_YEAR, NEWEST_YEAR = 1990, 2200  # outside, a date is a placeholder or a mistake
_LONGEST = 100  # characters; longer texts are no dates

_TIME = r"(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d+)?)?"
_OFFSET = r"[+-]\d{1,2}(?::?\d{2})?"
_ZONE = rf"\s*(?P<zone>[A-Za-z]{{1,5}}(?![A-Za-z])(?:\s*{_OFFSET})?|{_OFFSET})?"
_END = r"(?:\s*\([^)]*\))?$"
_ISO = re.compile(
    rf"(?P<year>\d{{4}})(?P<sep>[-/.]?)(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})"
    rf"(?:(?:[Tt_]|\s+){_TIME}{_ZONE})?{_END}"
)
_RFC822 = re.compile(
    rf"(?:[^\d,]+,?\s*)?(?P<day>\d{{1,2}})\.?[\s-]+(?P<month>[^\W\d]{{3,10}})\.?,?[\s-]+"
    rf"(?P<year>\d{{2,4}})(?:[\s,T]+{_TIME}{_ZONE})?{_END}"
)
_AMERICAN = re.compile(
    rf"(?:[^\W\d]+,?\s+)??(?P<month>[^\W\d]{{3,10}})\.?\s+(?P<day>\d{{1,2}}),?\s+"
    rf"(?P<year>\d{{4}})(?:[\s,T]+{_TIME}{_ZONE})?{_END}"
)
_ASCTIME = re.compile(
    rf"[^\W\d]+,?\s+(?P<month>[^\W\d]{{3}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s+(?P<year>\d{{4}})$"
)
# The day of a Korean, Japanese or Chinese date; whose day its time belongs to, it does not say.
_EASTERN = re.compile(
    r"(?P<year>\d{4})\s*[년年]\s*(?P<month>\d{1,2})\s*[월月]\s*(?P<day>\d{1,2})\s*[일日号號]"
)
_LONG_AGO = re.compile(r"(?<![\w:.,+-])(?:0\d{3}|1[0-8]\d{2})(?![\d:])")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene gen",
            "feb fev fév",
            "mar mär mar mrz",
            "apr abr avr",
            "may mai maj mag mei",
            "jun juin giu",
            "jul juil lug",
            "aug ago aoû aou",
            "sep set",
            "oct okt out ott",
            "nov",
            "dec dez dic déc",
        ),
        start=1,
    )
    for name in names.split()
}
# Hours from UTC. Names that several zones share mean what RFC 822 or most feeds mean by them.
_ZONES = {
    name: timezone(timedelta(hours=hours))
    for hours, names in {
        -10: "HST",
        -9: "AKST",
        -8: "PST AKDT",
        -7: "MST PDT",
        -6: "CST MDT",
        -5: "EST CDT",
        -4: "EDT AST",
        -3: "BRT ART ADT",
        1: "CET MEZ BST WEST MET",
        2: "CEST MESZ EET SAST MEST",
        3: "EEST MSK",
        5.5: "IST",
        8: "HKT SGT AWST PHT",
        9: "JST KST",
        10: "AEST",
        11: "AEDT",
        12: "NZST",
        13: "NZDT",
    }.items()
    for name in names.split()
}
_FURTHEST = timedelta(hours=15)


def read_date(text: str | None) -> Stated:
    """Return the instant (aware, as stated), or the day where no time is given, or None.

    A time without a zone, or with an unknown one, counts as UTC. The future is passed on.
    """
    if not text or len(text) > _LONGEST:
        return None
    cleaned = " ".join(text.split())
    for pattern in (_ISO, _RFC822, _AMERICAN, _ASCTIME, _EASTERN):
        if found := pattern.match(cleaned):
            return _build({name: value for name, value in found.groupdict().items() if value})
    return None


def is_placeholder(text: str | None) -> bool:
    """Whether this names a year before 1900: generators write year 1 for "no date at all"."""
    return bool(text and _LONG_AGO.search(text[:_LONGEST]))


def settle(dates: Sequence[Stated]) -> list[Stated]:
    """Return the dates of one feed, as days when every time in it is just midnight.

    Such a feed knows days only, and the day it states must not be shifted through UTC.
    """
    times = [value.timetz() for value in dates if isinstance(value, datetime)]
    if any(moment.replace(tzinfo=None) != time.min for moment in times):
        return list(dates)
    return [value.date() if isinstance(value, datetime) else value for value in dates]


def _build(parts: dict[str, str]) -> Stated:
    try:
        day = date(_year(parts["year"]), _month(parts["month"]), int(parts["day"]))
        if not OLDEST_YEAR <= day.year < NEWEST_YEAR:
            return None
        return _at(day, parts) if "hour" in parts else day
    except (KeyError, ValueError):
        return None  # no such month, day, hour or offset


def _at(day: date, parts: dict[str, str]) -> datetime:
    """Add the time; 24:00 is the next day's midnight, and a leap second the one before it."""
    hour, minute = int(parts["hour"]), int(parts["minute"])
    second = min(int(parts.get("second", "0")), 59)
    next_day = timedelta(days=1 if (hour, minute) == (24, 0) else 0)
    stated = datetime.combine(day, time(hour % 24 if next_day else hour, minute, second))
    return (stated + next_day).replace(tzinfo=_zone(parts.get("zone")))


def _year(text: str) -> int:
    """Complete a short year as RFC 2822, 4.3 says."""
    year = int(text)
    if len(text) > 3:  # noqa: PLR2004 - four digits are a whole year
        return year
    if len(text) == 2:  # noqa: PLR2004 - two digits mean a century that is near
        return year + (2000 if year < 50 else 1900)  # noqa: PLR2004 - RFC 2822
    return year + 1900


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    name = text.lower()
    return _MONTHS[name[:4] if name[:4] in _MONTHS else name[:3]]


def _zone(text: str | None) -> tzinfo:
    """Read "+0200", "+02:00", "UTC+2", "CEST"; anything unknown is UTC."""
    if not text:
        return UTC
    name, sign, digits = re.fullmatch(r"([A-Za-z]*)\s*(?:([+-])(.*))?", text).groups()  # type: ignore[union-attr] # the date patterns let nothing else through
    if not sign:
        return _ZONES.get(name.upper(), UTC)
    figures = digits.replace(":", "")
    hours, minutes = (figures[:-2], figures[-2:]) if len(figures) > 2 else (figures, "0")  # noqa: PLR2004 - hours only
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _FURTHEST:
        raise ValueError(f"no place on earth is {text} from UTC")
    return timezone(-offset if sign == "-" else offset)
