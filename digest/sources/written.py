"""Finds the day that a page writes in its readers' language; pure.

What dates.py reads is a value that a machine wrote. Here a date stands in running text, in the
digits and month names of any language, and "01-06-2022" means what the rest of the page shows.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from babel.core import Locale, UnknownLocaleError
from babel.dates import get_month_names

from digest.sources.dates import NEWEST_YEAR, OLDEST_YEAR, Stated, read_date
from digest.sources.eras import common_year, persian_day

_LONGEST = 200  # characters in which a date is looked for
_PIVOT = 12  # a number above it is no month
_YEAR = r"(?P<year>(?:19|20|25)\d\d)"  # the last as the Buddhist calendar counts
_ISO = re.compile(
    rf"(?<![\d./-]){_YEAR}\s?(?P<sep>[-/.])\s?(?P<month>\d{{1,2}})\s?(?P=sep)\s?(?P<day>\d{{1,2}})(?!\d)"
)
_EASTERN = re.compile(
    rf"{_YEAR}\s*[年년]\s*(?P<month>\d{{1,2}})\s*[月월]\s*(?P<day>\d{{1,2}})\s*[日일号號]"
)
_VIETNAMESE = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})\s+tháng\s+(?P<month>\d{{1,2}})(?:,|\s+năm)?\s+{_YEAR}",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    rf"(?<![\d./-])(?P<first>\d{{1,2}})\s?(?P<sep>[-/.])\s?(?P<second>\d{{1,2}})\s?(?P=sep)\s?"
    rf"(?:{_YEAR}|(?<=[/.])(?P<short>\d\d))(?![\d:])"
)
_FILLER = r"(?:\s*[.,،/–-]\s*|\s+)(?:de\s+|del\s+|of\s+|m\.\s+|พ\.ศ\.\s*)?"  # noqa: RUF001 - dashes as written
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?"
# Vowel signs of Indic scripts, of Thai and others are no letters to a regular expression.
_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1000-\u17d3])"
_NAME = rf"(?P<month>{_LETTER}+(?:\.{_LETTER}+)?(?:\s{_LETTER}+)?)\.?"
_DAY_FIRST = re.compile(rf"(?<!\d){_DAY}{_FILLER}{_NAME}{_FILLER}{_YEAR}(?!\d)")
_MONTH_FIRST = re.compile(rf"{_NAME}{_FILLER}{_DAY}{_FILLER}{_YEAR}(?!\d)")
_YEAR_FIRST = re.compile(rf"(?<!\d){_YEAR}{_FILLER}{_NAME}{_FILLER}{_DAY}(?!\d)")
_OTHER_NAME, _OTHER_DAY = _NAME.replace("month", "month2"), _DAY.replace("<day>", "<day2>")
_WEEKDAY = r"(?:[^\W\d_]+\.?,\s+)?"
_PARTIAL = re.compile(
    rf"^\W*{_WEEKDAY}(?:{_DAY}{_FILLER}{_NAME}|{_OTHER_NAME}{_FILLER}{_OTHER_DAY})\W*$"
)
_PARTIAL_NUMBERS = re.compile(
    r"^\W*(?P<first>\d{1,2})\s?(?P<sep>[-/.月월])\s?(?P<second>\d{1,2})\s?[.日일号號]?\W*$"
)
_MONTH_FIRST_LANGUAGES = {"zh", "ja", "ko", "hu", "lt", "mn"}
_ATTACHED = "ב"  # Hebrew writes "in" and the month as one word
_TIME_WITHOUT_ZONE = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$")
_IN_PATH = re.compile(
    r"/(\d{4})/(\d{1,2})/(\d{1,2})(?=/|$)|/(\d{4})-(\d\d)-(\d\d)(?=[-/_.]|$)|/(20\d\d)(\d\d)(\d\d)(?=[-/_.])"
)
_DAY_FIRST_REGIONS = {"GB", "AU", "NZ", "IE", "IN", "ZA"}


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How one page writes its dates: its languages, and whether 01-06 is the first of June."""

    languages: tuple[str, ...] = ()
    day_first: bool | None = None

    def stated(self, value: str) -> Stated:
        """Return what a machine-readable value states; a time without a zone is only a day."""
        value = value.strip()
        if _TIME_WITHOUT_ZONE.match(value):
            value = value[:10]
        found = read_date(plain_digits(value)) if value[:1].isdigit() else None
        return found or self.day(value)

    def day(self, text: str) -> date | None:
        """Return the first whole date in a text, or None."""
        text = plain_digits(text[:_LONGEST])
        is_persian = any(language.startswith("fa") for language in self.languages)
        if day := persian_day(text, with_numbers=is_persian):
            return day
        for pattern in (_ISO, _EASTERN, _VIETNAMESE):
            for found in pattern.finditer(text):
                if day := day_of(found["year"], int(found["month"]), found["day"]):
                    return day
        for found in _NUMBERS.finditer(text):
            if day := self._of_numbers(found):
                return day
        return self._with_name(text)

    def without_year(self, text: str, *, year: int) -> date | None:
        """Return the day of "Jul 4" under a heading that names the year."""
        shown = plain_digits(text[:_LONGEST])
        if numbers := _PARTIAL_NUMBERS.match(shown):
            return self._of_two_numbers(numbers, year=year)
        found = _PARTIAL.match(shown)
        if found is None:
            return None
        month = self.month(found["month"] or found["month2"])
        return day_of(str(year), month, found["day"] or found["day2"]) if month else None

    def _with_name(self, text: str) -> date | None:
        for pattern in (_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST):
            for found in pattern.finditer(text):
                month = self.month(found["month"])
                day = day_of(found["year"], month, found["day"]) if month else None
                if day:
                    return day
        return None

    def _of_numbers(self, found: re.Match[str]) -> date | None:
        first, second = int(found["first"]), int(found["second"])
        day_first = _order(first, second, found["sep"])
        if day_first is None:
            day_first = self.day_first
        if first == second:
            day_first = True
        if day_first is None:
            return None
        day, month = (first, second) if day_first else (second, first)
        return day_of(found["year"] or f"20{found['short']}", month, str(day))

    def _of_two_numbers(self, found: re.Match[str], *, year: int) -> date | None:
        """Read "06-11", "11.06." or "6月11日": what the first number is depends on who writes."""
        first, second, separator = int(found["first"]), int(found["second"]), found["sep"]
        is_eastern = any(
            language.partition("-")[0].lower() in _MONTH_FIRST_LANGUAGES
            for language in self.languages
        )
        if first > _PIVOT or second > _PIVOT:
            day_first: bool | None = first > _PIVOT
        elif separator in "-月월" or is_eastern:
            day_first = False
        else:
            day_first = True if separator == "." else self.day_first
        if day_first is None:
            return None
        day, month = (first, second) if day_first else (second, first)
        return day_of(str(year), month, str(day))

    def month(self, name: str) -> int | None:
        """Return the number of the month that a name means, or None."""
        parts = name.split()
        for key in map(_folded, (name, *parts[-1:], *parts[:1])):
            for language in (*self.languages, "en"):
                names = month_names(language)
                if number := names.get(key) or names.get(key.removeprefix(_ATTACHED)):
                    return number
        return None


