"""Which adapter reads which kind of source."""

from collections.abc import Mapping
from types import MappingProxyType

from digest.sources import api, feed, listing, postpage, sitemap
from digest.sources.adapter import Adapter

ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {
        "feed": feed.read,
        "listing": listing.read,
        "sitemap": sitemap.read,
        "ghost": api.read_ghost,
        "wordpress": api.read_wordpress,
        "post": postpage.read,  # no source: it completes the posts of the others
    }
)
