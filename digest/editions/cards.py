"""Puts posts on one topic on one card, and names beside a post what was written before it; pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.posts.dating import effective_instant
from digest.posts.post import Decision, Post
from digest.posts.similarity import Corpus, Text, earlier, groups

MOST_TEXTS = 5_000  # that tell which words are rare; the newest are enough


@dataclass(frozen=True, kw_only=True)
class Card:
    """One place in an issue: a post, others on its topic, and an older one that it goes on from."""

    lead: Post
    also: tuple[Post, ...] = ()
    earlier: Post | None = None

    @property
    def posts(self) -> tuple[Post, ...]:
        """All its posts that are new, the leading one first."""
        return (self.lead, *self.also)


def arrange(
    chosen: Sequence[Post], *, others: Sequence[Post], mailed: Collection[int], before: datetime
) -> tuple[Card, ...]:
    """Lay the chosen posts out as cards, each where its first post stood.

    ``others`` are further known posts, ``mailed`` the ids of those that stood in earlier issues.
    Only what is dated ``before`` this moment is called earlier.
    """
    known = [post for post in others if _may_be_named(post) and _moment(post) < before]
    known = sorted(known, key=lambda post: (_moment(post), post.id), reverse=True)[:MOST_TEXTS]
    shelf = _Shelf(chosen=chosen, known=known, mailed=mailed)
    return tuple(
        Card(lead=lead, also=tuple(also), earlier=shelf.earlier(lead))
        for lead, *also in shelf.cards()
    )


class _Shelf:
    """The posts of one issue and the older ones, with what makes them comparable."""

    def __init__(
        self, *, chosen: Sequence[Post], known: Sequence[Post], mailed: Collection[int]
    ) -> None:
        self._chosen, self._known, self._mailed = chosen, known, mailed
        self._texts = {post.id: _text(post) for post in (*chosen, *known)}
        self._corpus = Corpus(self._texts.values())

    def cards(self) -> list[tuple[Post, ...]]:
        """Return each card's posts, the best first, in the order of the first that was chosen."""
        by_id = {post.id: post for post in self._chosen}
        card_of: dict[int, tuple[Post, ...]] = {post.id: (post,) for post in self._chosen}
        for ids in groups([self._texts[id_] for id_ in by_id], corpus=self._corpus):
            members = [by_id[id_] for id_ in ids]
            best = max(members, key=_length)  # the first of equals
            card = (best, *(post for post in members if post is not best))
            card_of.update(dict.fromkeys(ids, card))
        return [*dict.fromkeys(card_of[post.id] for post in self._chosen)]

    def earlier(self, post: Post) -> Post | None:
        """Return the nearest older post that readers had, or that has the same hand or house."""
        related = {
            other.id: other
            for other in self._known
            if other.id in self._mailed
            or other.source_id == post.source_id
            or (post.author and other.author == post.author)
        }
        among = [self._texts[id_] for id_ in related]
        found = earlier(self._texts[post.id], among=among, corpus=self._corpus)
        return related[found[0]] if found else None


def _text(post: Post) -> Text:
    return Text(
        id=post.id,
        title=post.title,
        summary=post.summary,
        tags=post.tags,
        source_id=post.source_id,
    )


def _may_be_named(post: Post) -> bool:
    is_fit = post.held is None and post.alarm is None and post.decision is not Decision.DROPPED
    return is_fit and bool(post.title)


def _length(post: Post) -> int:
    return (post.minutes or 0) if post.summary else -1


def _moment(post: Post) -> datetime:
    return effective_instant(
        published_at=post.published_at,
        published_on=post.published_on,
        first_seen_at=post.first_seen_at,
    )
