"""Finds the blocks that repeat on a page: titles that stand in the same place, and their cards.

A list of posts shows itself by its titles: many headings or links with the same path of elements
above them, each leading somewhere else. The card of a title is all around it that belongs to no
other title of the list, whether an element wraps it or not.
"""

import heapq
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from digest.sources import roles
from digest.sources.element import Element, text_of
from digest.sources.linkedcards import linked_cards

MOST_GROUPS = 60  # of one page; only a page that is made to be slow has more
_LONGEST_RUN = 40  # pieces after a bare title
_LONGEST_TITLE = 400  # characters
_BORDERS = frozenset({"html", "body", "main"})
_NEAR = 4  # pieces before a bare title, in which its date may stand
_CARDS = frozenset({"article", "tr"})
_CELLS = frozenset({"td", "th"})
_ENDS = frozenset({"nav", "footer", "form", "aside"})

_DATE = 30  # characters of a link that may be the date of a card
_SENTENCE = 40  # characters beside a link, more than a date or an author takes
_SEPARATOR = re.compile(r"\s*[.:–—|·-](?:\s|$)")  # noqa: RUF001 - dashes as written
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

Part = Element | str


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """A title and its card: the element around it, or the run of siblings that belong to it."""

    title: Element
    parts: tuple[Part, ...]

    @cached_property
    def top(self) -> Element:
        """The outermost element around the title that is all its own."""
        return next(p for p in self.parts if isinstance(p, Element) and p.holds(self.title))

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """All elements of the card, in document order."""
        parts = (part for part in self.parts if isinstance(part, Element))
        return tuple(element for part in parts for element in part.elements())

    @cached_property
    def anchors(self) -> tuple[Element, ...]:
        """All links of the card."""
        return tuple(element for element in self.elements if element.tag == "a")


def groups(root: Element) -> list[tuple[Block, ...]]:
    """Return the sets of blocks whose titles stand in the same place."""
    paths = _paths(root)
    found: dict[tuple[int, str], list[Element]] = defaultdict(list)
    candidates = list(_titles(root))
    for title in candidates:
        found[paths[title.start], _kind(title)].append(title)
    all_starts = sorted(title.start for title in candidates if title.tag in roles.HEADINGS)
    own = (_first_of_each_card(_without_labels(titles)) for titles in found.values())
    likely = heapq.nlargest(MOST_GROUPS, own, key=_likelihood)
    return [_blocks(titles, all_starts) for titles in likely]


def _without_labels(titles: Sequence[Element]) -> Sequence[Element]:
    """Leave out links that stand beside others again and again: to tags, to authors."""
    cards: dict[str, set[int]] = defaultdict(set)
    mates: Counter[int] = Counter()
    for title in titles:
        if title.tag == "a" and title.parent:
            cards[title.get("href")].add(title.parent.start)
            mates[title.parent.start] += 1
    return [
        title
        for title in titles
        if not title.parent or len(cards[title.get("href")]) < 2 or mates[title.parent.start] < 2  # noqa: PLR2004 - several
    ] or titles


def _first_of_each_card(titles: Sequence[Element]) -> Sequence[Element]:
    """Leave out links that follow one to the same post: its text and date may be links as well."""
    kept: list[Element] = []
    for title in titles:
        before = kept[-1] if kept else None
        if before is None or title.tag != "a" or title.get("href") != before.get("href"):
            kept.append(title)
        elif len(before.text) <= _DATE and _YEAR.search(before.text):
            kept[-1] = title
    return kept


def _likelihood(titles: Sequence[Element]) -> tuple[bool, int]:
    """Order groups by what costs nothing: headings and titles before links, many before few."""
    named = titles[0].tag in roles.HEADINGS or roles.has(titles[0], roles.TITLE)
    return named and len(titles) > 1, len(titles)


def _titles(root: Element) -> Iterator[Element]:
    """Give what could be a post's title: headings, links, and what is called a title."""
    heading_end = 0
    cards = linked_cards(root)
    for element in root.elements():
        if element.start < heading_end or element.unseen:
            continue
        if not _could_be_title(element):
            continue
        if element.tag in roles.HEADINGS:
            heading_end = element.end
        title = cards.title_in(element) if element.tag == "a" else _linked_part(element)
        if 0 < len(title.text) <= _LONGEST_TITLE:
            yield title


def _could_be_title(element: Element) -> bool:
    if element.tag in roles.HEADINGS:
        return True
    if element.tag == "a":
        return (
            roles.may_lead_to_post(element)
            and not _holds_heading(element)
            and not (roles.leads_on(element) or _is_in_sentence(element))
        )
    return (
        roles.has(element, roles.TITLE)
        and element.tag not in _BORDERS
        and not _holds_heading(element)
        and not any(child.tag == "a" for child in element.elements())
    )


