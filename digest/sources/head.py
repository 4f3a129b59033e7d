"""What a page says of itself beside its posts: language, base, title, next page, count."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from digest.sources import roles
from digest.sources.dom import Document
from digest.sources.element import Element, vocabulary
from digest.sources.entry import language_tag
from digest.sources.links import usable_link
from digest.sources.text import title_text
from digest.sources.written import plain_digits

_NEXT = re.compile(
    r"^\W*(?:next(?:\s+page)?|older(?:\s+(?:posts|entries|articles))?|weiter|ältere(?:\s+\w+)?|nächste(?:\s+seite)?"
    r"|suivante?|siguiente|anteriores|precedenti|下一页|次へ|次のページ|다음|следующая|التالي|بعدی)\W*$",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:[.,]\d{3})+|\d{1,6})\s*(?:개의?\s*)?"
    r"(?:blog\s+)?(?:posts?|entries|entry|articles?|stories|beiträge|artikel|artículos|entradas|billets|포스트|글|件|篇|مقاله|مطلب)(?!\w)",
    re.IGNORECASE,
)
_ON_NAMES = vocabulary("next older")
_PAGE_NAMES = vocabulary("page pagination posts numbers link pager nav")
_PAGING = vocabulary("pagination pager paging navigation paginator")
_SHORT = 400  # characters
_COUNTING = roles.HEADINGS | vocabulary("p div span small strong")


@dataclass(frozen=True, kw_only=True)
class Head:
    """The facts of a page as a whole."""

    base: str
    title: str | None
    language: str | None
    next_url: str | None
    count: int | None


def head_of(document: Document, *, headers: dict[str, str]) -> Head:
    """Read the page's own facts."""
    elements = list(document.root.elements())
    base = _base(elements, document.url)
    return Head(
        base=base,
        title=title_text(_title(elements)) or None,
        language=_language(document, elements, headers),
        next_url=_next(elements, base=base, page_url=document.url),
        count=_count(elements),
    )


def _base(elements: list[Element], page_url: str) -> str:
    for element in elements:
        if element.tag == "base" and element.get("href"):
            try:
                return urljoin(page_url, element.get("href").strip())
            except ValueError:
                return page_url
    return page_url


def _title(elements: list[Element]) -> str:
    for element in elements:
        if element.get("property") == "og:site_name" and element.get("content"):
            return element.get("content")
    return next((element.text for element in elements if element.tag == "title"), "")


def _language(document: Document, elements: list[Element], headers: dict[str, str]) -> str | None:
    body = next((element.get("lang") for element in elements if element.tag == "body"), "")
    stated = (
        document.root.get("lang"),
        document.root.get("xml:lang"),
        body,
        headers.get("content-language", ""),
    )
    return next(filter(None, map(language_tag, stated)), None)


def _next(elements: list[Element], *, base: str, page_url: str) -> str | None:
    for element in _leading_on(elements):
        url = usable_link(element.get("href"), base=base, page_url=page_url)
        if url and url != page_url and not element.get("href").startswith("#"):
            return url
    return None


def _leading_on(elements: list[Element]) -> Iterator[Element]:
    """Give the links to the next page: those that say so to machines first."""
    for tag in ("link", "a"):
        yield from (e for e in elements if e.tag == tag and "next" in e.get("rel").lower().split())
    anchors = [e for e in elements if e.tag == "a" and e.get("href")]
    for anchor in anchors:
        if not _ON_NAMES.isdisjoint(anchor.names) and (
            not _PAGE_NAMES.isdisjoint(anchor.names) or _is_paging(anchor)
        ):
            yield anchor
    for anchor in anchors:
        worded = _NEXT.match(anchor.text) or _NEXT.match(anchor.get("aria-label"))
        if worded and _is_paging(anchor):
            yield anchor


def _is_paging(anchor: Element) -> bool:
    return any(e.tag == "nav" or not _PAGING.isdisjoint(e.names) for e in anchor.ancestors())


def _count(elements: list[Element]) -> int | None:
    """Return the number of posts that the page says it has."""
    texts = (
        child
        for element in elements
        if element.tag in _COUNTING
        for child in element.children
        if isinstance(child, str) and len(child) <= _SHORT
    )
    found = next(filter(None, (_COUNT.search(plain_digits(shown)) for shown in texts)), None)
    return int(re.sub(r"\D", "", found[1])) if found else None
