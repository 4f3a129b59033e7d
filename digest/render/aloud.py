"""What a screen reader says of a mail, in its order: headings, links, rows, languages; pure.

By the rules that screen readers share (what is hidden is not said, tables for looks are none), not
by those of one of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_UNSAID = frozenset({"head", "style", "script", "title", "template"})
_BLOCKS = re.compile(
    "address|article|blockquote|body|br|caption|center|d[dlt]|div|footer|h[1-6r]|header|li|main|nav"
    "|ol|p|pre|section|table|tbody|t[dhr]|thead|ul"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FOR_LOOKS = frozenset({"presentation", "none"})
_HEADING = re.compile(r"h([1-6])")
# What takes no room and has no sound: fillers behind a preheader, marks of direction.
_SILENT = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

LANGUAGE, ROW, LINK, IMAGE, TABLE = "language", "row", "link", "image", "table"
_FACTS = "facts"  # a table that is no scaffold; only its caption and its rows are said


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One thing that is said; ``role`` is what it is called first ("heading 2, link"), or ""."""

    role: str
    words: str

    @property
    def line(self) -> str:
        """Both in a line."""
        return f"{self.role}: {self.words}" if self.role else self.words


def read_aloud(html: str) -> tuple[Spoken, ...]:
    """Return what is said of a mail, one thing after the other."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.pause()
    return tuple(reader.said)


def aloud_page(spoken: tuple[Spoken, ...]) -> str:
    """Show it as a list."""
    rows = "".join(
        f"<li>{f'<b>{escape(one.role)}</b> ' if one.role else ''}{escape(one.words)}</li>"
        for one in spoken
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Read aloud</title>'
        "<style>body{font:16px/1.5 sans-serif;margin:16px}b{color:#4a5262;font-size:.85em}"
        f"li{{margin:0 0 .4em;overflow-wrap:anywhere}}</style></head><body><ol>{rows}</ol></body>"
        "</html>"
    )


@dataclass(frozen=True, kw_only=True)
class _Element:
    """An open element: what it makes of the words in it."""

    tag: str
    language: str
    is_unsaid: bool
    role: str = ""


class _Reader(HTMLParser):
    """Walks through a mail and says what there is; `said` grows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[Spoken] = []
        self._open: list[_Element] = []
        self._words: list[str] = []
        self._row: list[str] | None = None  # the cells of a row of facts, while it is read
        self._language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; what stands before a block or a link is said by itself."""
        given = {name: value or "" for name, value in attrs}
        element = self._element(tag, given)
        if _BLOCKS.fullmatch(tag) or element.role:
            self.pause()
        if tag == "img" and not element.is_unsaid:
            self._say(IMAGE, given.get("alt", "(without a description)"), element.language)
        if tag in _VOID:
            return
        self._open.append(element)
        if element.role == LINK and not element.is_unsaid and (name := given.get("aria-label")):
            self._words.append(name)
            self.pause()
            self._open[-1] = replace(element, is_unsaid=True)  # its name stands for its words
        elif tag == "tr" and self._is_of_facts() and not element.is_unsaid:
            self._row = []

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and what was left open in it."""
        at = next((n for n in reversed(range(len(self._open))) if self._open[n].tag == tag), None)
        if at is None:
            return
        element = self._open[at]
        if _BLOCKS.fullmatch(tag) or element.role:
            self.pause()
        if tag == "tr" and self._row is not None and self._is_of_facts():
            row, self._row = self._row, None
            self._say(ROW, "; ".join(row), element.language)
        del self._open[at:]

    def handle_data(self, data: str) -> None:
        """Gather words that are not hidden."""
        if not (self._open and self._open[-1].is_unsaid):
            self._words.append(data)

    def pause(self) -> None:
        """Say what was gathered; a new thing begins."""
        words = " ".join(_SILENT.sub("", "".join(self._words)).split())
        self._words = []
        if not any(map(str.isalnum, words)):
            return  # a dot between two links
        if self._row is not None:
            self._row.append(words)
            return
        roles = dict.fromkeys(one.role for one in self._open if one.role not in {"", _FACTS})
        self._say(", ".join(roles), words, self._language_here())

    def _say(self, role: str, words: str, language: str) -> None:
        if not words:
            return
        if language and language != self._language:
            self._language = language
            self.said.append(Spoken(role=LANGUAGE, words=language))
        self.said.append(Spoken(role=role, words=words))

    def _element(self, tag: str, given: Mapping[str, str]) -> _Element:
        outer = self._open[-1] if self._open else None
        is_unsaid = (
            bool(outer and outer.is_unsaid)
            or tag in _UNSAID
            or given.get("aria-hidden", "").lower() == "true"
            or "hidden" in given
            or bool(_HIDDEN.search(given.get("style", "")))
        )
        language = given.get("lang") or self._language_here()
        return _Element(tag=tag, language=language, is_unsaid=is_unsaid, role=_role(tag, given))

    def _language_here(self) -> str:
        return self._open[-1].language if self._open else ""

    def _is_of_facts(self) -> bool:
        """Whether the innermost table holds facts, not looks."""
        tables = (one for one in reversed(self._open) if one.tag == "table")
        return next((one.role == _FACTS for one in tables), False)


def _role(tag: str, given: Mapping[str, str]) -> str:
    """Say what an element is called."""
    if heading := _HEADING.fullmatch(tag):
        return f"heading {heading[1]}"
    if tag == "table":
        return "" if given.get("role", "").lower() in _FOR_LOOKS else _FACTS
    if tag == "caption":
        return TABLE
    return LINK if tag == "a" and given.get("href") else ""
