"""The lists of posts that a page tells machines of: JSON-LD, a framework's data, Next.js rows."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from digest.posts.origin import DateOrigin
from digest.sources import flight, structured
from digest.sources.addresses import Addresses, addresses_of
from digest.sources.card import Card
from digest.sources.dom import Document
from digest.sources.mining import Found, mine, surroundings_of
from digest.sources.objects import post_lists
from digest.sources.written import Reader

_ORIGINS = {
    "ld": DateOrigin.LIST_JSON_LD,
    "data": DateOrigin.LIST_DATA,
    "flight": DateOrigin.LIST_FLIGHT,
}


def told_by(document: Document, *, base: str, reader: Reader) -> list[Found]:
    """Return every list that stands in the page's scripts, the surest kind first."""

    @cache  # few pages tell of posts by their slugs only, and some have a thousand links
    def addresses() -> Addresses:
        anchors = (e.get("href") for e in document.root.elements() if e.tag == "a")
        return addresses_of(anchors, base=base)

    kinds = {
        "ld": list(structured.graphs(document)),
        "data": list(structured.page_data(document)),
        "flight": list(flight.rows(document).values()),
    }
    return [
        Found(cards=_from(_ORIGINS[kind], posts.cards), shape=f"{kind} {posts.path}".strip())
        for kind, values in kinds.items()
        for value in values
        for posts in post_lists(value, reader=reader, link_of=lambda slug: addresses().of(slug))
    ]


def shown_later(document: Document, *, base: str, reader: Reader) -> Found:
    """Return the posts that scripts will show: React's elements wait in the flight payload."""
    tree = flight.tree(flight.rows(document))
    around = surroundings_of(tree, base=base, page_url=document.url, reader=reader)
    found = mine(tree, around=around)
    cards = _from(DateOrigin.LIST_FLIGHT, found.cards)
    return Found(cards=cards, shape=f"flight {found.shape}", score=found.score)


def _from(origin: DateOrigin, cards: Iterable[Card]) -> tuple[Card, ...]:
    return tuple(replace(card, dated_by=origin) if card.stated else card for card in cards)
