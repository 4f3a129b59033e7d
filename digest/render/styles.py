"""Style rules written into the elements, learnt once for each kind of element."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from digest.render.inline import inline

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{[^{}]*\}")
# A name, or classes, or both: what an element matches whatever stands around it.
_PLAIN = re.compile(r"([a-z][a-z0-9]*)?(\.[A-Za-z_][\w-]*)*")
# A comment and a style block are one piece, so that nothing in them is taken for an element.
_PIECE = re.compile(
    r"""<!--.*?-->|<style\b.*?</style>|<([a-z][a-z0-9]*)((?:\s(?:"[^"]*"|[^"<>])*)?)>""", re.DOTALL
)
_CLASS = re.compile(r'\sclass="([^"]*)"')
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_LEARNT = re.compile(r'<[a-z0-9]+\b(?=[^>]*\sdata-kind="(\d+)")([^>]*)>')
_ROOT = frozenset({"html", "head", "body"})


class _Kind(NamedTuple):
    """What decides an element's style: its name, its classes, and the style it has already."""

    tag: str
    classes: str
    style: str


@dataclass(frozen=True, kw_only=True)
class StyleSheet:
    """Rules to be inlined. What an element of some kind gets is asked of premailer once, and kept.

    That is right only as long as no rule looks at an element's surroundings; a sheet with such a
    rule is inlined by premailer as a whole, every time. ``apply`` is premailer.
    """

    css: str
    apply: Callable[..., str] = inline
    learnt: dict[_Kind, str] = field(default_factory=dict, repr=False, compare=False)

    def inlined(self, html: str) -> str:
        """Return the HTML with the rules in its elements and its own style blocks untouched."""
        if not self._is_plain or "class='" in html or "style='" in html:
            return self.apply(html, css=self.css)
        kinds = {_kind(match) for match in _PIECE.finditer(html) if match[1]}
        wanted = {kind for kind in kinds if kind.classes or kind.tag in self._tags}
        if any(kind.tag in _ROOT for kind in wanted):
            return self.apply(html, css=self.css)
        self._learn(sorted(wanted - self.learnt.keys()))
        return _PIECE.sub(lambda match: self._styled(match, wanted), html)

    @cached_property
    def _selectors(self) -> list[str]:
        rules = _RULE.findall(_COMMENT.sub("", self.css))
        return [selector.strip() for rule in rules for selector in rule.split(",")]

    @cached_property
    def _is_plain(self) -> bool:
        is_nested = "@" in self.css
        return not is_nested and all(map(_PLAIN.fullmatch, self._selectors))

    @cached_property
    def _tags(self) -> set[str]:
        return {selector for selector in self._selectors if "." not in selector}

    def _learn(self, kinds: list[_Kind]) -> None:
        """Ask premailer about one element of each kind."""
        if not kinds:
            return
        body = "".join(_example(kind, number) for number, kind in enumerate(kinds))
        answer = self.apply(f"<!DOCTYPE html><html><body>{body}</body></html>", css=self.css)
        for number, attributes in _LEARNT.findall(answer):
            found = _STYLE.search(attributes)
            self.learnt[kinds[int(number)]] = found[1] if found else ""

    def _styled(self, match: re.Match[str], wanted: set[_Kind]) -> str:
        if not match[1]:
            return match[0]
        kind, attributes = _kind(match), match[2].removesuffix("/").rstrip()
        if kind in wanted:
            style = self.learnt[kind]
            attributes = _STYLE.sub("", attributes) + (f' style="{style}"' if style else "")
        return f"<{kind.tag}{attributes}>"


def _kind(match: re.Match[str]) -> _Kind:
    classes, style = _CLASS.search(match[2]), _STYLE.search(match[2])
    return _Kind(match[1], classes[1] if classes else "", style[1] if style else "")


def _example(kind: _Kind, number: int) -> str:
    """Write an element of a kind, where the parser of HTML leaves it alone."""
    attributes = f'class="{kind.classes}" style="{kind.style}" data-kind="{number}"'
    return f"<table><tr><{kind.tag} {attributes}></{kind.tag}></tr></table>"
