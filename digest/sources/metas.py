"""What a page's meta elements say of it, by name: Open Graph, Dublin Core, and plain ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.sources.element import Element

PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "publishdate",
    "pubdate",
    "citation_publication_date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
)
SUMMARY = ("og:description", "description", "twitter:description", "dc.description")
AUTHOR = ("author", "parsely-author", "dc.creator", "citation_author", "article:author")
TITLE = ("og:title", "twitter:title", "dc.title", "citation_title", "headline")
TAGS = ("article:tag", "parsely-tags")


@dataclass(frozen=True, kw_only=True)
class Metas:
    """The contents by lower-case name, each name's in the order of the page."""

    contents: dict[str, tuple[str, ...]]

    def every(self, names: Iterable[str]) -> Iterator[str]:
        """Give the contents of these names, of the first name first."""
        for name in names:
            yield from self.contents.get(name, ())

    def first(self, names: Iterable[str]) -> str:
        """Return the first content that these names have, or nothing."""
        return next(self.every(names), "")


def metas_of(elements: Iterable[Element]) -> Metas:
    """Collect the meta elements of a page that say something."""
    contents: dict[str, tuple[str, ...]] = {}
    for element in elements:
        content = element.get("content").strip()
        if element.tag == "meta" and content:
            name = element.get("property") or element.get("name") or element.get("itemprop")
            key = name.strip().lower()
            contents[key] = (*contents.get(key, ()), content)
    return Metas(contents=contents)
