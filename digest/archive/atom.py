"""Writes a feed as Atom (RFC 4287); pure."""

from datetime import UTC, datetime

from digest.archive.elements import DECLARATION, element
from digest.archive.feed import Feed, Item

_NAMESPACE = "http://www.w3.org/2005/Atom"


def atom(feed: Feed) -> bytes:
    """Return the document in UTF-8; the same feed gives the same bytes."""
    about = (
        element("id", text=feed.id),
        element("title", text=feed.title),
        element("subtitle", text=feed.subtitle),
        element("updated", text=moment(feed.updated_at)),
        element("link", rel="self", type="application/atom+xml", href=feed.url),
        element("link", rel="alternate", type="text/html", href=feed.home),
        element("author", element("name", text=feed.author)),
    )
    entries = (_entry(item) for item in feed.items)
    root = element("feed", *about, *entries, xmlns=_NAMESPACE, xml_lang=feed.language)
    return (DECLARATION + root).encode()


def moment(at: datetime) -> str:
    """Write a moment by RFC 3339."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(item: Item) -> str:
    parts = [
        element("id", text=item.id),
        element("title", text=item.title),
        element("link", rel="alternate", type="text/html", href=item.url),
        element("published", text=moment(item.published_at)),
        element("updated", text=moment(item.updated_at)),
        element("author", element("name", text=item.author)),
        *(element("category", term=tag) for tag in item.tags),
    ]
    if item.summary:
        parts.append(element("summary", text=item.summary))
    if item.content:
        parts.append(element("content", text=item.content, type="html"))
    return element("entry", *parts, xml_lang=item.language)
