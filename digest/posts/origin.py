"""Where the date of a post was read; pure."""

from enum import StrEnum


class DateOrigin(StrEnum):
    """The place that states a post's date; ``words`` go behind "dated ..."."""

    FEED = "feed"
    FEED_CHANGE = "feed change"
    API = "api"
    SITEMAP = "sitemap"
    LIST_MARKUP = "list markup"
    LIST_TEXT = "list text"
    LIST_HEADING = "list heading"
    LIST_RECIPE = "list recipe"
    LIST_JSON_LD = "list json-ld"
    LIST_DATA = "list data"
    LIST_FLIGHT = "list flight"
    PAGE_JSON_LD = "page json-ld"
    PAGE_META = "page meta"
    PAGE_TEXT = "page text"
    ADDRESS = "address"

    @property
    def words(self) -> str:
        """The place, as a person would name it."""
        return _WORDS[self]


_WORDS = {
    DateOrigin.FEED: "by the feed",
    DateOrigin.FEED_CHANGE: "by the feed, which says only when it last changed",
    DateOrigin.API: "by the API of its blog",
    DateOrigin.SITEMAP: "by the news sitemap",
    DateOrigin.LIST_MARKUP: "by the markup of the page that lists it",
    DateOrigin.LIST_TEXT: "by the words of the page that lists it",
    DateOrigin.LIST_HEADING: "by the heading above it on the page that lists it",
    DateOrigin.LIST_RECIPE: "by the recipe for the page that lists it",
    DateOrigin.LIST_JSON_LD: "by the JSON-LD of the page that lists it",
    DateOrigin.LIST_DATA: "by the script data of the page that lists it",
    DateOrigin.LIST_FLIGHT: "by the flight payload of the page that lists it",
    DateOrigin.PAGE_JSON_LD: "by the JSON-LD of its own page",
    DateOrigin.PAGE_META: "by the meta elements of its own page",
    DateOrigin.PAGE_TEXT: "by what its own page shows",
    DateOrigin.ADDRESS: "by its address",
}
