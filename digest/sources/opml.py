"""Reads and writes OPML, the lists in which feed readers exchange their sources; pure.

Many of these lists are no XML that a parser takes: a bare ``&`` in an address is enough. So only
what matters is read, the outlines, one by one, with the line on which each stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from xml.sax.saxutils import quoteattr

from digest.posts.identity import canonical_link
from digest.sources.links import usable_link
from digest.sources.text import clean, cut, title_text

LONGEST_NAME = 100  # characters
_NAMESPACE = "urn:digest:source"
# No outline reaches into the next one, whatever quotes are left open in it: so a broken line costs
# no other line, and the time is linear. Where the quotes do not pair, it ends at the next ">".
_QUOTED = (
    r"""(?:[^>"'<]|<(?!/?outline)|"(?:[^"<]|<(?!/?outline))*+"|'(?:[^'<]|<(?!/?outline))*+')*+"""
)
_PIECE = re.compile(
    rf"<!--(?:.*?-->|.*)|<(/?)outline(?=[\s/>])({_QUOTED}(?=>)|[^<>]*+(?=>))>",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, kw_only=True)
class Outline:
    """One line of a list that names a source, or fails to.

    ``url`` is what to read, and ``home`` the blog's own page. ``trouble`` says why the line cannot
    be followed; ``double_of`` is the line that names the same address better or earlier.
    """

    line: int
    name: str
    url: str
    kind: str = "feed"
    home: str = ""
    topic: str | None = None
    trouble: str | None = None
    double_of: int | None = None


def read(content: bytes) -> list[Outline]:
    """Return the lines of a list that stand for sources, in its order.

    The folder around a line is its topic, unless one folder holds the whole list: that one is the
    list's own name. Of an address with http and with https the latter is kept.
    """
    lines = list(_lines(_text(content)))
    around = {path[:1] for path, _ in lines}
    if len(lines) > 1 and len(around) == 1 and around != {()}:
        lines = [(path[1:], attributes) for path, attributes in lines]
    return _without_doubles([_outline(path, attributes) for path, attributes in lines])


def write(outlines: Sequence[Outline], *, title: str) -> str:
    """Return a list that `read` and every feed reader take; sources stand in their topics."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:digest="{_NAMESPACE}">',
        f"  <head><title>{_escaped(title)}</title></head>",
        "  <body>",
    ]
    ordered = sorted(outlines, key=lambda one: (one.topic or "", one.name.casefold()))
    for topic, group in groupby(ordered, key=lambda one: one.topic):
        indent = "      " if topic else "    "
        named = [f"{indent}<outline {_attributes(one)}/>" for one in group]
        folder = f"    <outline text={_quoted(topic)}>" if topic else ""
        lines += [folder, *named, "    </outline>"] if topic else named
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _text(content: bytes) -> str:
    """Decode by the mark, by what the list says of itself, as UTF-8, or as what Windows writes."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    stated = _ENCODING.search(content)
    for encoding in ("utf-8", stated[1].decode("ascii") if stated else "cp1252"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Yield the folders around each line and its attributes (names in lower case)."""
    folders: list[str] = []
    line, seen = 1, 0
    for piece in _PIECE.finditer(text):
        if piece[2] is None:
            continue
        line, seen = line + text.count("\n", seen, piece.start()), piece.start()
        if piece[1]:
            del folders[-1:]
            continue
        is_closed = piece[2].rstrip().endswith("/")
        attributes = {name.lower(): _value(a or b) for name, a, b in _ATTRIBUTE.findall(piece[2])}
        attributes["line"] = str(line)
        if is_closed or attributes.get("xmlurl"):
            yield tuple(filter(None, folders)), attributes
        if not is_closed:
            folders.append(_name(attributes))


def _value(raw: str) -> str:
    """Decode the entities of XML; any other "&" is one that nobody escaped."""
    return _ENTITY.sub(_character, raw).strip()


def _character(entity: re.Match[str]) -> str:
    if entity[1]:
        return _ENTITIES[entity[1]]
    code = int(entity[2]) if entity[2] else int(entity[3], 16)
    return chr(code) if 0 < code <= _LAST_CHARACTER else ""


def _name(attributes: dict[str, str]) -> str:
    raw = attributes.get("text") or attributes.get("title") or ""
    return cut(title_text(raw), length=LONGEST_NAME)


def _outline(folders: tuple[str, ...], attributes: dict[str, str]) -> Outline:
    home = _address(attributes.get("htmlurl"))
    stated = attributes.get("xmlurl") or attributes.get("url") or ""
    url = _address(stated)
    topic = cut(clean(attributes.get("digest:topic", "")), length=LONGEST_NAME)
    outline = Outline(
        line=int(attributes["line"]),
        name=_name(attributes),
        url=url,
        kind=_kind(attributes),
        home=home,
        topic=topic or (folders[-1] if folders else None),
    )
    if url:
        return outline
    if stated:
        return replace(outline, url=cut(clean(stated), length=200), trouble="is no web address")
    cure = f"; try: digest source add {home}" if home else ""
    return replace(outline, trouble=f"has no address of a feed{cure}")


def _kind(attributes: dict[str, str]) -> str:
    """Return the kind: ours where we wrote it, else a feed; a mere link is a page."""
    if stated := attributes.get("digest:kind"):
        return stated
    return "feed" if attributes.get("xmlurl") or not attributes.get("url") else "listing"


def _address(text: str | None) -> str:
    """Return a web address, or nothing; ``feed:`` is what some readers write before one."""
    address = re.sub(r"^feed:(?://)?(?=https?:)|^feed(?=://)", "", (text or "").strip())
    address = f"http{address}" if address.startswith("://") else address
    return usable_link(address, base=address, page_url=address) or ""


def _without_doubles(outlines: list[Outline]) -> list[Outline]:
    best: dict[str, Outline] = {}
    for outline in outlines:
        if outline.trouble:
            continue
        held = best.setdefault(canonical_link(outline.url), outline)
        if held.url.startswith("http:") and outline.url.startswith("https:"):
            best[canonical_link(outline.url)] = outline
    return [
        outline
        if outline.trouble or (kept := best[canonical_link(outline.url)]) is outline
        else replace(outline, double_of=kept.line)
        for outline in outlines
    ]


def _attributes(outline: Outline) -> str:
    address = {"type": "rss", "xmlUrl": outline.url}
    if outline.kind != "feed":
        address = {"type": "link", "url": outline.url, "digest:kind": outline.kind}
    values = {
        "text": outline.name,
        "title": outline.name,
        **address,
        "htmlUrl": outline.home,
        "digest:topic": outline.topic or "",
    }
    return " ".join(f"{name}={_quoted(value)}" for name, value in values.items() if value)


def _quoted(value: str) -> str:
    return quoteattr(clean(value))


def _escaped(value: str) -> str:
    return clean(value).replace("&", "&amp;").replace("<", "&lt;")
