"""Puts sources on the shelf of those that are followed, each once, under names of their own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.errors import UsageError
from digest.posts.identity import canonical_link
from digest.sources.discover import FEED, KINDS
from digest.sources.opml import LONGEST_NAME, Outline
from digest.tables import SourceRow

_LONGEST_URL = 2048
_ROOM_FOR_NUMBER = 5  # characters
_GENERIC = frozenset({"", "feed", "feeds", "rss", "rss2", "atom", "index", "feed-xml"})


@dataclass(frozen=True, kw_only=True)
class AddedSource:
    """A source that is followed now; ``new`` is False when it was there already."""

    name: str
    url: str
    new: bool


@dataclass(frozen=True, kw_only=True)
class NewSource:
    """A source to be followed; without a name it is named after its page, or its address."""

    url: str
    kind: str = FEED
    name: str | None = None
    page: str | None = None
    topic: str | None = None


def refuse_unfit(urls: Iterable[str], *, names: Iterable[str | None] = ()) -> None:
    """Raise `UsageError` for what is no web address, and for names that are empty or too long."""
    for url in urls:
        _refuse_no_address(url)
    for word in names:
        if word is not None and not 0 < len(word.strip()) <= LONGEST_NAME:
            raise UsageError(f"--name and --topic take 1 to {LONGEST_NAME} characters")


class Shelf:
    """The sources that are followed, and those that join them in one transaction."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self._session, self._now = session, now
        rows = session.execute(select(SourceRow.name, SourceRow.url)).all()
        self._names = {name for name, _ in rows}
        self._followed = {canonical_link(url): name for name, url in rows}

    def follow(self, source: NewSource) -> AddedSource:
        """Follow a source; raises `UsageError` when the name that it was given is taken."""
        key = canonical_link(source.url)
        if key in self._followed:
            return AddedSource(name=self._followed[key], url=source.url, new=False)
        if source.name in self._names:
            raise UsageError(f"a source is named {source.name!r} already; choose another --name")
        name = source.name or self._free(_name_of(source.page or source.url))
        self._session.add(
            SourceRow(
                name=name, url=source.url, kind=source.kind, topic=source.topic, added_at=self._now
            )
        )
        self._names.add(name)
        self._followed[key] = name
        return AddedSource(name=name, url=source.url, new=True)

    def take(self, outline: Outline) -> str:
        """Follow what a line of a list names; say what became of it."""
        if outline.double_of is not None:
            return f"double of line {outline.double_of}"
        if outline.trouble is None and outline.kind not in KINDS:
            return f"refused: nothing reads sources of kind {outline.kind!r}"
        if outline.trouble is not None:
            return f"refused: it {outline.trouble}"
        source = NewSource(
            url=outline.url,
            kind=outline.kind,
            name=self._free(outline.name) if outline.name else None,
            topic=outline.topic,
        )
        return "added" if self.follow(source).new else "known"

    def _free(self, name: str) -> str:
        """Return the name, with a number when it is taken."""
        number, candidate = 2, name
        while candidate in self._names:
            candidate, number = f"{name[: LONGEST_NAME - _ROOM_FOR_NUMBER]}-{number}", number + 1
        return candidate


def _refuse_no_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and len(url) <= _LONGEST_URL
    except ValueError:  # a broken IPv6 address
        usable = False
    if not usable:
        raise UsageError(f"{url!r} is no web address; it starts with https:// or http://")


def _name_of(url: str) -> str:
    """Name a source after its address."""
    parts = urlsplit(url)
    host = re.sub(r"^www\.", "", parts.hostname or "source")
    path = re.sub(r"\.(xml|json|rss|atom|rdf)$", "", parts.path)
    segments = [re.sub(r"\W+", "-", part).strip("-") for part in path.split("/")]
    while segments and segments[-1].casefold() in _GENERIC:
        segments.pop()
    return "-".join([host, *filter(None, segments)])[:LONGEST_NAME]
