"""The entries of a feed as they were written, and how they become fetched posts; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources.adapter import NoPost
from digest.sources.dates import Stated, is_placeholder, read_date, settle
from digest.sources.links import usable_link
from digest.sources.text import (
    SUMMARY_LENGTH,
    body_text,
    clean,
    count_words,
    cut,
    title_text,
)

MOST_POSTS = 5_000  # of one reading; the rest of a larger feed is its archive
_Dated = tuple[DateOrigin | None, Stated]
_STAND_IN_LENGTH = 80  # characters of the summary that stand in for a missing title
_WHOLE_POST = 300  # words; no excerpt is that long
_MOST_TAGS, _LONGEST_NAME = 20, 100
_AUTHOR_LENGTH = 300
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_ADDRESS = re.compile(r"[<(]?\s*\S+@\S+?\s*(?:[>)]|(?=\s)|$)")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry, in the source's own words and markup.

    ``links`` and ``dates`` come in the order in which they are to be believed; each date with the
    place in which it stands.
    """

    links: tuple[str, ...] = ()
    guid: str | None = None
    title: str | None = None
    summary: str | None = None
    content: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    dates: tuple[tuple[DateOrigin, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sifted:
    """The posts among some entries, and how many of these are none, by the reason."""

    posts: tuple[FetchedPost, ...]
    left_out: dict[NoPost, int]


def sift(entries: Sequence[Entry], *, base: str, page_url: str) -> Sifted:
    """Return the posts among the entries, in their order, each once."""
    found: dict[tuple[str | None, str, str], FetchedPost] = {}
    left_out: Counter[NoPost] = Counter()
    for number, (entry, dated) in enumerate(_dated(entries)):
        if len(found) == MOST_POSTS:
            left_out[NoPost.BEYOND] = len(entries) - number
            break
        post = dated if isinstance(dated, NoPost) else _post(entry, dated, base, page_url)
        if isinstance(post, NoPost):
            left_out[post] += 1
        elif found.setdefault((post.guid, post.url, post.title), post) is not post:
            left_out[NoPost.REPEATED] += 1
    return Sifted(posts=tuple(found.values()), left_out=dict(left_out))


def language_tag(text: str | None) -> str | None:
    """Return a language as "en" or "pt-BR", or None when this is no language tag."""
    tag = (text or "").strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def _dated(entries: Sequence[Entry]) -> Iterator[tuple[Entry, _Dated | NoPost]]:
    """Give the entries with their dates, and the pages that are no posts as such.

    Generators such as Hugo list section pages too, and date them in the year 1: where others of
    the feed have real dates, these are no posts.
    """
    origins, dates = [], []
    for entry in entries:
        read = ((origin, read_date(shown)) for origin, shown in entry.dates)
        origin, stated = next((one for one in read if one[1]), (None, None))
        origins.append(origin)
        dates.append(stated)
    has_dates = any(dates)
    for entry, origin, stated in zip(entries, origins, settle(dates), strict=True):
        is_empty = stated is None and any(is_placeholder(shown) for _, shown in entry.dates)
        yield entry, NoPost.SECTION if has_dates and is_empty else (origin, stated)


def _post(entry: Entry, dated: _Dated, base: str, page_url: str) -> FetchedPost | NoPost:
    """Return the post, or why there is none: no address, or neither title nor text.

    An entry without a link leads to the blog itself, if its id tells it from the others.
    """
    links = entry.links
    if entry.guid and entry.guid.startswith(("http://", "https://")):
        links = (*links, entry.guid)
    if entry.guid and entry.title and (entry.summary or entry.content) and base != page_url:
        links = (*links, base)
    candidates = (usable_link(link, base=base, page_url=page_url) for link in links)
    url = next(filter(None, candidates), None)
    description, content = body_text(entry.summary), body_text(entry.content)
    summary = cut(description or content, length=SUMMARY_LENGTH)
    title = title_text(entry.title) or cut(summary, length=_STAND_IN_LENGTH)
    if not title:
        return NoPost.NO_WORDS
    if url is None:
        return NoPost.NO_ADDRESS
    origin, stated = dated
    post = FetchedPost(
        url=url,
        title=title,
        guid=clean(entry.guid or "") or None,
        summary=summary or None,
        author=_author(entry.author),
        tags=_tags(entry.tags),
        language=language_tag(entry.language),
        dated_by=origin,
        words=_words(description, content),
    )
    if isinstance(stated, datetime):
        return replace(post, published_at=stated)
    return replace(post, published_on=stated)


def _words(description: str, content: str) -> int | None:
    """Count the words of the whole post, if the feed carries it.

    Content is the whole post; a description is, when it is too long for an excerpt.
    """
    if content:
        return count_words(content) or None
    words = count_words(description)
    return words if words >= _WHOLE_POST else None


def _author(text: str | None) -> str | None:
    """Return the name; an address is nobody's business."""
    name = clean(_ADDRESS.sub(" ", title_text(text))).strip(" ()<>,")
    return cut(name, length=_AUTHOR_LENGTH) or None


def _tags(texts: Iterable[str]) -> tuple[str, ...]:
    names = (cut(title_text(text), length=_LONGEST_NAME) for text in texts)
    unique = {name.casefold(): name for name in names if name}
    return tuple(unique.values())[:_MOST_TAGS]
