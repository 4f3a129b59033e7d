"""The posts of the sample blogs: invented, written by hand, kept in one file per blog."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from digest.posts.excerpt import minutes

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, kw_only=True)
class SamplePost:
    """One post. ``date`` is an aware instant, or a day where the blog states no time.

    ``body`` holds paragraphs of plain text; old posts have one.
    """

    title: str
    slug: str
    summary: str
    date: datetime | date
    tags: tuple[str, ...]
    body: tuple[str, ...]
    language: str

    @property
    def words(self) -> int:
        """How many words the body has."""
        return sum(len(paragraph.split()) for paragraph in self.body)

    @property
    def minutes(self) -> int | None:
        """How long it takes to read; None for an old post, of which only a paragraph is kept."""
        return minutes(self.words) if len(self.body) > 1 else None


def read_posts(content: Mapping[str, Any]) -> tuple[SamplePost, ...]:
    """Return the posts of one blog's file, newest first, as the blog lists them."""
    found = [*_recent(content), *_archive(content)]
    return tuple(sorted(found, key=lambda post: str(post.date), reverse=True))


def _recent(content: Mapping[str, Any]) -> Iterator[SamplePost]:
    for post in content["post"]:
        body = tuple(post["body"].strip().split("\n\n"))
        yield SamplePost(
            title=post["title"],
            slug=_slug(post["title"]),
            summary=post.get("summary") or _excerpt(post, body, count=content["excerpt_words"]),
            date=post["date"],
            tags=tuple(post["tags"]),
            body=body,
            language=post.get("language", content["language"]),
        )


def _archive(content: Mapping[str, Any]) -> Iterator[SamplePost]:
    """Give the old posts, kept as rows: date, title, summary and tags with a bar between."""
    for when, title, summary, tags in content["archive"]["posts"]:
        yield SamplePost(
            title=title,
            slug=_slug(title),
            summary=summary,
            date=when,
            tags=tuple(tags.split("|")),
            body=(summary,),
            language=content["language"],
        )


def _excerpt(post: Mapping[str, Any], body: tuple[str, ...], *, count: int) -> str:
    """Cut an excerpt the way blog engines do it: by words, never mind the sentence.

    A ``preamble`` is what a text generator said first and nobody took away: it leaks into it.
    """
    return " ".join(" ".join((post.get("preamble", ""), *body)).split()[:count])


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title.lower().translate(_UMLAUTS).replace("'", ""))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
