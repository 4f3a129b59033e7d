"""Finds out how the posts behind an address are best read: as a feed, a sitemap or a listing page.

A feed wins wherever the page has one: it says dates, authors and whole titles. But it has to be
the page's own: a feed of comments, of another tag or of the whole site is not what was asked for.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from digest.http import Client, FetchError
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.candidates import Signposts, candidates, probes
from digest.sources.fitting import is_for, is_sitemap_of
from digest.sources.further import Reach, Walk, follow, state_of
from digest.sources.guard import Parser
from digest.sources.links import usable_link
from digest.sources.state import State

Recipe = Mapping[str, str] | None  # the selectors of one, by its own names

FEED, LISTING, SITEMAP, GHOST, WORDPRESS = "feed", "listing", "sitemap", "ghost", "wordpress"
KINDS = (FEED, LISTING, SITEMAP, GHOST, WORDPRESS)
_MOST_CANDIDATES = 5
_SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_HEAD = 4_096  # bytes in which a page shows what it is
_ROBOTS = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_SITEMAPS = ("sitemap.xml", "sitemap_index.xml", "sitemap-index.xml")
_MOST_SITEMAPS = 4
_WORDPRESS_POSTS = "wp/v2/posts?per_page=20&_embed=1"


@dataclass(frozen=True, kw_only=True)
class Found:
    """How a source is best read: the kind, the address that is asked, and what stands there.

    ``note`` tells the operator what else was seen, and why it was not taken.
    """

    kind: str
    url: str
    page: Page
    reading: Reading
    note: str | None = None


def discover(
    url: str,
    *,
    client: Client,
    parser: Parser,
    kind: str | None = None,
    recipe: Recipe = None,
) -> Found:
    """Look for the posts behind an address; raise `UnreadableError` with what was tried.

    With ``kind`` only such a source is looked for, at the address first. A recipe is for a
    listing page, so with one the page itself is read.
    """
    search = _Search(client=client, parser=parser, recipe=recipe)
    at = search.page(url)
    wanted = LISTING if recipe else kind
    if wanted is not None:
        return search.of_kind(wanted, at)
    return search.itself(at) or search.behind(at)


def saved(page: Page, *, parser: Parser, kind: str | None = None, recipe: Recipe = None) -> Found:
    """Read a page that was saved before, without the network; raise `UnreadableError`."""
    wanted = LISTING if recipe else kind
    troubles: list[UnreadableError] = []
    for one in [wanted] if wanted else _kinds_of(page):
        try:
            reading = parser.parse(one, page, recipe=recipe)
            return Found(kind=one, url=page.url, page=page, reading=reading)
        except UnreadableError as error:
            troubles.append(error)
    first, last = troubles[0], troubles[-1]
    is_shut = first.state != State.NOT_A_FEED and not _is_html(page)
    raise first if is_shut and last.state == State.NO_POSTS else last


@dataclass(frozen=True, kw_only=True)
class _At:
    """A page, and the address under which it is to be asked for again."""

    url: str
    page: Page


@dataclass(frozen=True, kw_only=True)
class _Search:
    """One search; no address is asked twice."""

    client: Client
    parser: Parser
    recipe: Recipe
    asked: dict[str, _At | None] = field(default_factory=dict)

    def page(self, url: str) -> _At:
        """Ask for a page, or raise `UnreadableError`."""
        try:
            response = self.client.get(url)
        except FetchError as error:
            raise UnreadableError(f"{_shown(url)}: {error}", state=error.state) from error
        if response.status != HTTPStatus.OK:
            raise UnreadableError(
                f"{_shown(url)}: the site answered {response.status}",
                state=state_of(response.status),
            )
        page = Page(url=response.url, content=response.content, headers=response.headers)
        at = _At(url=response.permanent_url or url, page=page)
        self.asked[url] = self.asked[at.url] = at
        return at

    def try_page(self, url: str) -> _At | None:
        """Ask for a page that may not be there."""
        if url not in self.asked:
            try:
                self.page(url)
            except UnreadableError:
                self.asked[url] = None
        return self.asked[url]

    def read(self, kind: str, at: _At | None) -> Found | None:
        """Read a page as one kind; None when it is none."""
        if at is None:
            return None
        try:
            reading = self.parser.parse(kind, at.page)
        except UnreadableError:
            return None
        return Found(kind=kind, url=at.url, page=at.page, reading=reading)

    def itself(self, at: _At) -> Found | None:
        """Return what the page is by itself; None for a page for people."""
        kinds = [kind for kind in _kinds_of(at.page) if kind != LISTING]
        for kind in kinds:
            if found := self.read(kind, at):
                return found
        if kinds and not _is_html(at.page):
            try:
                self.parser.parse(kinds[0], at.page)
            except UnreadableError as error:
                if error.state != State.NOT_A_FEED:
                    raise UnreadableError(
                        f"{_shown(at.url)}: {error}", state=error.state
                    ) from error
        return None

    def of_kind(self, kind: str, at: _At) -> Found:
        """Read the page as this kind, or what the page names of this kind."""
        try:
            reading = self.parser.parse(kind, at.page, recipe=self.recipe)
            return Found(kind=kind, url=at.url, page=at.page, reading=reading)
        except UnreadableError as error:
            for found in self._named(kind, at):
                if found is not None:
                    return found
            raise UnreadableError(f"{_shown(at.url)}: {error}", state=error.state) from error

    def behind(self, at: _At) -> Found:
        """Return the best way to the posts that a page for people shows."""
        listing = self.read(LISTING, at)
        if listing and not listing.reading.posts:
            listing = None
        shown = listing.reading if listing else None
        signposts = self._signposts(at)
        others: list[Found] = []
        for found in self._feeds(signposts, at):
            if is_for(found.url, found.reading, page_url=at.page.url, listing=shown):
                return found
            others.append(found)
        note = f"not taken: the feed {others[0].url}, which is not of this page" if others else None
        for found in (*self._wordpress(signposts), *self._sitemaps(at)):
            if is_sitemap_of(found.reading, listing=shown):
                return replace(found, note=note)
        if listing is not None:
            return replace(listing, note=note)
        if others:
            return others[0]
        raise UnreadableError(
            f"{_shown(at.url)}: it names no feed, none is at the usual places, there is no"
            " sitemap of posts, and the page shows no list of posts; give the address of the"
            " feed or of the page that lists them, or say what it is with --kind",
            state=State.NO_POSTS,
        )

    def _named(self, kind: str, at: _At) -> Iterator[Found | None]:
        if kind == FEED:
            yield next(iter(self._feeds(self._signposts(at), at)), None)
        elif kind == SITEMAP:
            yield from self._sitemaps(at)
        elif kind == WORDPRESS:
            root = urljoin(at.page.url, "/wp-json/")
            named = self._signposts(at).wordpress
            yield from self._wordpress(Signposts(wordpress=named or root))

    def _signposts(self, at: _At) -> Signposts:
        try:
            return self.parser.signposts(at.page)
        except UnreadableError:
            return Signposts()

    def _feeds(self, signposts: Signposts, at: _At) -> Iterator[Found]:
        """Read the feeds that the page names, then those at the usual places."""
        url = at.page.url
        named = candidates(signposts, page_url=url)[:_MOST_CANDIDATES]
        for address in dict.fromkeys([*named, *probes(signposts, page_url=url)]):
            found = self.read(FEED, self.try_page(address))
            if found is not None and (found.reading.posts or address in named):
                yield found

    def _wordpress(self, signposts: Signposts) -> Iterator[Found]:
        if signposts.wordpress:
            url = urljoin(signposts.wordpress, _WORDPRESS_POSTS)
            if found := self.read(WORDPRESS, self.try_page(url)):
                yield found

    def _sitemaps(self, at: _At) -> Iterator[Found]:
        for address in self._sitemap_addresses(at.page.url):
            if found := self.read(SITEMAP, self.try_page(address)):
                with suppress(FetchError, UnreadableError):
                    yield replace(found, reading=self._followed(found))

    def _followed(self, sitemap: Found) -> Reading:
        """Return the posts of a sitemap, or of the sitemaps that an index names."""
        walk = Walk(
            client=self.client,
            parser=self.parser,
            kind=SITEMAP,
            recipe=None,
            pause=lambda: False,
        )
        most = Reach().pages
        reading, _ = follow(
            sitemap.reading, walk, url=sitemap.page.url, most=most, is_known=lambda _: False
        )
        return reading

    def _sitemap_addresses(self, url: str) -> list[str]:
        robots = self.try_page(urljoin(url, "/robots.txt"))
        text = robots.page.content[:100_000].decode("utf-8", "replace") if robots else ""
        stated = (usable_link(one, base=url, page_url=url) for one in _ROBOTS.findall(text))
        usual = (urljoin(url, f"/{name}") for name in _SITEMAPS)
        return list(dict.fromkeys([*filter(None, stated), *usual]))[:_MOST_SITEMAPS]


def _kinds_of(page: Page) -> list[str]:
    """Return what a page may be, the likeliest first."""
    content, path = page.content.lstrip()[:_HEAD], urlsplit(page.url).path
    if content[:1] in {b"{", b"["}:
        api = WORDPRESS if "/wp/v2/" in path else GHOST if "/ghost/api/" in path else None
        return [api, FEED] if api else [FEED]
    if _SITEMAP.search(content):
        return [SITEMAP]
    return [FEED, LISTING]


def _is_html(page: Page) -> bool:
    return bool(_HTML.search(page.content[:_HEAD]))


def _shown(url: str) -> str:
    """Return an address for an error, without its query, which may hold a key."""
    address, mark, _ = url.partition("?")
    return f"{address}?…" if mark else address
