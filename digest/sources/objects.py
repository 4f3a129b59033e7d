"""Finds posts among the JSON objects that a page carries for its scripts; pure.

Every framework calls the fields otherwise, but few names mean anything else: an object with a
title and an address or slug, in a list of its like, is a post.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from digest.sources.card import Card
from digest.sources.dates import Stated
from digest.sources.text import body_text, count_words
from digest.sources.written import Reader, plain_digits

MOST_VALUES = 200_000  # of one page; what comes later is no list of posts
_NESTED = ("frontmatter", "attributes", "fields", "data", "meta", "metadata", "node", "item")
_TITLE = ("title", "headline", "name", "heading")
_LINK = ("url", "href", "link", "permalink", "canonicalurl", "path", "mainentityofpage", "@id")
_SLUG = ("slug", "id")
_DATE = (
    "publishedat",
    "publishedon",
    "publisheddate",
    "publishdate",
    "datepublished",
    "pubdate",
    "firstpublishedat",
    "published",
    "date",
    "createdat",
    "created",
    "datecreated",
    "time",
    "updatedat",
    "datemodified",
)
_SUMMARY = (
    "excerpt",
    "description",
    "summary",
    "desc",
    "subtitle",
    "tagline",
    "dek",
    "snippet",
    "abstract",
    "brief",
    "preview",
)
_TAGS = ("tags", "tag", "categories", "category", "keywords", "topics", "articlesection", "taglist")
_AUTHOR = ("author", "authors", "creator", "primaryauthor", "writer")
_MINUTES = (
    "readingtime",
    "readtime",
    "minutes",
    "readingtimeminutes",
    "readingminutes",
    "timetoread",
    "timerequired",
)
_BODY = ("articlebody", "content", "body", "html")
_POST_TYPES = re.compile(r"(?:BlogPosting|Article|Report|PodcastEpisode)$")
_BARE_TYPES = frozenset({"", "ListItem", "WebPage", "CreativeWork"})
_WHOLE_POST = 300  # words
_OLDEST_SECONDS = 631_152_000  # 1990; a smaller number is no date
_MILLISECONDS = 100_000_000_000  # from here on a number counts these
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SLUG_SHAPE = re.compile(r"[^\s/?#]+(?:/[^\s/?#]+)*/?")

LinkOf = Callable[[str], str | None]
"""Gives the address of a post that is known by its slug only."""


@dataclass(frozen=True, kw_only=True)
class PostList:
    """One list of posts: ``path`` names the keys that lead to it."""

    path: str
    cards: tuple[Card, ...]


def post_lists(value: Any, *, reader: Reader, link_of: LinkOf) -> list[PostList]:
    """Return every list of posts in a JSON value, and one of those that stand alone."""
    found: list[PostList] = []
    alone: dict[str, Card] = {}
    stack: list[tuple[str, Any]] = [("", value)]
    for _ in range(MOST_VALUES):
        if not stack:
            break
        path, current = stack.pop()
        if isinstance(current, list):
            posts = [p for p in current if isinstance(p, Mapping)]
            cards = tuple(c for p in posts if (c := card_of(p, reader=reader, link_of=link_of)))
            if cards and len(cards) * 2 > len(posts):
                found.append(PostList(path=path, cards=cards))
            else:
                stack.extend((path, item) for item in reversed(current))
        elif isinstance(current, Mapping):
            listed = tuple(_listed(current, reader=reader, link_of=link_of))
            if listed:
                found.append(PostList(path=f"{path}.itemListElement", cards=listed))
            card = card_of(current, reader=reader, link_of=link_of)
            if card is not None and card.stated:
                alone.setdefault(card.link, card)
                continue
            items = reversed(list(current.items()))
            stack.extend((f"{path}.{key}"[-80:], item) for key, item in items)
    if alone:
        found.append(PostList(path="alone", cards=tuple(alone.values())))
    return found


def card_of(value: Mapping[str, Any], *, reader: Reader, link_of: LinkOf) -> Card | None:
    """Return the post that an object describes, or None when it describes something else."""
    fields = _fields(value)
    title = _text(fields, _TITLE)
    kind = _kind(value)
    if not title or (kind and not _POST_TYPES.search(kind)):
        return None
    link, is_sure = _link(fields, link_of=link_of)
    stated = next((d for d in (_date(fields.get(k), reader) for k in _DATE) if d), None)
    summary = body_text(_text(fields, _SUMMARY))
    if not link or not (kind or stated or (is_sure and summary)):
        return None
    words = count_words(body_text(_text(fields, _BODY)))
    return Card(
        link=link,
        title=title,
        summary=summary,
        stated=stated,
        tags=tuple(_names(next((fields[k] for k in _TAGS if fields.get(k)), None))),
        author=", ".join(_names(next((fields[k] for k in _AUTHOR if fields.get(k)), None))),
        minutes=_minutes(next((fields[k] for k in _MINUTES if fields.get(k)), None)),
        language=_text(fields, ("inlanguage", "lang", "locale", "language")) or None,
        words=words if words >= _WHOLE_POST else None,
    )


def _listed(value: Mapping[str, Any], *, reader: Reader, link_of: LinkOf) -> Iterator[Card]:
    """Give the items of a JSON-LD list, which may say no more than name and address."""
    items = value.get("itemListElement")
    if _kind(value) != "ItemList" or not isinstance(items, list):
        return
    for item in items:
        if not isinstance(item, Mapping):
            continue
        inner = item["item"] if isinstance(item.get("item"), Mapping) else item
        fields = _fields(inner)
        link = _text({"item": item.get("item"), **fields}, (*_LINK, "item"))
        title = _text(fields, _TITLE)
        if card := card_of(inner, reader=reader, link_of=link_of):
            yield card
        elif (
            link.startswith(("http://", "https://", "/")) and title and _kind(inner) in _BARE_TYPES
        ):
            yield Card(link=link, title=title, summary=body_text(_text(fields, _SUMMARY)))


def described_posts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give the objects in JSON-LD that say they are posts."""
    stack = [value]
    for _ in range(MOST_VALUES):
        if not stack:
            return
        current = stack.pop()
        if isinstance(current, Mapping):
            if _POST_TYPES.search(_kind(current)):
                yield current
            stack.extend(reversed(list(current.values())))
        elif isinstance(current, list):
            stack.extend(reversed(current))