def reader_of(*, language: str | None, texts: Iterable[str]) -> Reader:
    """Return how a page writes dates, from its language and from all that it wrote."""
    evidence = {
        order
        for text in texts
        for found in _NUMBERS.finditer(plain_digits(text[:_LONGEST]))
        if (order := _order(int(found["first"]), int(found["second"]), found["sep"])) is not None
    }
    by_language = _order_of(language or "")
    day_first = evidence.pop() if len(evidence) == 1 else None if evidence else by_language
    return Reader(languages=(language,) if language else (), day_first=day_first)


def day_in_path(path: str) -> date | None:
    """Return the day that a permalink names."""
    for found in _IN_PATH.finditer(path):
        year, month, day = filter(None, found.groups())
        if stated := day_of(year, int(month), day):
            return stated
    return None


def plain_digits(text: str) -> str:
    """Return the text with the digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)


@lru_cache(maxsize=64)
def month_names(language: str) -> dict[str, int]:
    """Return the names of the months, as that language writes and shortens them."""
    names: dict[str, int] = {}
    for code in (language, *_VARIANTS.get(language.partition("-")[0].lower(), ())):
        try:
            locale = Locale.parse(code.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            continue
        for width in ("abbreviated", "wide"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    names.setdefault(_folded(name), number)
    names.update({"sept": 9} if language.startswith("en") else {})
    return {name: number for name, number in names.items() if not name.isdigit()}


_VARIANTS = {"ar": ("ar_LB", "ar_MA"), "en": ("en",), "de": ("de_AT",), "zh": ("zh",)}


def _folded(name: str) -> str:
    return name.casefold().strip(" .\u200c\u200f")


def day_of(year: str | int, month: int, day: str) -> date | None:
    """Return the day of these numbers, or None where there is none such."""
    try:
        found = date(common_year(int(year)), month, int(day))
    except ValueError:
        return None
    return found if OLDEST_YEAR <= found.year < NEWEST_YEAR else None


def _order(first: int, second: int, separator: str) -> bool | None:
    """Whether the first number is the day; None where it could be either."""
    if separator == "." or (first > _PIVOT >= second):
        return True
    return False if second > _PIVOT >= first else None


def _order_of(language: str) -> bool | None:
    """Whether readers of this language put the day first: all but those of English do."""
    tag, _, region = language.partition("-")
    if tag.lower() != "en":
        return True if tag else None
    return True if region.upper() in _DAY_FIRST_REGIONS else None


def moment(stated: Stated) -> datetime | None:
    """Return an instant, or None for a day or nothing."""
    return stated if isinstance(stated, datetime) else None
