"""What an adapter does: turn the bytes of one source into fetched posts."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from digest.errors import DigestError
from digest.posts.post import FetchedPost


@dataclass(frozen=True, kw_only=True)
class Page:
    """One fetched body. ``url`` is where it was found after redirects; header names lower case."""

    url: str
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


class NoPost(StrEnum):
    """Why an entry that stands in a source is not among its posts."""

    SECTION = "page dated in the year 1"  # as Hugo dates sections, which are no posts
    NO_WORDS = "neither title nor text"
    NO_ADDRESS = "no usable address"
    REPEATED = "repeats another entry"
    BEYOND = "behind the last that one reading takes"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one reading of a source shows: its posts, and what the blog says of itself.

    ``left_out`` counts the entries that were read and are no posts, by the reason.
    ``next_url`` is where the list goes on (rel=next). ``count`` is how many posts the page says it
    has. ``shape`` names the structure in which the posts were found, so that a change of layout
    shows; both are None for sources that have no such thing.
    """

    posts: tuple[FetchedPost, ...]
    left_out: dict[NoPost, int] = field(default_factory=dict)
    title: str | None = None
    home: str | None = None
    language: str | None = None
    next_url: str | None = None
    count: int | None = None
    shape: str | None = None

    @property
    def entries(self) -> int:
        """How many entries stand in the source, posts or not."""
        return len(self.posts) + sum(self.left_out.values())


class UnreadableError(DigestError, ValueError):
    """The body is not what this adapter reads; ``state`` is the named state of the source."""

    def __init__(self, message: str, *, state: str) -> None:
        super().__init__(message)
        self.state = state


class Adapter(Protocol):
    """One kind of source."""

    def __call__(self, page: Page) -> Reading:
        """Parse the page, or raise `UnreadableError`."""
        ...
