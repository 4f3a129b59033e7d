"""Finds the text of a post on its own page, without what stands around it."""

from collections import defaultdict

from digest.sources import roles
from digest.sources.element import Element, text_of

_PARAGRAPHS = frozenset({"p", "pre", "li", "blockquote"})


def body_of(root: Element) -> Element | None:
    """Return the element whose own paragraphs hold most of the page's text."""
    letters: dict[int, int] = defaultdict(int)
    for element in root.elements():
        parent = element.parent
        if element.tag in _PARAGRAPHS and parent is not None:
            letters[parent.start] += len(element.text)
            if parent.parent is not None:  # a section of the body, more often than not
                letters[parent.parent.start] += len(element.text) // 2
    best = max(
        (e for e in root.elements() if e.start in letters and not roles.is_outside(e)),
        key=lambda element: letters[element.start],
        default=None,
    )
    return _whole(best) if best is not None else None


def words_of(body: Element) -> str:
    """Return the text of a body, without its head, and without navigation and the like in it."""
    inner = [element for element in body.elements() if element is not body]
    beside = [e for e in inner if e.tag in {"h1", "header"} or roles.is_beside(e)]
    return text_of([body], without=beside)


def _whole(best: Element) -> Element:
    """Return the article around the element, if there is one: sections may part its text."""
    for around in (best, *best.ancestors()):
        if around.tag == "article" or "articleBody" in around.get("itemprop"):
            return around
        if around.tag in {"main", "body"}:
            break
    return best
