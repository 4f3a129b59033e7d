"""Reads sitemaps (sitemaps.org, news sitemaps): addresses of posts, to be completed from pages."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources.adapter import Page, Reading
from digest.sources.dates import Stated, read_date, settle
from digest.sources.entry import MOST_POSTS, language_tag
from digest.sources.links import usable_link
from digest.sources.permalinks import date_in, posts_among
from digest.sources.text import title_text
from digest.sources.urlset import Mark, parse

_ABOUT_POSTS = re.compile(r"posts?(?![a-z])|blog|article|news(?!letter)|stor(?:y|ies)")
_ABOUT_OTHERS = re.compile(
    r"pages?(?![a-z])|tags?(?![a-z])|categor|author|users?|taxonom|image|video|product|attachment"
)


def read(page: Page) -> Reading:
    """Return the posts that a sitemap names, or raise `UnreadableError`.

    A news sitemap tells titles and dates. From a plain one come candidates: their title is "" and
    their pages have to complete them; the one that changed last comes first. An index has no
    posts; ``next_url`` is its newest sitemap of posts.
    """
    sitemap = parse(page.content)
    marks = _located(sitemap.marks, page_url=page.url)
    if sitemap.is_index:
        return Reading(posts=(), next_url=_newest(marks, page_url=page.url))
    told = [url for url, mark in marks.items() if mark.title]
    urls = told or posts_among(_latest_first(marks))
    return Reading(posts=tuple(_posts({url: marks[url] for url in urls[:MOST_POSTS]})))


def _located(marks: Iterable[Mark], *, page_url: str) -> dict[str, Mark]:
    """Return the marks by address, each once, without those that cannot be opened."""
    found: dict[str, Mark] = {}
    for mark in marks:
        if url := usable_link(mark.loc, base=page_url, page_url=page_url):
            found.setdefault(url, mark)
    return found


def _latest_first(marks: dict[str, Mark]) -> list[str]:
    """Order addresses by their last change: a sitemap has no order of its own."""
    changes = {
        url: (_instant(mark.changed), date_in(url) or date.min) for url, mark in marks.items()
    }
    return sorted(marks, key=lambda url: changes[url], reverse=True)


def _posts(marks: dict[str, Mark]) -> Iterator[FetchedPost]:
    dates = settle([read_date(mark.published) or date_in(url) for url, mark in marks.items()])
    for (url, mark), stated in zip(marks.items(), dates, strict=True):
        instant, day = _split(stated)
        yield FetchedPost(
            url=url,
            title=title_text(mark.title),
            tags=tuple(dict.fromkeys(filter(None, map(title_text, mark.keywords.split(","))))),
            language=language_tag(mark.language),
            published_at=instant,
            published_on=day,
            dated_by=_origin(mark) if stated else None,
        )


def _origin(mark: Mark) -> DateOrigin:
    return DateOrigin.SITEMAP if read_date(mark.published) else DateOrigin.ADDRESS


def _split(stated: Stated) -> tuple[datetime | None, date | None]:
    if isinstance(stated, datetime):
        return stated, None
    return None, stated


def _newest(marks: dict[str, Mark], *, page_url: str) -> str | None:
    """Return the sitemap of an index that most likely names the newest posts."""
    others = [url for url in marks if url != page_url]
    return max(others, key=lambda url: _promise(url, marks[url]), default=None)


def _promise(url: str, mark: Mark) -> tuple[int, float, list[int]]:
    """Rank by what the name says, then by the last change, then by the numbers in the name.

    "wp-sitemap-posts-page-1.xml" is of pages; numbered ones are filled from 1 on.
    """
    name = url.rpartition("/")[2].lower()
    kind = bool(_ABOUT_POSTS.search(name)) - 2 * bool(_ABOUT_OTHERS.search(name))
    return kind, _instant(mark.changed), [int(digits) for digits in re.findall(r"\d{1,9}", name)]


def _instant(text: str) -> float:
    """Return a last change as a number to compare by; unknown is the earliest."""
    stated = read_date(text.strip())
    if stated is None:
        return 0.0
    if not isinstance(stated, datetime):
        stated = datetime(stated.year, stated.month, stated.day, tzinfo=UTC)
    return stated.timestamp()
