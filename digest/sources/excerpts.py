"""Finds the text under the title of a card, without labels and without "Read more"."""

import re
from collections.abc import Iterator, Sequence

from digest.sources import roles
from digest.sources.blocks import Block
from digest.sources.element import Element, text_of, vocabulary
from digest.sources.written import Reader

_LEAST = 12  # characters of a paragraph; shorter ones are labels
_LEAST_LOOSE = 50  # characters of a text that no markup says is an excerpt
_LABEL_LENGTH = 120  # characters; a longer element is no label, whatever it is called
_NAME_WORDS = 3
_SENTENCE_ENDS = (".", "!", "?", "…", ":", "。", "！", "？")  # noqa: RUF001 - as written
_BESIDE = 4  # characters between two links
_FOOT = 30  # characters beside links
_DATELINE = 60  # characters
_SEPARATORS = " .:;,|·–—-"  # noqa: RUF001 - between a title and its text, as they are printed
_ELLIPSIS = re.compile(r"\s*\[?\s*(?:…|\.\.\.)\s*\]?\s*$")
_LINK_TAIL = re.compile(r"\s*(?:[^\s:]+ ){0,4}[^\s:]*:\s*https?://\S+$")
_INLINE = vocabulary("a abbr b br cite code em i mark q s small span strong sub sup u")
_LABELS = frozenset({"time", "button", "figure", "figcaption", "nav", "footer", "pre", "select"})


def excerpt_of(block: Block, *, link: str, reader: Reader) -> str:
    """Return the excerpt as the page shows it, empty where there is none."""
    for candidates in (
        _described(block),
        _named(block, roles.EXCERPT),
        _named(block, roles.CONTENT),
    ):
        for shown in (_prose(block, found, link=link, reader=reader) for found in candidates):
            if shown and not (len(shown) <= _DATELINE and reader.day(shown)):
                return shown
    paragraphs = [
        e
        for e in block.elements
        if e.tag == "p"
        and not block.title.holds(e)
        and not (_is_label(block, e) or _is_dateline(e, reader) or _is_foot(e, link))
    ]
    shown = _prose(block, _without_names(paragraphs), link=link, reader=reader)
    return shown if len(shown) >= _LEAST else _longest(block, link=link, reader=reader)


def _without_names(paragraphs: Sequence[Element]) -> Sequence[Element]:
    """Leave out paragraphs of a few words beside whole sentences: they name author or section."""
    sentences = [e for e in paragraphs if len(e.text) >= _LEAST_LOOSE]
    if not sentences:
        return paragraphs
    return [
        e
        for e in paragraphs
        if len(e.text.split()) > _NAME_WORDS or e.text.endswith(_SENTENCE_ENDS)
    ]


def _described(block: Block) -> Iterator[list[Element | str]]:
    for element in block.elements:
        if element.tag == "meta" and element.get("itemprop") == "description":
            yield [element.get("content")]


def _named(block: Block, role: frozenset[str]) -> Iterator[list[Element | str]]:
    """Give what is called an excerpt; all paragraphs that are, where several are."""
    found = [
        e
        for e in block.elements
        if roles.has(e, role)
        and not roles.has(e, roles.PERSON)
        and not e.holds(block.title)
        and not block.title.holds(e)
        and e.tag != "meta"
        and not _is_label(block, e)
    ]
    for element in found:
        yield [element]


def _longest(block: Block, *, link: str, reader: Reader) -> str:
    """Return the longest text in the card that nothing says is an excerpt."""
    around = (*block.parts, *(block.top.children if block.top is not block.title else ()))
    loose = " ".join(" ".join(part for part in around if isinstance(part, str)).split())
    shown = [
        _prose(block, [element], link=link, reader=reader)
        for element in block.elements
        if not block.title.holds(element)
        and not element.holds(block.title)
        and not _is_label(block, element)
        and all(isinstance(child, str) or child.tag in _INLINE for child in element.children)
    ]
    longest = max((loose, *shown), key=len)
    return longest if len(longest) >= _LEAST_LOOSE else ""


def _prose(block: Block, parts: Sequence[Element | str], *, link: str, reader: Reader) -> str:
    """Return the text of elements without titles, labels and the link to the post."""
    inner = [e for part in parts if isinstance(part, Element) for e in part.elements()]
    inner = [e for e in inner if not block.title.holds(e)]
    mores = [e for e in inner if e.tag == "a" and _is_more(e, link)]
    labels = [
        e
        for e in inner
        if e not in parts and (_is_small_label(e) or (e.tag in _INLINE and _is_dateline(e, reader)))
    ]
    own = [piece for part in parts for piece in _behind(part, block.title)]
    shown = text_of(own, without=[*mores, *labels]).lstrip(_SEPARATORS)
    shown = _LINK_TAIL.sub("", shown)
    return _ELLIPSIS.sub("", shown) if mores else shown


def _behind(part: Element | str, title: Element) -> Sequence[Element | str]:
    """Return what stands behind the title in an element that holds it; otherwise the element."""
    if isinstance(part, str) or not part.holds(title):
        return () if isinstance(part, Element) and title.holds(part) else [part]
    behind: list[Element | str] = []
    around = title
    while around is not part and around.parent is not None:
        siblings = around.parent.children
        behind += siblings[siblings.index(around) + 1 :]
        around = around.parent
    return behind


def _is_more(anchor: Element, link: str) -> bool:
    """Whether a link only leads on to the post; a word of the text may link there as well."""
    return roles.leads_on(anchor) and (
        anchor.get("href").strip().partition("#")[0] == link.partition("#")[0]
        or roles.has(anchor, roles.MORE)
    )


def _is_small_label(element: Element) -> bool:
    if element.tag in _LABELS:
        return True
    named = roles.has(element, roles.DATE | roles.TAGS | roles.AUTHOR | roles.META)
    return named and element.tag not in {"section", "p"} and len(element.text) <= _LABEL_LENGTH


def _is_dateline(paragraph: Element, reader: Reader) -> bool:
    shown = paragraph.text
    return len(shown) <= _DATELINE and reader.day(shown) is not None


def _is_foot(paragraph: Element, link: str) -> bool:
    """Whether a paragraph is a row of links to comments and the like."""
    links = [e for e in paragraph.elements() if e.tag == "a"]
    if not links or any(a.get("href").strip() == link for a in links):
        return False
    return len(text_of([paragraph], without=links)) <= _FOOT


def _is_label(block: Block, element: Element) -> bool:
    """Whether an element is, or lies in, one of the small things around a title."""
    if element.tag == "p" and _is_only_labels(element):
        return True
    for around in (element, *element.ancestors()):
        if around.holds(block.title) or not any(
            part.holds(around) for part in block.parts if isinstance(part, Element)
        ):
            return False
        if around.tag in _LABELS or (
            roles.has(around, roles.DATE | roles.TAGS | roles.AUTHOR | roles.META)
            and not roles.has(around, roles.EXCERPT)
            and len(around.text) <= _LABEL_LENGTH
        ):
            return True
    return False


def _is_only_labels(paragraph: Element) -> bool:
    """Whether a paragraph holds nothing but links to tags or authors."""
    if any(e.tag == "a" and roles.is_author_link(e) for e in paragraph.ancestors()):
        return True
    links = [e for e in paragraph.elements() if e.tag == "a"]
    labels = [a for a in links if roles.is_label_link(a) or roles.is_author_link(a)]
    return bool(labels) and len(text_of([paragraph], without=labels)) <= _BESIDE * len(labels)
