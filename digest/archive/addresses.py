"""Where each page and feed stands: on the site, on the whole web, or in a folder of files. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote


class Kind(StrEnum):
    """The forms of a feed; each is the end of its address."""

    ATOM = "xml"
    RSS = "rss"
    JSON = "json"


NAMES = {Kind.ATOM: "Atom", Kind.RSS: "RSS", Kind.JSON: "JSON Feed"}
MEDIA_TYPES = {
    Kind.ATOM: "application/atom+xml",
    Kind.RSS: "application/rss+xml",
    Kind.JSON: "application/feed+json",
}


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Makes addresses.

    ``base`` stands before each: "/" on the site, "https://digest.example/" for those that leave it,
    "" or "../" between files. ``page`` is the end of a page's name, ``query`` follows it.
    """

    base: str = "/"
    page: str = ""
    query: str = ""

    @property
    def archive(self) -> str:
        """Return where the list of all issues is."""
        return f"{self.base}archive{self.page}{self.query}"

    def issue(self, number: int) -> str:
        """Return where an issue is; on the web this address is permanent."""
        return f"{self.base}{number}{self.page}{self.query}"

    def text(self, number: int) -> str:
        """Return where an issue is as text."""
        return f"{self.base}{number}.txt{self.query}"

    def topic(self, slug: str) -> str:
        """Return where the posts on a topic are."""
        return f"{self.base}topics/{quote(slug)}{self.page}{self.query}"

    def feed(self, kind: Kind, topic: str = "") -> str:
        """Return where the feed of all issues is, or that of a topic's posts."""
        name = f"feed/{quote(topic)}" if topic else "feed"
        return f"{self.base}{name}.{kind}"


def everywhere(public_url: str) -> Addresses:
    """Return the addresses that work from anywhere."""
    return Addresses(base=f"{public_url.rstrip('/')}/")
