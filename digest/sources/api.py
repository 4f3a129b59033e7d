"""Reads the APIs of two platforms: Ghost's Content API, and the REST API of WordPress."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from digest.posts.origin import DateOrigin
from digest.sources.adapter import Page, Reading
from digest.sources.answers import inner, load, mappings, names, number, present, stranger, text
from digest.sources.entry import Entry, sift
from digest.sources.links import usable_link
from digest.sources.text import clean

_GHOST, _WORDPRESS = "Ghost's Content API", "the REST API of WordPress"
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?', re.IGNORECASE)  # RFC 8288, 3
_DAY = len("2026-06-12")


def read_ghost(page: Page) -> Reading:
    """Return the posts of ``/ghost/api/content/posts/?key=...&include=tags,authors``.

    Raises `UnreadableError` for anything else. https://ghost.org/docs/content-api/
    """
    data = load(page, api=_GHOST)
    if not isinstance(data, dict) or not isinstance(data.get("posts"), list):
        raise stranger(_GHOST)
    items = list(mappings(data["posts"]))
    sifted = sift([_ghost_entry(item) for item in items], base=page.url, page_url=page.url)
    minutes = {
        clean(guid): number(item.get("reading_time"))
        for item in items
        if (guid := text(item, "id"))
    }
    pagination = inner(inner(data, "meta"), "pagination")
    return Reading(
        posts=tuple(
            replace(post, minutes=minutes.get(post.guid or "") or None) for post in sifted.posts
        ),
        left_out=sifted.left_out,
        next_url=_turned(page.url, to=number(pagination.get("next"))),
        count=number(pagination.get("total")),
    )


def read_wordpress(page: Page) -> Reading:
    """Return the posts of ``/wp-json/wp/v2/posts?_embed``.

    Raises `UnreadableError` for anything else.
    https://developer.wordpress.org/rest-api/reference/posts/
    """
    data = load(page, api=_WORDPRESS)
    items = [item for item in mappings(data) if "link" in item]
    if not isinstance(data, list) or (data and not items):
        raise stranger(_WORDPRESS)
    entries = [_wordpress_entry(item) for item in items]
    sifted = sift(entries, base=page.url, page_url=page.url)
    linked = _NEXT.search(page.headers.get("link", ""))
    return Reading(
        posts=sifted.posts,
        left_out=sifted.left_out,
        next_url=usable_link(linked[1], base=page.url, page_url=page.url) if linked else None,
        count=number(page.headers.get("x-wp-total")),
    )


def _ghost_entry(item: Mapping[str, Any]) -> Entry:
    """Write down a post of Ghost, whose titles and excerpts are plain text.

    Where "access" is false, the text is only what members-only posts show to everybody.
    """
    is_whole = item.get("access") is not False
    people = [inner(item, "primary_author"), *mappings(item.get("authors"))]
    return Entry(
        links=present(text(item, "url")),
        guid=text(item, "id"),
        title=html.escape(text(item, "title"), quote=False),
        summary=html.escape(text(item, "custom_excerpt") or text(item, "excerpt")),
        content=text(item, "html") or html.escape(text(item, "plaintext")) if is_whole else None,
        author=names(people),
        tags=tuple(_public(item.get("tags"))),
        language=text(item, "locale"),
        dates=_dates(text(item, "published_at"), text(item, "created_at")),
    )


def _public(tags: Any) -> Iterator[str]:
    """Give the names of tags, without those that only tell the theme something ("#wide")."""
    for tag in mappings(tags):
        name = text(tag, "name")
        if text(tag, "visibility") != "internal" and not name.startswith("#"):
            yield name


def _wordpress_entry(item: Mapping[str, Any]) -> Entry:
    """Write down a post of WordPress.

    "date_gmt" is an instant, "date" the local time of a zone that it does not name: a day.
    """
    embedded = inner(item, "_embedded")
    groups = embedded.get("wp:term")
    terms = [
        term for group in (groups if isinstance(groups, list) else []) for term in mappings(group)
    ]
    return Entry(
        links=present(text(item, "link")),
        guid=_rendered(item, "guid"),
        title=_rendered(item, "title"),
        summary=_rendered(item, "excerpt"),
        content=_rendered(item, "content"),
        author=names(mappings(embedded.get("author"))),
        tags=tuple(text(term, "name") for term in terms if text(term, "slug") != "uncategorized"),
        language=text(item, "lang"),
        dates=_dates(text(item, "date_gmt"), text(item, "date")[:_DAY]),
    )


def _dates(*shown: str) -> tuple[tuple[DateOrigin, str], ...]:
    return tuple((DateOrigin.API, one) for one in present(*shown))


def _rendered(item: Mapping[str, Any], name: str) -> str:
    return text(inner(item, name), "rendered")


def _turned(url: str, *, to: int | None) -> str | None:
    """Return the address of another page of the same list."""
    if to is None:
        return None
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "page"]
    return parts._replace(query=urlencode([*query, ("page", str(to))], safe=",:")).geturl()
