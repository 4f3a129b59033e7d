"""Goes on where the first page of a source ends: later pages of a list, and posts' own pages."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import islice
from types import MappingProxyType
from urllib.parse import urlsplit

from digest.http import Client, FetchError
from digest.limits import Count, CountOrNone
from digest.posts import hygiene
from digest.posts.post import FetchedPost, LookedUp
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.candidates import host_of
from digest.sources.guard import Parser
from digest.sources.state import State

POST = "post"  # the kind of a page that is one post


_STATES: Mapping[int, State] = MappingProxyType(
    {404: State.NOT_FOUND, 410: State.GONE, 429: State.RATE_LIMITED}
)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far one reading goes.

    ``pages`` of a list are read at most, the first included. ``completions`` posts at most are
    looked up on their own pages, because the list lacks their date or cuts their title.
    """

    pages: Count = 3
    completions: CountOrNone = 10


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How further pages of one source are asked for; ``pause`` comes first and may end it."""

    client: Client
    parser: Parser
    kind: str
    recipe: Mapping[str, str] | None
    pause: Callable[[], bool]

    def look(self, url: str, *, kind: str | None = None) -> Reading:
        """Read one more page, or raise `FetchError` or `UnreadableError`.

        A page that moved to another host is unreadable: its posts are another blog's.
        """
        response = self.client.get(url)
        if response.status != HTTPStatus.OK:
            raise UnreadableError(
                f"the site answered {response.status}", state=state_of(response.status)
            )
        if not _is_same_site(response.url, url):
            raise UnreadableError("it moved to another site", state=State.NO_POSTS)
        page = Page(url=response.url, content=response.content, headers=response.headers)
        return self.parser.parse(kind or self.kind, page, recipe=None if kind else self.recipe)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A reading with what the posts' own pages add; ``looked_up`` goes by the posts' addresses.

    ``is_whole`` is False when something that was wanted could not be read.
    """

    reading: Reading
    looked_up: Mapping[str, LookedUp]
    is_whole: bool


def state_of(status: int) -> State:
    """Return the state for an answer that is no page."""
    is_server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _STATES.get(status, State.SERVER_ERROR if is_server_error else State.HTTP_ERROR)


def go_on(
    first: Reading, walk: Walk, *, url: str, reach: Reach, is_known: Callable[[str], bool]
) -> Completed:
    """Follow the pages of a list and complete its posts; what fails never costs the first page.

    Raises `FetchError` or `UnreadableError` only where the first page has no posts itself.
    """
    followed, is_whole = follow(first, walk, url=url, most=reach.pages, is_known=is_known)
    completed = complete(followed, walk, url=url, most=reach.completions, is_known=is_known)
    return replace(completed, is_whole=completed.is_whole and is_whole)


def follow(
    first: Reading, walk: Walk, *, url: str, most: int, is_known: Callable[[str], bool]
) -> tuple[Reading, bool]:
    """Add the posts of the pages that follow, as long as each page brings one that is unknown.

    Also returns whether every page that was wanted could be read. Raises as `Walk.look` does when
    there is no post before the page that fails: an index of sitemaps has none itself.
    """
    seen, asked = {post.url for post in first.posts}, {url}
    posts, page, news = list(first.posts), first, first.posts
    for _ in range(most - 1):
        target = page.next_url
        if target is None or target in asked or not _is_same_host(target, url):
            break
        if (page.posts and all(is_known(post.url) for post in news)) or walk.pause():
            break
        asked.add(target)
        try:
            page = walk.look(target)
        except (FetchError, UnreadableError):
            if not posts:
                raise
            return replace(first, posts=tuple(posts)), False
        news = tuple(post for post in page.posts if post.url not in seen)
        seen.update(post.url for post in news)
        posts += news
    return replace(first, posts=tuple(posts), next_url=None), True


def complete(
    reading: Reading, walk: Walk, *, url: str, most: int, is_known: Callable[[str], bool]
) -> Completed:
    """Look posts up on their own pages, and fill in what the list lacks of them."""
    looked_up: dict[str, LookedUp] = {}
    # What is dear is asked last, and no more often than it can matter.
    wanting = list(
        islice(
            (
                post
                for post in reading.posts
                if _is_same_site(post.url, url) and not is_known(post.url) and is_incomplete(post)
            ),
            most + 1,
        )
    )
    for post in wanting[:most]:
        if walk.pause():
            break
        with suppress(FetchError, UnreadableError):
            found = walk.look(post.url, kind=POST)
            looked_up[post.url] = LookedUp(listed=post, page=found.posts[0])
    return Completed(
        reading=replace(reading, posts=tuple(_merged(reading.posts, looked_up))),
        looked_up=looked_up,
        is_whole=len(looked_up) == len(wanting),
    )


def is_incomplete(post: FetchedPost) -> bool:
    """Whether a post's own page would tell what the list does not: its date, its whole words."""
    is_dated = post.published_at or post.published_on
    return not is_dated or not post.title or hygiene.examined(post).wants_page


def filled(post: FetchedPost, page: FetchedPost) -> FetchedPost:
    """Return the post with what it lacks taken from its own page; what it has stays.

    A cut title is replaced only by one that begins with it: the page may be another post's.
    """
    examined = hygiene.examined(post)
    done = hygiene.complete(examined, page=page)
    is_cut = examined.held is not None and done.held is None
    is_dated = post.published_at or post.published_on
    return replace(
        post,
        title=done.title if is_cut else post.title or page.title,
        summary=(done.summary if examined.wants_page else post.summary) or page.summary,
        author=post.author or page.author,
        tags=post.tags or page.tags,
        language=post.language or page.language,
        published_at=post.published_at if is_dated else page.published_at,
        published_on=post.published_on if is_dated else page.published_on,
        dated_by=post.dated_by if is_dated else page.dated_by,
        words=post.words or page.words,
        minutes=post.minutes or page.minutes,
        examined=None,
    )


def _merged(
    posts: tuple[FetchedPost, ...], looked_up: Mapping[str, LookedUp]
) -> Iterator[FetchedPost]:
    for post in posts:
        own = looked_up.get(post.url)
        yield filled(post, own.page) if own else post


def _is_same_host(one: str, other: str) -> bool:
    a, b = urlsplit(one), urlsplit(other)
    return (a.hostname, a.port) == (b.hostname, b.port)


def _is_same_site(one: str, other: str) -> bool:
    """Whether one host is the other, or lies below it."""
    a, b = host_of(one), host_of(other)
    return a == b or a.endswith(f".{b}") or b.endswith(f".{a}")