def _kind(value: Mapping[str, Any]) -> str:
    kind = value.get("@type", "")
    return " ".join(map(str, kind)) if isinstance(kind, list) else str(kind)


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by plain name, with those of the objects that only wrap them."""
    fields: dict[str, Any] = {}
    levels = [value]
    for level in levels:
        for key, item in level.items():
            name = re.sub(r"[_\s-]", "", str(key)).lower()
            fields.setdefault(name, item)
            if name in _NESTED and isinstance(item, Mapping) and len(levels) < len(_NESTED):
                levels.append(item)
    return fields


def _text(fields: Mapping[str, Any], names: Iterable[str]) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, Mapping):  # {"rendered": ...}, {"current": ...}, {"@id": ...}
            value = next(
                (value[k] for k in ("rendered", "current", "@id", "text") if k in value), None
            )
        if isinstance(value, str) and value.strip() and not value.startswith("$"):
            return value.strip()
    return ""


def _link(fields: Mapping[str, Any], *, link_of: LinkOf) -> tuple[str | None, bool]:
    link = _text(fields, _LINK)
    if link.startswith(("http://", "https://", "/", "./", "../")):
        return link, True
    for name in _SLUG:
        slug = _text(fields, (name,)) or (
            str(fields[name]) if isinstance(fields.get(name), int) else ""
        )
        if slug and _SLUG_SHAPE.fullmatch(slug) and (found := link_of(slug)):
            return found, name == "slug"
    return None, False


def _date(value: Any, reader: Reader) -> Stated:
    if isinstance(value, str):
        return reader.stated(value.removeprefix("$D").strip())
    if isinstance(value, Mapping):  # as databases export it: {"$date": ...}, {"seconds": ...}
        inner = (value.get(key) for key in ("$date", "seconds", "_seconds", "iso"))
        return next((found for item in inner if (found := _date(item, reader))), None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value >= _MILLISECONDS else value
        if seconds >= _OLDEST_SECONDS:
            return _at(seconds)
    return None


def _at(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _names(value: Any) -> Iterator[str]:
    """Give the names in "a, b", ["a", "b"], [{"name": "a"}] or {"name": "a"}."""
    if isinstance(value, str):
        yield from filter(None, (part.strip() for part in value.split(",")))
    elif isinstance(value, Mapping):
        name = _text(_fields(value), ("name", "title", "label", "slug"))
        if name:
            yield name
    elif isinstance(value, list):
        for item in value[:50]:
            if isinstance(item, str):
                yield item.strip()
            elif isinstance(item, Mapping):
                yield from _names(item)


def _minutes(value: Any) -> int | None:
    if isinstance(value, Mapping):
        value = value.get("text") or value.get("minutes")
    found = _NUMBER.search(plain_digits(str(value))) if value else None
    return max(1, round(float(found[0]))) if found else None
