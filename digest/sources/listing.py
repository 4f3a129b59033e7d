"""Reads a page that lists posts: from its repeated blocks, and from what it tells machines."""

from collections.abc import Iterable, Iterator

from digest.posts.post import FetchedPost
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.card import completed, posts_of
from digest.sources.dom import Document, parse
from digest.sources.element import Element
from digest.sources.head import Head, head_of
from digest.sources.mining import Found, mine, surroundings_of
from digest.sources.recipe import Recipe
from digest.sources.selected import cards_of
from digest.sources.state import State
from digest.sources.told import shown_later, told_by
from digest.sources.written import Reader, reader_of

_WEAK = 0.4  # of a score: another list that the page tells machines of is better evidence
_FEW_LETTERS = 100  # a date stands in a short text


def read(page: Page) -> Reading:
    """Return the posts of a listing page, or raise `UnreadableError`."""
    document = parse(page)
    head = head_of(document, headers=page.headers)
    posts, shape = _posts(document, head)
    return _reading(posts, head=head, page=page, shape=shape)


def read_with(page: Page, *, recipe: Recipe) -> Reading:
    """Return the posts that a recipe finds on a listing page, or raise `UnreadableError`."""
    document = parse(page)
    head = head_of(document, headers=page.headers)
    around = surroundings_of(
        document.root, base=head.base, page_url=page.url, reader=_reader(document, head)
    )
    cards = cards_of(document, recipe=recipe, around=around)
    posts = posts_of(cards, base=head.base, page_url=page.url)
    return _reading(posts, head=head, page=page, shape=f"recipe {recipe.post}")


def _reading(posts: tuple[FetchedPost, ...], *, head: Head, page: Page, shape: str) -> Reading:
    """Return the posts with the page's own facts; no posts are an error."""
    if not posts:
        raise UnreadableError(
            "the page has no list of posts; give the source its feed, or a recipe that fits",
            state=State.NO_POSTS,
        )
    return Reading(
        posts=posts,
        title=head.title,
        home=page.url,
        language=head.language,
        next_url=head.next_url,
        count=head.count,
        shape=shape,
    )


def _posts(document: Document, head: Head) -> tuple[tuple[FetchedPost, ...], str]:
    """Return the posts, and the structure that they were found in.

    What the page shows is the list; what it tells machines completes it, or stands in for it.
    """
    reader = _reader(document, head)
    around = surroundings_of(document.root, base=head.base, page_url=document.url, reader=reader)
    shown = mine(document.root, around=around)
    posts = _found(shown, document, head)
    told = [
        (_found(found, document, head), found.shape)
        for found in told_by(document, base=head.base, reader=reader)
    ]
    others, shape = max(told, key=lambda found: len(found[0]), default=((), ""))
    if others and (not posts or (shown.score < _WEAK and _are_others(posts, others))):
        return others, shape
    if not posts:
        later = shown_later(document, base=head.base, reader=reader)
        return _found(later, document, head), later.shape
    for known, _ in told:
        posts = completed(posts, known=known)
    return posts, shown.shape


def _found(found: Found, document: Document, head: Head) -> tuple[FetchedPost, ...]:
    return posts_of(found.cards, base=head.base, page_url=document.url)


def _are_others(posts: Iterable[FetchedPost], others: tuple[FetchedPost, ...]) -> bool:
    """Whether a list has at least two posts, and none of those that the page shows."""
    shown = {post.url for post in posts} | {post.title for post in posts}
    return len(others) > 1 and not any(o.url in shown or o.title in shown for o in others)


def _reader(document: Document, head: Head) -> Reader:
    return reader_of(language=head.language, texts=_short_texts(document.root))


def _short_texts(root: Element) -> Iterator[str]:
    for element in root.elements():
        for child in element.children:
            if isinstance(child, str) and len(child) < _FEW_LETTERS:
                yield child
