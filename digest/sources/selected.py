"""The posts of a page as the selectors of a recipe find them."""

from bisect import bisect_left
from dataclasses import dataclass, fields, replace

from digest.posts.origin import DateOrigin
from digest.sources.blocks import Block
from digest.sources.card import Card
from digest.sources.dates import Stated
from digest.sources.dom import Document
from digest.sources.element import Element
from digest.sources.facts import Facts, Surroundings
from digest.sources.recipe import Recipe

_TITLE = "h1, h2, h3, h4, h5, h6, a[href]"


@dataclass(frozen=True, kw_only=True)
class _Places:
    """What one selector found on the page, in document order."""

    found: list[Element]

    def within(self, card: Element) -> list[Element]:
        first = bisect_left(self.found, card.start, key=_start)
        return self.found[first : bisect_left(self.found, card.end, key=_start)]


def _start(element: Element) -> int:
    return element.start


def cards_of(document: Document, *, recipe: Recipe, around: Surroundings) -> tuple[Card, ...]:
    """Return the cards that the selectors find, in the order of the page."""
    parts = {
        item.name: _Places(found=document.select(selector))
        for item in fields(recipe)
        if (selector := getattr(recipe, item.name) or (_TITLE if item.name == "title" else ""))
    }
    cards = (
        _card(top, {name: places.within(top) for name, places in parts.items()}, around)
        for top in parts["post"].found
    )
    return tuple(card for card in cards if card is not None)


def _card(top: Element, parts: dict[str, list[Element]], around: Surroundings) -> Card | None:
    """Return one post, or None where it has no title or no link."""
    if not parts["title"]:
        return None
    block = Block(title=parts["title"][0], parts=(top,))
    facts = Facts(block=block, around=around)
    link = next((e.get("href") for e in parts.get("link", []) if e.get("href")), facts.link)
    card = facts.card(link=link)
    if card is None:
        return None
    stated = _stated(parts["date"], around) if "date" in parts else None
    told = {name: [element.text for element in found] for name, found in parts.items()}
    return replace(
        card,
        stated=stated if "date" in parts else card.stated,
        dated_by=DateOrigin.LIST_RECIPE if stated else card.dated_by,
        summary=" ".join(told["excerpt"]) if "excerpt" in told else card.summary,
        tags=tuple(told["tags"]) if "tags" in told else card.tags,
        author=", ".join(told["author"]) if "author" in told else card.author,
    )


def _stated(elements: list[Element], around: Surroundings) -> Stated:
    values = (
        value
        for element in elements
        for value in (element.get("datetime"), element.get("content"), element.text)
    )
    return next(filter(None, map(around.reader.stated, values)), None)
