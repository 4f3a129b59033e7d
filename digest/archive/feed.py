"""A feed before it is written in a format; pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

MOST_ISSUES, MOST_POSTS = 20, 100  # in one feed; older ones are in the archive
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without items last changed


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item; ``id`` never changes, wherever the site moves. ``content`` is HTML, all else text.

    ``summary`` is one paragraph. The moments are aware, in whole seconds.
    """

    id: str
    url: str
    title: str
    published_at: datetime
    updated_at: datetime
    author: str
    language: str
    summary: str | None = None
    content: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A list of items, the newest first; ``home`` is the page it goes with, ``url`` its own."""

    id: str
    url: str
    home: str
    title: str
    subtitle: str
    author: str
    language: str
    items: tuple[Item, ...]

    @property
    def updated_at(self) -> datetime:
        """When it last changed."""
        return max((item.updated_at for item in self.items), default=NEVER)
