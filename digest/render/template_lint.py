"""Reads a theme's templates as they are written, and names faults by file and line.

The compiler passes over tags and attributes that it does not know, with all that is in them, and
what it cannot read it reports without a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.render.features import HEAD, INLINE, TAGS

_BOX = {"padding", "padding-top", "padding-bottom", "padding-left", "padding-right", "css-class"}
_GROUND = {"background-color", "border", "border-radius", "text-align", "direction"}
_FONT = {
    "align", "color", "container-background-color", "font-family", "font-size", "font-style",
    "font-weight", "letter-spacing", "line-height", "text-decoration", "text-transform",
}  # fmt: skip
# The MJML components that make sense in this mail, which has no pictures, with what they take.
MJML: dict[str, set[str]] = {
    "mjml": {"lang", "dir"},
    "mj-head": set(),
    "mj-title": set(),
    "mj-preview": set(),
    "mj-attributes": set(),
    "mj-all": _BOX | _GROUND | _FONT,
    "mj-class": _BOX | _GROUND | _FONT | {"name"},
    "mj-style": set(),
    "mj-breakpoint": {"width"},
    "mj-raw": set(),
    "mj-body": {"css-class", "width", "background-color"},
    "mj-wrapper": _BOX | _GROUND | {"full-width"},
    "mj-section": _BOX | _GROUND | {"full-width"},
    "mj-group": {"css-class", "width", "direction", "vertical-align", "background-color"},
    "mj-column": _BOX | _GROUND | {"width", "vertical-align", "inner-background-color"},
    "mj-text": _BOX | _FONT | {"height"},
    "mj-table": _BOX | _FONT | {"cellpadding", "cellspacing", "width", "table-layout", "role"},
    "mj-button": _BOX | _FONT | _GROUND | {"href", "inner-padding", "width", "title", "name"},
    "mj-divider": _BOX | {"border-color", "border-style", "border-width", "width", "align"},
    "mj-spacer": _BOX | {"height"},
}
_EVERYWHERE = {"class", "style", "lang", "dir", "role", "align", "aria-label", "id"}
_PICTURES = frozenset({"img", "mj-image", "mj-carousel", "mj-hero", "svg"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(
    r"""<(/?)([a-zA-Z][\w:-]*)((?:\s+[^\s=<>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?)*)\s*(/?)>"""
)
_ATTRIBUTE = re.compile(r"""([^\s=<>/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))?""")
_ADDRESS = re.compile(r"""https?://[^\s"'<>)]+|(?<=[("'])//[^\s"'<>)]+""")
_DECLARATION = re.compile(r"(?:^|[;{])\s*([\w-]+)\s*:[^{};]*(?=[;}]|$)")
_WRITTEN = " \ufffc "  # stands for what the template fills in


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong in a template."""

    name: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.name}:{self.line}: {self.message}"


@dataclass(frozen=True)
class _Tag:
    """One tag as written; values hold a mark where the template fills something in."""

    name: str
    attributes: dict[str, str]
    line: int
    closes: bool
    is_empty: bool


def check_source(source: str, *, name: str) -> Iterator[Fault]:
    """Check one template; ``name`` is what the faults call it, and says what it writes."""
    if name.endswith((".txt.j2", ".toml")):
        return
    if name.endswith(".css.j2"):
        rules = _TEMPLATE.sub(_filled, source)
        for line, message in (*_addresses(rules), *_properties(rules, is_head="head" in name)):
            yield Fault(name=name, line=line, message=message)
        return
    yield from _markup(source, name=name)


def _markup(source: str, *, name: str) -> Iterator[Fault]:
    text = _COMMENT.sub(_blank, _TEMPLATE.sub(_filled, source))
    tags = list(_tags(text))
    for tag in tags:
        if not tag.closes:
            for message in _of_tag(tag):
                yield Fault(name=name, line=tag.line, message=message)
    for line, message in (*_unbalanced(text), *_addresses(text), *_broken(text)):
        yield Fault(name=name, line=line, message=message)


def _of_tag(tag: _Tag) -> Iterator[str]:
    known = MJML.get(tag.name, TAGS.get(tag.name))
    if tag.name in _PICTURES:
        yield f"<{tag.name}>: this mail has no pictures; most clients hide them, so say it in words"
        return
    if known is None:
        yield f"<{tag.name}> is unknown: the compiler would drop it with all that is in it"
        return
    for attribute in tag.attributes:
        if _WRITTEN.strip() in attribute:
            continue
        if attribute not in (known if tag.name in MJML else known | _EVERYWHERE):
            yield f'<{tag.name}> has no attribute "{attribute}": it would be without effect'
    yield from _missing(tag)


def _missing(tag: _Tag) -> Iterator[str]:
    """Name what those who do not see the mail as it looks would miss."""
    if tag.name == "mjml" and not {"lang", "dir"} <= tag.attributes.keys():
        yield 'say the language: <mjml lang="{{ issue.language }}" dir="{{ issue.direction }}">'
    if tag.name == "table" and "role" not in tag.attributes and "class" not in tag.attributes:
        yield 'a table for layout needs role="presentation", one of data a class and a caption'
    if tag.name == "th" and "scope" not in tag.attributes:
        yield 'a heading cell needs scope="row" or scope="col"'
    if tag.name == "a" and "href" not in tag.attributes and "name" not in tag.attributes:
        yield "a link needs an address"


def _tags(text: str) -> Iterator[_Tag]:
    line, seen = 1, 0
    for match in _TAG.finditer(text):
        line, seen = line + text.count("\n", seen, match.start()), match.start()
        closing, name, attributes, slash = match.groups()
        yield _Tag(
            name=name.lower(),
            attributes={
                found[1].lower(): (found[2] or "").strip("\"'")
                for found in _ATTRIBUTE.finditer(attributes)
            },
            line=line,
            closes=bool(closing),
            is_empty=bool(slash) or name.lower() in _VOID,
        )


def _unbalanced(text: str) -> Iterator[tuple[int, str]]:
    """Find tags without their other half.

    Branches are not followed: each holds whole elements, or its tags look unbalanced.
    """
    opened: list[_Tag] = []
    for tag in _tags(text):
        if tag.is_empty:
            continue
        if not tag.closes:
            opened.append(tag)
        elif opened and opened[-1].name == tag.name:
            opened.pop()
        elif any(one.name == tag.name for one in opened):
            while (one := opened.pop()).name != tag.name:
                yield one.line, f"<{one.name}> is not closed before </{tag.name}>"
        else:
            yield tag.line, f"</{tag.name}> closes nothing"
    for one in opened:
        yield one.line, f"<{one.name}> is not closed"


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    """Find hosts: a template is given its addresses, so one written into it is somebody else's."""
    for match in _ADDRESS.finditer(text):
        host = urlsplit(match[0]).hostname
        line = text.count("\n", 0, match.start()) + 1
        yield (
            line,
            f"the host {host} is written into the template: a mail links posts and our pages",
        )


def _properties(rules: str, *, is_head: bool) -> Iterator[tuple[int, str]]:
    """Find properties that mail programs are not known to show, in a sheet of rules."""
    for match in _DECLARATION.finditer(rules):
        if match[1].lower() not in (HEAD if is_head else INLINE):
            line = rules.count("\n", 0, match.start(1)) + 1
            yield line, f'"{match[1]}" is not known to work in mail programs; leave it out'


def _broken(text: str) -> Iterator[tuple[int, str]]:
    """Find a "<" that begins no tag: the compiler gives up on it."""
    rest = re.sub(r"<style.*?</style>|<mj-style.*?</mj-style>", _blank, text, flags=re.DOTALL)
    for match in re.finditer("<", _TAG.sub(_blank, rest)):
        if not rest.startswith(("<!doctype", "<!DOCTYPE"), match.start()):
            line = text.count("\n", 0, match.start()) + 1
            yield line, 'this "<" begins no tag that can be read; write &lt; or look for a quote'


def _filled(match: re.Match[str]) -> str:
    """Stand in for what the template fills in, on as many lines."""
    mark = "" if match[0].startswith("{#") or match[0].startswith("{%") else _WRITTEN
    return mark + "\n" * match[0].count("\n")


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
