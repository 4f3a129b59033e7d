"""Where a page says that the posts of its blog can be read by programs; pure."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from digest.sources import dom
from digest.sources.adapter import Page
from digest.sources.candidates import Feed, Signposts, host_of
from digest.sources.element import Element
from digest.sources.links import usable_link
from digest.sources.text import clean

MOST_FEEDS = 20
_MOST_LINKS = 3_000  # looked at in the text of a page
_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/x.atom+xml",
        "application/x-rss+xml",
        "text/rss+xml",
        "text/rss",
        "application/xml",
        "text/xml",
    }
)
_FEED_PATH = re.compile(
    r"/(?:feeds?|rss2?|atom)/?$|/(?:feeds?|rss2?|atom|index|posts?|blog|news)\.(?:xml|rss|atom|rdf)$"
    r"|/feed\.json$|\.(?:rss|atom|rdf)$",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(r"(?:^|&)feed=(?:rss|rss2|atom|rdf)(?:&|$)", re.IGNORECASE)


def read(page: Page) -> Signposts:
    """Return what the page names, or raise `UnreadableError`."""
    document = dom.parse(page)
    base_element = document.first("base")
    base = urljoin(page.url, base_element.get("href").strip()) if base_element else page.url
    feeds: dict[str, Feed] = {}
    generator, wordpress, links = "", None, 0
    for element in document.root.elements():
        if element.tag == "meta" and element.get("name").lower() == "generator":
            generator = generator or clean(element.get("content"))[:100].lower()
        elif element.tag == "link":
            if "https://api.w.org/" in element.get("rel"):
                wordpress = usable_link(element.get("href"), base=base, page_url=page.url)
            for feed in _in_head(element, base=base, page_url=page.url):
                feeds.setdefault(feed.url, feed)
        elif element.tag == "a" and links < _MOST_LINKS:
            links += 1
            for feed in _in_text(element, base=base, page_url=page.url):
                feeds.setdefault(feed.url, feed)
    return Signposts(
        feeds=tuple(feeds.values())[:MOST_FEEDS], generator=generator, wordpress=wordpress
    )


def _in_head(element: Element, *, base: str, page_url: str) -> Iterator[Feed]:
    rel = element.get("rel").lower().split()
    url = usable_link(element.get("href"), base=base, page_url=page_url)
    if url is None or not {"alternate", "feed"} & set(rel) or "stylesheet" in rel:
        return
    kind = element.get("type").lower().partition(";")[0].strip()
    is_untyped_feed = kind in {"", "application/json"} and _looks_like_feed(url)
    if kind in _FEED_TYPES or is_untyped_feed or "feed" in rel:
        yield Feed(url=url, title=clean(element.get("title"))[:200])


def _in_text(element: Element, *, base: str, page_url: str) -> Iterator[Feed]:
    href = element.get("href")
    url = usable_link(href, base=base, page_url=page_url) if _looks_like_feed(href) else None
    if url and host_of(url) == host_of(page_url):
        yield Feed(url=url, title=clean(element.get("title"))[:200], in_head=False)


def _looks_like_feed(url: str) -> bool:
    path, _, query = url.partition("#")[0].partition("?")
    return bool(_FEED_PATH.search(path) or _FEED_QUERY.search(query))
