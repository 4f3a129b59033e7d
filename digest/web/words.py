"""The language of a page: which one a reader gets, and what it calls itself."""

from collections.abc import Sequence
from functools import lru_cache

from babel.core import Locale, UnknownLocaleError

from digest.templates import ORIGINAL

_LONGEST_HEADER = 500


def sentence(original: str) -> str:
    """Mark an English sentence that is translated later; the tests look for these marks."""
    return original


def choose(asked: str | None, *, accepted: str, default: str, languages: Sequence[str]) -> str:
    """Choose a language's tag: by what was asked for, by Accept-Language, by default.

    ``languages`` are the tags there are; a wish for "de-AT" is served by "de" (RFC 9110 12.5.4,
    RFC 4647 3.4).
    """
    known = {language.lower(): language for language in languages}
    for wish in (asked or "", *_by_weight(accepted[:_LONGEST_HEADER]), default):
        name = wish.strip().lower()
        while name:
            if name in known:
                return known[name]
            name = name.rpartition("-")[0]
    return ORIGINAL


@lru_cache(maxsize=100)  # every page names the other languages, and Babel takes its time
def own_name(language: str) -> str:
    """Return what a language calls itself: "Deutsch"."""
    try:
        name = Locale.parse(language, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        name = None
    return name or language


@lru_cache(maxsize=1000)  # browsers of one make and country all say the same
def _by_weight(accepted: str) -> tuple[str, ...]:
    weighted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.partition("=")[2] or 1)
        except ValueError:
            continue
        if quality > 0:
            weighted.append((-quality, place, tag))
    return tuple(tag for _, _, tag in sorted(weighted))
