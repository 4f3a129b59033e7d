"""One post as a page shows it, and how the cards of a page become fetched posts; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources.dates import Stated, settle
from digest.sources.entry import MOST_POSTS, language_tag
from digest.sources.links import usable_link
from digest.sources.text import SUMMARY_LENGTH, body_text, cut, title_text

_MOST_TAGS, _LONGEST_NAME = 20, 100
_AUTHOR_LENGTH = 300
_LONGEST_READ = 600  # minutes; above, the number means something else


@dataclass(frozen=True, kw_only=True)
class Card:
    """One post in the page's own words; ``link`` may be relative, ``summary`` is plain text."""

    link: str
    title: str
    summary: str = ""
    stated: Stated = None
    dated_by: DateOrigin | None = None
    tags: tuple[str, ...] = ()
    author: str = ""
    minutes: int | None = None
    language: str | None = None
    words: int | None = None


def posts_of(cards: Sequence[Card], *, base: str, page_url: str) -> tuple[FetchedPost, ...]:
    """Return the posts of the cards in their order; one that is shown twice is one post."""
    dates = settle([card.stated for card in cards])
    found: dict[str, FetchedPost] = {}
    for card, stated in zip(cards, dates, strict=True):
        post = _post(card, stated, base=base, page_url=page_url)
        if post is not None:
            same = found.get(post.url)
            if same and _facts(post) > _facts(same):
                del found[post.url]  # it stood in a box of featured posts: the list has its place
            found[post.url] = united(same, post) if same else post
        if len(found) == MOST_POSTS:
            break
    return tuple(found.values())


def completed(
    posts: Iterable[FetchedPost], *, known: Sequence[FetchedPost]
) -> tuple[FetchedPost, ...]:
    """Return the posts with what is known of them from elsewhere, by address or by title."""
    by_url = {post.url: post for post in known}
    by_title = {post.title.casefold(): post for post in known}
    return tuple(
        united(post, same)
        if (same := by_url.get(post.url) or by_title.get(post.title.casefold()))
        else post
        for post in posts
    )


def united(first: FetchedPost, second: FetchedPost) -> FetchedPost:
    """Return one post of two sights of it: the first one's words, completed by the second's."""
    stated = first if _is_dated(first) else second
    return FetchedPost(
        url=first.url,
        title=_fuller(first.title, second.title),
        guid=first.guid or second.guid,
        summary=first.summary or second.summary,
        author=first.author or second.author,
        tags=first.tags or second.tags,
        language=first.language or second.language,
        published_at=stated.published_at,
        published_on=stated.published_on,
        dated_by=stated.dated_by,
        words=first.words or second.words,
        minutes=first.minutes or second.minutes,
    )


def _facts(post: FetchedPost) -> int:
    """Count what a card tells beside title and address: a box of featured posts tells less."""
    return _is_dated(post) + bool(post.summary)


def _is_dated(post: FetchedPost) -> bool:
    return bool(post.published_at or post.published_on)


def _fuller(first: str, second: str) -> str:
    """Return the other title only where the first one is its cut beginning."""
    beginning = first.rstrip(".… ")
    cut_off = beginning != first
    return (
        second if cut_off and len(second) > len(first) and second.startswith(beginning) else first
    )


def _post(card: Card, stated: Stated, *, base: str, page_url: str) -> FetchedPost | None:
    url = usable_link(card.link, base=base, page_url=page_url)
    title = title_text(card.title)
    if url is None or not title:
        return None
    return FetchedPost(
        url=url,
        title=title,
        summary=cut(body_text(card.summary), length=SUMMARY_LENGTH) or None,
        author=cut(title_text(card.author), length=_AUTHOR_LENGTH) or None,
        tags=names_of(card.tags),
        language=language_tag(card.language),
        published_at=stated if isinstance(stated, datetime) else None,
        published_on=None if isinstance(stated, datetime) else stated,
        dated_by=card.dated_by if stated else None,
        minutes=card.minutes if card.minutes and card.minutes < _LONGEST_READ else None,
        words=card.words,
    )


def names_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return tags as plain text, each once whatever its case."""
    names = (cut(title_text(text).lstrip("#").strip(), length=_LONGEST_NAME) for text in texts)
    unique: dict[str, str] = {}
    for name in names:
        if name:
            unique.setdefault(name.casefold(), name)
    return tuple(unique.values())[:_MOST_TAGS]
