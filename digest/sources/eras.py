"""Turns years and days of the Buddhist and the Persian calendar into Gregorian ones; pure."""

import re
from datetime import date, timedelta

PERSIAN_MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
_BUDDHIST = range(2500, 2700)  # years; Thailand counts 543 more than others
_BUDDHIST_LEAD = 543
_YEAR = r"(?P<year>1[34]\d\d)"
_NAMED = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})\s*(?P<month>{'|'.join(PERSIAN_MONTHS)})(?:\s+ماه)?[\s،,]+{_YEAR}(?!\d)"
)
_NUMBERS = (
    re.compile(
        rf"(?<![\d/-]){_YEAR}\s?(?P<sep>[/-])\s?(?P<month>\d{{1,2}})\s?(?P=sep)\s?(?P<day>\d{{1,2}})(?!\d)"
    ),
    re.compile(
        rf"(?<![\d/-])(?P<day>\d{{1,2}})\s?(?P<sep>[/-])\s?(?P<month>\d{{1,2}})\s?(?P=sep)\s?{_YEAR}(?!\d)"
    ),
)
_LONG_MONTHS, _LONG, _SHORT = 6, 31, 30  # the first six months have 31 days, the others 30
_CYCLE, _LEAPS = 33, 8  # years of a cycle, and how many of these have a day more
_SHIFT = 1_595  # years, which put the cycle's beginning where the leap years of our time need it
_ANCHOR = (1400, 1, 1), date(2021, 3, 21)  # the same day in both calendars


def common_year(year: int) -> int:
    """Return the Gregorian year of a year that may be counted as in Thailand."""
    return year - _BUDDHIST_LEAD if year in _BUDDHIST else year


def persian_day(text: str, *, with_numbers: bool) -> date | None:
    """Return the first Persian date in a text with plain digits, or None.

    ``with_numbers`` takes 1405/03/22 for one as well: elsewhere such years are Islamic ones.
    """
    for pattern in (_NAMED, *(_NUMBERS if with_numbers else ())):
        for found in pattern.finditer(text):
            name = found["month"]
            month = int(name) if name.isdecimal() else PERSIAN_MONTHS.index(name) + 1
            if day := _gregorian(int(found["year"]), month, int(found["day"])):
                return day
    return None


def _gregorian(year: int, month: int, day: int) -> date | None:
    if not (1 <= month <= len(PERSIAN_MONTHS) and 1 <= day <= _LONG):
        return None
    if month > _LONG_MONTHS and day > _SHORT:
        return None
    anchor, same = _ANCHOR
    return same + timedelta(_days(year, month, day) - _days(*anchor))


def _days(year: int, month: int, day: int) -> int:
    """Count days from an arbitrary beginning, with the leap years of the 33-year cycle."""
    cycles, rest = divmod(year + _SHIFT, _CYCLE)
    leaps = cycles * _LEAPS + (rest + 3) // 4
    months = (month - 1) * _SHORT + min(month - 1, _LONG_MONTHS)
    return 365 * (year + _SHIFT) + leaps + months + day
