"""What a person decided about an issue before its freeze, and how that is laid over it; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar

from digest.editions.cards import Card
from digest.editions.issue import IssuePost

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The decisions, each about posts by their ids.

    ``included`` come in although a rule keeps them out, ``skipped`` stay out. ``lead`` opens the
    issue. ``order`` is a person's: what is not in it comes after, as the rules have it. ``notes``
    are the editor's words under a post.
    """

    included: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    lead: int | None = None
    order: tuple[int, ...] = ()
    notes: Mapping[int, str] = field(default_factory=dict)

    def including(self, post_id: int) -> Self:
        """Have a post in it, whatever kept it out."""
        return replace(
            self,
            included=_with(self.included, post_id),
            skipped=_without(self.skipped, post_id),
        )

    def taking_back(self, post_id: int) -> Self:
        """Leave it to the rules again whether a post is in it."""
        return replace(
            self,
            included=_without(self.included, post_id),
            skipped=_without(self.skipped, post_id),
        )

    def skipping(self, post_id: int) -> Self:
        """Keep a post out of this issue."""
        return replace(
            self,
            included=_without(self.included, post_id),
            skipped=_with(self.skipped, post_id),
            lead=None if self.lead == post_id else self.lead,
        )

    def leading(self, post_id: int) -> Self:
        """Let a post open the issue."""
        return replace(self, lead=post_id)

    def ordered(self, post_ids: Iterable[int]) -> Self:
        """Put the posts in this order; the first one opens the issue."""
        order = tuple(dict.fromkeys(post_ids))
        return replace(self, order=order, lead=order[0] if order else None)

    def noting(self, post_id: int, words: str) -> Self:
        """Write a note under a post; none when there are no words."""
        others = {id_: note for id_, note in self.notes.items() if id_ != post_id}
        return replace(self, notes=others | ({post_id: words} if words else {}))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; `from_json` gives back equal decisions."""
        return {
            "included": list(self.included),
            "skipped": list(self.skipped),
            "lead": self.lead,
            "order": list(self.order),
            "notes": {str(id_): note for id_, note in self.notes.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild decisions from `to_json`; what is missing was not decided."""
        return cls(
            included=tuple(data.get("included", ())),
            skipped=tuple(data.get("skipped", ())),
            lead=data.get("lead"),
            order=tuple(data.get("order", ())),
            notes={int(id_): note for id_, note in data.get("notes", {}).items()},
        )


def lay_cards(cards: Sequence[Card], *, draft: Draft) -> tuple[Card, ...]:
    """Put cards in a person's order; where a post leads that shares a card, it leads its card."""
    led = [_led_by(card, draft.lead) for card in cards]
    return _arranged(led, draft=draft, ids=lambda card: [post.id for post in card.posts])


def lay_posts(posts: Sequence[IssuePost], *, draft: Draft) -> tuple[IssuePost, ...]:
    """Leave out what is skipped, and put the printed posts in a person's order."""
    kept = [post for post in posts if post.post_id not in draft.skipped]
    return _arranged(kept, draft=draft, ids=ids_of)


def noted(posts: Sequence[IssuePost], *, draft: Draft) -> tuple[IssuePost, ...]:
    """Write the notes under the posts; a card has one: of its first post that has one."""
    return tuple(
        replace(
            post,
            why=next((draft.notes[id_] for id_ in ids_of(post) if id_ in draft.notes), post.why),
        )
        for post in posts
    )


def ids_of(post: IssuePost) -> list[int]:
    """Return the ids of all new posts on a card, its leading one first."""
    return [post.post_id, *(one.post_id for one in post.also)]


def _arranged(
    items: Sequence[T], *, draft: Draft, ids: Callable[[T], Sequence[int]]
) -> tuple[T, ...]:
    place = {post_id: at for at, post_id in enumerate(draft.order)}
    last = len(place)

    def rank(item: T) -> tuple[bool, int]:
        known = ids(item)
        return draft.lead not in known, min(place.get(post_id, last) for post_id in known)

    return tuple(sorted(items, key=rank))  # equals stay as the rules have them


def _led_by(card: Card, lead: int | None) -> Card:
    found = next((post for post in card.also if post.id == lead), None)
    if found is None:
        return card
    return replace(card, lead=found, also=tuple(post for post in card.posts if post is not found))


def _with(ids: tuple[int, ...], post_id: int) -> tuple[int, ...]:
    return ids if post_id in ids else (*ids, post_id)


def _without(ids: tuple[int, ...], post_id: int) -> tuple[int, ...]:
    return tuple(id_ for id_ in ids if id_ != post_id)
