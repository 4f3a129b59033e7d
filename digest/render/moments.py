"""Times of day as a language writes them."""

from datetime import datetime, tzinfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_time


def written_time(moment: datetime, *, zone: tzinfo, language: str) -> str:
    """Write a time of day in a zone: "14:02"."""
    return format_time(moment.astimezone(zone), "short", locale=_locale(language))


def _locale(language: str) -> Locale:
    if language == "en":
        return Locale("en", "GB")  # 14:02 is plain to everybody, 2:02 PM is not
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")
