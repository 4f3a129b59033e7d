"""Tries a source out: how it is best read, and what it would bring; nothing is saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.http import Client, FetchError
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.discover import Found, discover, saved
from digest.sources.further import Reach, Walk, go_on
from digest.sources.guard import Parser
from digest.sources.preview import PreviewedPost, pace, preview
from digest.sources.state import State


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a source would bring, or the trouble with it; ``url`` is what was asked about."""

    url: str
    found: Found | None = None
    posts: Sequence[PreviewedPost] = ()
    pace: str = ""
    trouble: FetchError | UnreadableError | None = None

    @classmethod
    def of(cls, url: str, found: Found, reading: Reading, *, now: datetime) -> "Trial":
        """Return the trial of what was found."""
        posts = preview(reading)
        return cls(url=url, found=found, posts=posts, pace=pace(posts, now=now))

    @property
    def state(self) -> str:
        """Return the named state in which a first reading would end."""
        if self.trouble is not None:
            return str(self.trouble.state)
        return str(State.NEW_POSTS if self.posts else State.EMPTY)


def try_address(
    url: str,
    *,
    client: Client,
    parser: Parser,
    now: datetime,
    kind: str | None = None,
    recipe: Mapping[str, str] | None = None,
    pause: Callable[[], bool] = lambda: False,
) -> Trial:
    """Look for the posts behind an address, and read them as a poll would.

    ``pause`` is called before each request that goes on from the first page, and ends the reading
    when it returns True.
    """
    try:
        found = discover(url, client=client, parser=parser, kind=kind, recipe=recipe)
        walk = Walk(client=client, parser=parser, kind=found.kind, recipe=recipe, pause=pause)
        whole = go_on(
            found.reading, walk, url=found.page.url, reach=Reach(), is_known=lambda _: False
        )
    except (FetchError, UnreadableError) as error:
        return Trial(url=url, trouble=error)
    return Trial.of(url, found, whole.reading, now=now)


def try_saved(
    page: Page,
    *,
    parser: Parser,
    now: datetime,
    kind: str | None = None,
    recipe: Mapping[str, str] | None = None,
) -> Trial:
    """Read a page or feed that was saved before, without the network."""
    try:
        found = saved(page, parser=parser, kind=kind, recipe=recipe)
    except UnreadableError as error:
        return Trial(url=page.url, trouble=error)
    return Trial.of(page.url, found, found.reading, now=now)
