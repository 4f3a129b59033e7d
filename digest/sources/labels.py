"""Reads the small things around a title: tags, author, reading time."""

import re
from collections.abc import Iterator, Sequence

from digest.sources import roles
from digest.sources.blocks import Block
from digest.sources.element import Element, text_of, vocabulary
from digest.sources.written import Reader, plain_digits

_LONGEST_TAG = 60  # characters
_LONGEST_NAME = 120
_MINUTES = re.compile(
    r"(\d{1,3})\s*(?:[-–~]\s*\d{1,3}\s*)?\+?\s*"  # noqa: RUF001 - a range as written
    r"(?:min|мин|分(?![类類享组組支页頁])|분|דק|دقيقة|دقائق|دقیقه|menit|dk\b|dakika|phút)(?!\w*\s+(?:ago|назад|前))",
    re.IGNORECASE,
)
_BY = re.compile(
    r"^\W*(?:(?:posted|written|published)\s+)?(?:by|von|par|por|di|door|authors?|autor|autoren|auteur|作者|著者)\b\s*:?\s*(?=\S)",
    re.IGNORECASE,
)
_DAY_BEHIND = re.compile(r"\s*(?:,|\b(?:on|am|le|el|em|il|op))\s+(?=[^,]*\d).*$", re.IGNORECASE)
_NAME_WORDS = 7  # of several people
_COMMA = re.compile(r"[,،、;]")
_LINES = vocabulary("p div footer span li dd small td")
_EDGES = " ,·•|-–—"  # noqa: RUF001 - as written
_SEPARATOR = re.compile(r"\s*[·•|‧]\s*")
_NO_TAG = re.compile(
    r"^(?:featured(?: posts?)?|pinned|sticky|new|latest|in|by|on|and|tags?|categor(?:y|ies)"
    r"|posted in|tagged|topics?|read(?: more)?|(?:for )?members(?: only)?|public|\d+)$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"\d|https?:|^(?:by|von|read|in|on|updated|date)$", re.IGNORECASE)


def tags_of(block: Block, *, reader: Reader) -> Iterator[str]:
    """Give the tags and categories that the card shows, as written, without their "#"."""
    for element in block.elements:
        if block.title.holds(element) or element.unseen:
            continue
        if element.tag == "meta":
            if element.get("itemprop") == "keywords":
                yield from _parted(element.get("content"))
        elif _is_tag(block, element):
            for shown in _parted(element.text):
                if not (reader.day(shown) or minutes_in(shown)):
                    yield shown


def author_of(block: Block) -> str:
    """Return the names of the authors, empty where the card has none."""
    outside = [e for e in block.elements if not block.title.holds(e)]
    linked = [e for e in outside if e.tag == "a" and roles.is_author_link(e)]
    names = [e.text for e in linked]
    if not any(names):
        named = [e for e in outside if roles.is_author(e) and not e.holds(block.title)]
        inner = [e for e in named if "name" in e.names]
        names = next(
            ([shown] for e in (*inner, *named) if 0 < len(shown := _name_in(e)) <= _LONGEST_NAME),
            [],
        )
    if not any(names):
        names = list(_by_lines(outside))[:1]
    cleaned = (_BY.sub("", name).strip(_EDGES) for name in names)
    return ", ".join(dict.fromkeys(filter(None, cleaned)))


def minutes_in(shown: str) -> int | None:
    """Return the reading time that a text states."""
    found = _MINUTES.search(plain_digits(shown))
    return int(found[1]) if found else None


def _is_tag(block: Block, element: Element) -> bool:
    if element.tag == "a" and roles.is_label_link(element):
        return True
    if element.tag in roles.HEADINGS | {"time", "button"} or element.holds(block.title):
        return False
    has_children = any(isinstance(c, Element) and c.text for c in element.children)
    if has_children:
        return False
    return roles.has(element, roles.TAGS) or roles.is_pill(element) or _is_in_row_of_tags(element)


def _is_in_row_of_tags(element: Element) -> bool:
    """Whether this is one of the items of an element that is called "tags"."""
    row = element.parent
    while row is not None and row.tag in {"li", "span", "a"} and not roles.has(row, roles.TAGS):
        row = row.parent
    if row is None or not roles.has(row, roles.TAGS) or row.tag in {"section", "body", "main"}:
        return False
    links = any(inner.tag == "a" for inner in row.elements())
    return element.tag == "a" or (not links and element.tag in {"li", "span"})


def _parted(shown: str) -> Iterator[str]:
    for part in _COMMA.split(shown):
        name = part.strip(" #·•|/").strip()
        if name and len(name) <= _LONGEST_TAG and not _NO_TAG.match(name):
            yield name


def _name_in(element: Element) -> str:
    """Return the name in an element that may show a date or a role beside it."""
    parts = [child for child in element.children if isinstance(child, Element) and child.text]
    own = "".join(child for child in element.children if isinstance(child, str)).strip()
    if len(parts) > 1 and not own:
        return _name_in(parts[0])
    times = [e for e in element.elements() if e.tag == "time"]
    shown = text_of([element], without=times)
    return next((part for part in _SEPARATOR.split(shown) if not _NO_NAME.search(part)), "")


def _is_name(shown: str) -> bool:
    """Whether a text behind "by" names people: "By using a cache, we ..." does not."""
    words = shown.split()
    is_lower = words[0][0].islower() and len(words) > 1 and not words[1][0].isupper()
    return len(words) <= _NAME_WORDS and not (is_lower or _NO_NAME.search(shown))


def _by_lines(elements: Sequence[Element]) -> Iterator[str]:
    """Give the names in "by Jane Doe", and in "May 5 · 4 min · Jane Doe" at a card's foot."""
    for element in elements:
        if element.tag not in _LINES or len(element.text) > _LONGEST_NAME:
            continue
        parts = _SEPARATOR.split(element.text)
        own = (child.strip() for child in element.children if isinstance(child, str))
        for part in (*parts, *own):
            found = _BY.match(part)
            name = _DAY_BEHIND.sub("", part[found.end() :]) if found else ""
            if name and _is_name(name):
                yield name
        if len(parts) > 1 and element.tag == "footer" and not _NO_NAME.search(parts[-1]):
            yield parts[-1]
