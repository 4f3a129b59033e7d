"""Reads JSON Feed (jsonfeed.org, versions 1 and 1.1)."""

import html
import json
from typing import Any

from digest.posts.origin import DateOrigin
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.entry import Entry, language_tag, sift
from digest.sources.links import usable_link
from digest.sources.state import State
from digest.sources.text import title_text

_DATES = (("date_published", DateOrigin.FEED), ("date_modified", DateOrigin.FEED_CHANGE))


def read(page: Page) -> Reading:
    """Return the posts of a JSON Feed, or raise `UnreadableError`."""
    try:
        data = json.loads(page.content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(
            f"the JSON is broken or cut off ({error})", state=State.MALFORMED
        ) from error
    if not isinstance(data, dict) or "jsonfeed.org" not in str(data.get("version")):
        raise UnreadableError("this is JSON, but no JSON Feed", state=State.NOT_A_FEED)
    items = data.get("items")
    if not isinstance(items, list):
        raise UnreadableError("the JSON Feed has no list of items", state=State.MALFORMED)
    home = usable_link(_text(data, "home_page_url"), base=page.url, page_url=page.url)
    entries = [_entry(item) for item in items if isinstance(item, dict)]
    sifted = sift(entries, base=home or page.url, page_url=page.url)
    return Reading(
        posts=sifted.posts,
        left_out=sifted.left_out,
        title=title_text(_text(data, "title")) or None,
        home=home,
        language=language_tag(_text(data, "language")),
    )


def _entry(item: dict[str, Any]) -> Entry:
    return Entry(
        links=tuple(filter(None, (_text(item, "url"), _text(item, "external_url")))),
        guid=_text(item, "id"),
        title=_text(item, "title"),
        summary=html.escape(_text(item, "summary") or ""),
        content=_text(item, "content_html") or html.escape(_text(item, "content_text") or ""),
        author=_author(item),
        tags=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        language=_text(item, "language"),
        dates=tuple((origin, shown) for name, origin in _DATES if (shown := _text(item, name))),
    )


def _text(item: dict[str, Any], key: str) -> str | None:
    """Return a text; version 1 lets ids be numbers."""
    value = item.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []


def _author(item: dict[str, Any]) -> str | None:
    """Join the names of the authors (1.1), or take the author (1)."""
    people = [*_list(item, "authors"), item.get("author")]
    names = [_text(person, "name") for person in people if isinstance(person, dict)]
    return ", ".join(dict.fromkeys(filter(None, names))) or None
