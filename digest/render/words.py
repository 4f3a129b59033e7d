"""The words of the email in one language, read from the theme's words.toml."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from string import Formatter
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from digest.errors import TemplateError


@dataclass(frozen=True, kw_only=True)
class Words:
    """Every sentence the email needs; a language that lacks one is refused.

    Pairs are singular and plural. ``weekdays`` start on Monday; ``daytimes`` are morning,
    afternoon and evening. The two ``..._date`` are CLDR patterns.
    """

    top: str
    online: str
    lead: str
    read: str
    also: str
    too: str
    earlier: str
    new_posts: str
    other_posts: str
    brief: str
    posts: tuple[str, str]
    stats: tuple[str, str]
    blogs: tuple[str, str]
    reading: tuple[str, str]
    reading_at_least: tuple[str, str]
    minutes: str
    surplus: tuple[str, str]
    forwarded: str
    forward: str
    because: str
    daily: str
    weekly: str
    monthly: str
    weekdays: tuple[str, ...]
    daytimes: tuple[str, ...]
    unsubscribe: str
    all_issues: str
    privacy: str
    heading_date: str
    short_date: str


_BLANKS = {
    "top": {"number"},
    "also": {"titles"},
    "posts": {"n"},
    "stats": {"n", "blogs"},
    "blogs": {"n"},
    "reading": {"n"},
    "reading_at_least": {"n"},
    "minutes": {"n"},
    "surplus": {"n", "source"},
    "because": {"email", "date"},
    "daily": {"daytime"},
    "weekly": {"weekday", "daytime"},
}
_LENGTHS = {"weekdays": 7, "daytimes": 3}
_PAIR = 2


def read_words(tables: Mapping[str, Any], *, name: str) -> dict[str, Words]:
    """Read one table of words per language; raises `TemplateError` naming what is wrong."""
    return {
        language: _read(table, where=f"[{language}]", name=name)
        for language, table in tables.items()
    }


def _read(table: Any, *, where: str, name: str) -> Words:
    wanted = {field.name: field.type for field in fields(Words)}
    odd = set(wanted).symmetric_difference(table) if isinstance(table, dict) else set(wanted)
    if odd:
        raise TemplateError(f"{where} misses or does not know {', '.join(sorted(odd))}", name=name)
    values: dict[str, Any] = {}
    for key, value in table.items():
        sentences = value if isinstance(value, list) else [value]
        length = 1 if wanted[key] is str else _LENGTHS.get(key, _PAIR)
        if isinstance(value, str) != (wanted[key] is str) or len(sentences) != length:
            raise TemplateError(f"{where} {key} takes {length} sentence(s)", name=name)
        for sentence in sentences:
            _check_blanks(sentence, _BLANKS.get(key, set()), where=f"{where} {key}", name=name)
        values[key] = value if wanted[key] is str else tuple(value)
    return Words(**values)


def _check_blanks(sentence: Any, known: set[str], *, where: str, name: str) -> None:
    """Let a sentence name only what it will be given."""
    try:
        blanks = {blank for _, blank, _, _ in Formatter().parse(sentence) if blank is not None}
    except (TypeError, ValueError) as error:
        raise TemplateError(f"{where} is no sentence: {error}", name=name) from error
    if not blanks <= known:
        unknown = ", ".join(sorted(blanks - known))
        raise TemplateError(f"{where} cannot fill {{{unknown}}}", name=name)


def counted(pair: tuple[str, str], count: int, *, language: str, **values: str) -> str:
    """Return the singular or plural with the number as the language writes it."""
    return pair[count != 1].format(n=format_decimal(count, locale=_locale(language)), **values)


def written_date(day: date, *, pattern: str, language: str) -> str:
    """Write a date by a CLDR pattern, or in the language's "long" style."""
    return format_date(day, pattern, locale=_locale(language))


def direction(language: str) -> str:
    """Return "rtl" or "ltr" for a BCP 47 tag."""
    return "rtl" if _locale(language).character_order == "right-to-left" else "ltr"


def _locale(language: str) -> Locale:
    if language == "en":
        return Locale("en", "GB")  # plain English puts the day first here: 3 May 2026
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