def _is_in_sentence(anchor: Element) -> bool:
    """Whether a link is some words of a longer text, and not what the text begins with."""
    around = anchor.parent
    if around is None or around.tag not in {"p", "em", "strong", "blockquote", "figcaption"}:
        return False
    if len(text_of([around], without=[anchor])) <= _SENTENCE:
        return False
    place = around.children.index(anchor)
    before, behind = text_of(around.children[:place]), text_of(around.children[place + 1 :])
    is_first = not before or (len(before) <= _SENTENCE and _YEAR.search(before))
    return not (is_first and _SEPARATOR.match(behind))


def _linked_part(heading: Element) -> Element:
    """Return the link in a heading that shows date and tags beside it; otherwise the heading."""
    inner = [e for e in heading.elements() if e.tag == "a"]
    leading = [a for a in inner if roles.may_lead_to_post(a) and a.text]
    labels = [a for a in inner if roles.is_label_link(a)]
    if len(leading) != 1:
        return heading
    beside = text_of([heading], without=leading)
    return leading[0] if labels or _YEAR.search(beside) else heading


def _holds_heading(element: Element) -> bool:
    return any(
        inner.tag in roles.HEADINGS or roles.has(inner, roles.TITLE)
        for inner in element.elements()
        if inner is not element
    )


def _kind(title: Element) -> str:
    """Tell titles apart from others with the same path; a heading's level is kind enough."""
    if title.tag in roles.HEADINGS:
        return ""
    return " ".join(sorted(name for name in title.names if name.isalpha()))


def _paths(root: Element) -> dict[int, int]:
    """Give each path of element names a number; the same number is the same place.

    Each column of a table is a place of its own.
    """
    numbers: dict[tuple[int, str], int] = {}
    paths: dict[int, int] = {}
    columns: Counter[int] = Counter()
    for element in root.elements():
        above = paths[element.parent.start] if element.parent else 0
        place = element.tag
        if place in _CELLS and element.parent:
            place = f"{place} {columns[element.parent.start]}"
            columns[element.parent.start] += 1
        paths[element.start] = numbers.setdefault((above, place), len(numbers) + 1)
    return paths


def _blocks(titles: Sequence[Element], headings: Sequence[int]) -> tuple[Block, ...]:
    """Return the card of each title of a group."""
    starts = [title.start for title in titles] if len(titles) > 1 else headings
    climbs = [_climb(title, starts) for title in titles]
    usual = Counter(len(climb) for climb in climbs).most_common(1)[0][0]
    tops = [climb[min(usual, len(climb)) - 1] for climb in climbs]
    others = frozenset(id(top) for top in tops)
    return tuple(
        Block(title=title, parts=_run(top, title, others))
        for title, top in zip(titles, tops, strict=True)
    )


def _climb(title: Element, starts: Sequence[int]) -> list[Element]:
    """Return the elements around a title, itself first, that hold none of the other titles."""
    climbed = [title]
    own = bisect_left(starts, title.start)
    is_one_of_them = own < len(starts) and starts[own] == title.start
    for around in title.ancestors():
        held = bisect_left(starts, around.end) - bisect_left(starts, around.start)
        if around.tag in _BORDERS or held > is_one_of_them:
            break
        climbed.append(around)
        if around.tag in _CARDS:
            break
    return climbed


def _run(top: Element, title: Element, others: frozenset[int]) -> tuple[Part, ...]:
    """Return the card: its element, or where a bare title has none, what follows up to the next."""
    parent = top.parent
    is_bare = top.tag == "dt" or len(top.text) <= len(title.text)
    if parent is None or not is_bare:
        return (*_term_of(top), top)
    place = parent.children.index(top)
    following = _until_next(islice(parent.children, place + 1, place + _LONGEST_RUN), others)
    return (*_term_of(top), *_leading(parent.children, place, others), top, *following)


def _term_of(top: Element) -> Sequence[Element]:
    """Return the ``dt`` that a ``dd`` belongs to, if it is one: the date may stand there."""
    if top.tag != "dd" or top.parent is None:
        return ()
    before = top.parent.children[: top.parent.children.index(top)]
    terms = [part for part in before if isinstance(part, Element) and part.tag == "dt"]
    return terms[-1:]


def _leading(siblings: Sequence[Part], place: int, others: frozenset[int]) -> Iterable[Part]:
    """Give the text and date that stand directly before a bare title."""
    before: list[Part] = []
    for part in reversed(siblings[max(0, place - _NEAR) : place]):
        if isinstance(part, Element):
            if part.tag not in {"time", "span", "small", "b", "i", "em"} or id(part) in others:
                break
            before.append(part)
            break
        before.append(part)
    return reversed(before)


def _until_next(siblings: Iterable[Part], others: frozenset[int]) -> Iterator[Part]:
    for part in siblings:
        if isinstance(part, Element):
            if id(part) in others or part.tag in _ENDS | {"hr"} or roles.is_beside(part):
                return
            if any(inner.tag in roles.HEADINGS for inner in part.elements()):
                return
        yield part
