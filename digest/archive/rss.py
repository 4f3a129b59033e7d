"""Writes a feed as RSS 2.0 (rssboard.org/rss-specification), with Dublin Core's names; pure."""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from digest.archive.elements import DECLARATION, element
from digest.archive.feed import Feed, Item


def rss(feed: Feed) -> bytes:
    """Return the document in UTF-8; the same feed gives the same bytes."""
    channel = element(
        "channel",
        element("title", text=feed.title),
        element("link", text=feed.home),
        element("description", text=feed.subtitle or feed.title),
        element("language", text=feed.language),
        element("lastBuildDate", text=_moment(feed.updated_at)),
        element("atom:link", rel="self", type="application/rss+xml", href=feed.url),
        *(_item(item) for item in feed.items),
    )
    root = element(
        "rss",
        channel,
        version="2.0",
        xmlns_atom="http://www.w3.org/2005/Atom",
        xmlns_content="http://purl.org/rss/1.0/modules/content/",
        xmlns_dc="http://purl.org/dc/elements/1.1/",
    )
    return (DECLARATION + root).encode()


def _item(item: Item) -> str:
    parts = [
        element("guid", text=item.id, isPermaLink="false"),
        element("title", text=item.title),
        element("link", text=item.url),
        element("pubDate", text=_moment(item.published_at)),
        element("dc:creator", text=item.author),
        element("dc:language", text=item.language),
        *(element("category", text=tag) for tag in item.tags),
    ]
    if item.summary:
        parts.append(element("description", text=escape(item.summary, quote=False)))  # is HTML
    if item.content:
        parts.append(element("content:encoded", text=item.content))
    return element("item", *parts)


def _moment(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC))
