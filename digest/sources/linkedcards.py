"""Finds the titles in links around whole cards, where often no markup tells them from the rest."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from digest.sources.element import Element, vocabulary

_BLOCKS = vocabulary("div p section article ul ol dl figure table header footer")
_BOLD = re.compile(r"(?:^|[\s:_-])(?:(?:semi|extra)?bold|black|text-(?:lg|[2-9]?xl))(?:$|\s)")
_TITLE_WORDS = 3
_SENTENCE = 40  # characters
_LONG = 100  # characters that texts have on average, and titles do not
_DATE = 30  # characters
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OWN = 0.85  # of the texts in one place of all cards: with fewer of its own, it holds labels
_SEVERAL = 3  # cards that are built alike: places in them can be compared

Slot = tuple[int, str, str]
"""A place in a card: the number, the tag and the class names of an element with text."""


@dataclass(frozen=True, kw_only=True)
class LinkedCards:
    """What the links around whole cards of one page have in common.

    ``labels`` are the places that hold the same texts again and again: no titles. ``titles`` has
    the place of the title for cards that are built alike, by all their places.
    """

    labels: frozenset[Slot]
    titles: Mapping[tuple[Slot, ...], Slot]

    def title_in(self, anchor: Element) -> Element:
        """Return the title inside a link around a whole card; of a plain link, the link."""
        if not _is_card(anchor):
            return anchor
        leaves = _leaves(anchor)
        bold = (
            leaf
            for leaf in leaves.values()
            if _BOLD.search(leaf.get("class")) or leaf.tag in {"b", "strong"}
        )
        usual = self.titles.get(tuple(leaves))
        own = [leaf for slot, leaf in leaves.items() if slot not in self.labels]
        return (
            next(bold, None)
            or (leaves[usual] if usual else None)
            or _longest_before_text(own or [*leaves.values()])
            or anchor
        )


def linked_cards(root: Element) -> LinkedCards:
    """Compare all links around whole cards."""
    cards = [_leaves(e) for e in root.elements() if e.tag == "a" and _is_card(e)]
    texts: dict[Slot, list[str]] = defaultdict(list)
    alike: dict[tuple[Slot, ...], list[Mapping[Slot, Element]]] = defaultdict(list)
    for leaves in cards:
        alike[tuple(leaves)].append(leaves)
        for slot, leaf in leaves.items():
            texts[slot].append(leaf.text)
    labels = frozenset(slot for slot, shown in texts.items() if len(set(shown)) < _OWN * len(shown))
    titles = {
        slots: title
        for slots, found in alike.items()
        if len(found) >= _SEVERAL and (title := _title_slot(slots, found, labels=labels))
    }
    return LinkedCards(labels=labels, titles=titles)


def _title_slot(
    slots: Sequence[Slot], cards: Sequence[Mapping[Slot, Element]], *, labels: frozenset[Slot]
) -> Slot | None:
    """Return the place whose texts are the longest of those that are no sentences and no dates."""
    lengths = {
        slot: fmean(len(text) for text in texts)
        for slot in slots
        if slot not in labels
        and (texts := [leaves[slot].text for leaves in cards])
        and not _are_mostly(texts, _is_sentence)
        and not _are_mostly(texts, _is_date)
    }
    return max(
        (slot for slot, length in lengths.items() if length <= _LONG),
        key=lengths.__getitem__,
        default=None,
    )


def _is_card(anchor: Element) -> bool:
    return any(inner.tag in _BLOCKS for inner in anchor.elements())


def _leaves(anchor: Element) -> dict[Slot, Element]:
    """Return the elements with text of their own, each by its place in the card."""
    leaves = [
        inner
        for inner in anchor.elements()
        if any(isinstance(child, str) and child.strip() for child in inner.children)
    ]
    return {(n, leaf.tag, leaf.get("class")): leaf for n, leaf in enumerate(leaves)}


def _longest_before_text(leaves: Sequence[Element]) -> Element | None:
    """Return the title among texts that nothing tells apart: a label may stand before it.

    Behind it comes a text that is longer; what stands there is author and date.
    """
    long = [leaf for leaf in leaves if len(leaf.text.split()) >= _TITLE_WORDS]
    longest = max(long, key=lambda leaf: len(leaf.text), default=None)
    if longest is None:
        return next(iter(leaves), None)
    before = [leaf for leaf in long if leaf.start < longest.start and not _YEAR.search(leaf.text)]
    if _is_sentence(longest.text) and before:
        return max(before, key=lambda leaf: len(leaf.text))
    return long[0]


def _are_mostly(texts: Sequence[str], is_such: Callable[[str], bool]) -> bool:
    return 2 * sum(map(is_such, texts)) > len(texts)


def _is_sentence(shown: str) -> bool:
    return len(shown) > _SENTENCE and shown.endswith((".", "…", "!", "?", "。"))


def _is_date(shown: str) -> bool:
    return len(shown) <= _DATE and bool(_YEAR.search(shown))
