"""The values that a post is: as fetched from a source, and as we keep it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.posts.origin import DateOrigin


class Fitness(StrEnum):
    """What the examination of a post's words came to."""

    CLEAN = "clean"
    REPAIRED = "repaired"
    REPLACED = "replaced"
    HELD = "held"


@dataclass(frozen=True, kw_only=True)
class Examined:
    """Title and summary as they may be mailed.

    ``rules`` names what was repaired, in order. ``held`` says why a person has to look first.
    ``wants_page`` is True when the title or the text is cut, or too little of it is left: the
    post's own page would have it whole.
    """

    title: str
    summary: str | None
    fitness: Fitness
    rules: tuple[str, ...] = ()
    held: str | None = None
    wants_page: bool = False


@dataclass(frozen=True, kw_only=True)
class FetchedPost:
    """A post as one reading of a source shows it; text is plain text, never markup.

    ``guid`` is the source's own identifier when it gives one. ``url`` is absolute, http or https.
    ``published_at`` is an aware instant, in the zone that the source writes: its day is the day
    that readers of the source see. ``published_on`` is set instead when the source gives only a
    day (which must not be shifted through UTC); ``dated_by`` says where that was read. ``words``
    counts the post's text when the source carries it whole; ``minutes`` is the reading time that
    the source states, believed or not. ``examined`` is what hygiene makes of just this title and
    summary, where the process that parsed them has asked; who changes the words takes it away.
    """

    url: str
    title: str
    guid: str | None = None
    summary: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    published_at: datetime | None = None
    published_on: date | None = None
    dated_by: DateOrigin | None = None
    words: int | None = None
    minutes: int | None = None
    examined: Examined | None = None


@dataclass(frozen=True, kw_only=True)
class LookedUp:
    """A post as the list shows it, and as its own page does."""

    listed: FetchedPost
    page: FetchedPost


class Decision(StrEnum):
    """What an operator decided about one post; no reading of its source changes that."""

    TAKEN = "taken"
    EDITED = "edited"
    DROPPED = "dropped"


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post as we keep it, with the name of its source.

    ``baseline`` is True when the post stood there already at the first reading of its source.
    ``held`` says why its words may not be mailed (``None``: they may). ``alarm`` names what was
    wrong with the reading that brought it, while that stands in quarantine. ``freed_at`` is when
    nothing kept it back any more: before that, no issue could have it.
    """

    id: int
    source_id: int
    source: str
    url: str
    title: str
    first_seen_at: datetime
    baseline: bool = False
    summary: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    topic: str | None = None
    language: str | None = None
    minutes: int | None = None
    published_at: datetime | None = None
    published_on: date | None = None
    held: str | None = None
    alarm: str | None = None
    decision: Decision | None = None
    freed_at: datetime | None = None

    @property
    def named(self) -> str:
        """How people are told of it: by more than its title, for two may have one."""
        return f"{self.title or self.url!r} (post {self.id}, {self.source})"
