"""Writes a feed as JSON Feed 1.1 (jsonfeed.org/version/1.1); pure."""

import json
from typing import Any

from digest.archive.atom import moment
from digest.archive.feed import Feed, Item

_VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(feed: Feed) -> bytes:
    """Return the document in UTF-8; the same feed gives the same bytes."""
    document = {
        "version": _VERSION,
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [_item(item) for item in feed.items],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return f"{text}\n".encode("utf-8", "replace")  # half of a pair of surrogates is no character


def _item(item: Item) -> dict[str, Any]:
    """Return an item; one of the two contents has to be there."""
    content = (
        {"content_html": item.content}
        if item.content
        else {"content_text": item.summary or item.title}
    )
    return {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        **({"summary": item.summary} if item.summary else {}),
        **content,
        "date_published": moment(item.published_at),
        "date_modified": moment(item.updated_at),
        "authors": [{"name": item.author}],
        "language": item.language,
        "tags": list(item.tags),
    }
