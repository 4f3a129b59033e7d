"""Parses a page into plain objects: once, bounded in size and depth, without recursion."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode
from w3lib.encoding import html_to_unicode

from digest.sources.adapter import Page, UnreadableError
from digest.sources.element import Element, root_of, vocabulary
from digest.sources.state import State

MOST_ELEMENTS = 30_000  # the rest of a page larger than any list of posts is left unread
DEEPEST = 250  # levels; what lies deeper belongs to no list
MOST_OPEN = 1_000  # the parser takes quadratic time over elements that are never closed

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^<>]*?(/?)>")
_NEVER_OPEN = vocabulary(  # void elements, and those that the next one closes
    "area base br col embed hr img input link meta param source track wbr"
    " p li dt dd tr td th thead tbody tfoot option colgroup"
)
_SILENT = vocabulary("style noscript template svg iframe object math")

Script = tuple[dict[str, str], str]
"""The attributes and the text of a script."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed page: its elements, and its scripts."""

    url: str
    root: Element
    scripts: tuple[Script, ...]
    _tree: LexborHTMLParser
    _places: dict[int, Element]

    def first(self, tag: str) -> Element | None:
        """Return the first element of this name."""
        return next((e for e in self.root.elements() if e.tag == tag), None)

    def select(self, selector: str) -> list[Element]:
        """Return the elements that a CSS selector finds, in document order."""
        found = (self._places.get(node.mem_id) for node in self._tree.css(selector))
        return sorted((e for e in found if e is not None), key=lambda element: element.start)


def parse(page: Page) -> Document:
    """Parse a page; raise `UnreadableError` where its nesting is an attack on parsers."""
    markup = _decoded(page).replace("\0", "\ufffd")
    _refuse_endless_nesting(markup)
    tree = LexborHTMLParser(markup)
    if tree.root is None:
        raise UnreadableError("the page is empty", state=State.NO_POSTS)
    root = root_of(str(tree.root.tag), _attributes(tree.root))
    places: dict[int, Element] = {}
    scripts = _copy(tree.root, root, places)
    return Document(url=page.url, root=root, scripts=tuple(scripts), _tree=tree, _places=places)


def _copy(top: LexborNode, root: Element, places: dict[int, Element]) -> list[Script]:
    """Copy all that a reader of the page may see, and return the scripts."""
    scripts: list[Script] = []
    stack: list[tuple[LexborNode | None, Element, int]] = [(top.child, root, 1)]
    while stack:
        node, parent, depth = stack.pop()
        if node is None:
            parent.close()
            continue
        stack.append((node.next, parent, depth))
        if node.is_text_node:
            parent.write(node.text_content or "")
        elif node.tag == "script":
            scripts.append((_attributes(node), node.text(deep=True)))
        elif _is_seen(node) and depth < DEEPEST and len(root.order) < MOST_ELEMENTS:
            element = parent.grow(str(node.tag), _attributes(node))
            places[node.mem_id] = element
            stack.append((node.child, element, depth + 1))
    return scripts


def _is_seen(node: LexborNode) -> bool:
    return bool(node.is_element_node) and node.tag not in _SILENT


def _attributes(node: LexborNode) -> dict[str, str]:
    return {name: value or "" for name, value in node.attributes.items()}


def _decoded(page: Page) -> str:
    """Return the text of a page: what is valid UTF-8 is, whatever the page says of itself."""
    try:
        return page.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _, decoded = html_to_unicode(page.headers.get("content-type"), page.content)
        return str(decoded)


def _refuse_endless_nesting(markup: str) -> None:
    depth = 0
    for closing, name, self_closing in _TAG.findall(markup):
        if self_closing or name.lower() in _NEVER_OPEN:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        if depth > MOST_OPEN:
            raise UnreadableError(
                f"more than {MOST_OPEN} elements lie in each other", state=State.MALFORMED
            )
