"""The words of the email in one language: its sentences, numbers and dates."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from digest.posts.language import direction
from digest.translations import Language


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a language says and how it writes; ``language`` is the BCP 47 tag that was asked for."""

    language: str
    sentences: Language

    @property
    def direction(self) -> str:
        """The direction the language is written in, "ltr" or "rtl"."""
        return direction(self.language)

    def number(self, value: int) -> str:
        """Write a number: "5,000" or "5.000"."""
        return _written_number(value, self.language)

    def day(self, day: date, *, pattern: str) -> str:
        """Write a date, as `written_date` does."""
        return written_date(day, pattern=pattern, language=self.language)


@lru_cache(maxsize=1_000)  # few days stand in many letters, and Babel takes its time
def written_date(day: date, *, pattern: str, language: str) -> str:
    """Write a date: "short" has no year (10 June), "long" has one, "full" has the weekday too.

    The patterns are those of the Unicode CLDR.
    """
    locale = _locale(language)
    if pattern == "short":
        return format_skeleton("MMMMd", day, locale=locale)
    return format_date(day, pattern, locale=locale)


@lru_cache(maxsize=1_000)
def _written_number(value: int, language: str) -> str:
    return format_decimal(value, locale=_locale(language))


@lru_cache(maxsize=100)
def _locale(language: str) -> Locale:
    if language == "en":
        return Locale("en", "GB")  # plain English puts the day first here: 3 May 2026
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
