"""Titles as people read them: the display title, its two parts, and the short form."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from digest.mail.headers import clean

LONGEST_SHORT = 78
_LONG = 90
_MAIN = range(12, 91)  # characters before the dash or colon that parts a title
_LIST_MARK = re.compile(r"[-*+•‣▪◦·–—>]+\s+")  # noqa: RUF001 - dashes are list marks too
_SYMBOLS = frozenset({"So", "Sk", "Cf", "Mn"})  # an emoji with its joiners and selectors
_DASH = re.compile(r" [—–] ")  # noqa: RUF001 - both dashes are in use
_YEAR_AT_END = re.compile(r"\s*[(\[](19|20)\d\d[)\]]$")


@dataclass(frozen=True)
class Title:
    """A display title in its parts: ``main`` in bold, then ``sub`` as it follows (or nothing)."""

    main: str
    sub: str = ""

    @property
    def whole(self) -> str:
        """The display title."""
        return self.main + self.sub

    @property
    def short(self) -> str:
        """The main part, without its colon or a year in brackets, in at most 78 characters."""
        main = self.main.removesuffix(":").rstrip() or self.main
        main = _YEAR_AT_END.sub("", main) or main
        return cut(main, most=LONGEST_SHORT)


@lru_cache(maxsize=2_000)  # a title stands in every variant, subject and preheader included
def display_title(stored: str) -> Title:
    """Tidy a stored title without rewording it, and part it where it parts itself.

    A dash with 12 to 90 characters before it parts any title; a colon only one of more than 90.
    """
    text = clean(stored)
    text = _without_marks(text) or text
    text = re.sub(r"(?<=\w) ,(?=\s|$)", ",", text).replace(" -- ", " — ")
    for match in _DASH.finditer(text):
        if match.start() in _MAIN:
            return Title(text[: match.start()], text[match.start() :])
    if len(text) > _LONG:
        for match in re.finditer(": ", text):
            if match.start() in _MAIN:
                return Title(text[: match.start() + 1], text[match.start() + 1 :])
    return Title(text)


def name_of(text: str | None) -> str:
    """Return the name of a blog, an author or a topic, in at most 78 characters."""
    return cut(clean(text or ""), most=LONGEST_SHORT)


def cut(text: str, *, most: int) -> str:
    """Cut at the last word that fits, with an ellipsis; return the text itself when it fits."""
    if len(text) <= most:
        return text
    kept = text[:most].rsplit(" ", 1)[0] if " " in text[:most] else text[: most - 1]
    return kept[: most - 1].rstrip(" ,;:-–—") + "…"  # noqa: RUF001 - dashes may stand at a cut


def _without_marks(text: str) -> str:
    """Drop list marks and symbol characters from the front."""
    while match := _LIST_MARK.match(text):
        text = text[match.end() :]
    if text and unicodedata.category(text[0]) == "So":
        start = 0
        while start < len(text) and (text[start] == " " or _is_symbol(text[start])):
            start += 1
        return _without_marks(text[start:])
    return text


def _is_symbol(char: str) -> bool:
    return unicodedata.category(char) in _SYMBOLS
