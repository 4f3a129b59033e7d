"""Reads the page of one post: what a list cuts off or leaves out stands there in full."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from digest.posts.origin import DateOrigin
from digest.sources import metas, roles
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.body import body_of, words_of
from digest.sources.card import Card, posts_of
from digest.sources.dates import Stated
from digest.sources.dom import Document, parse
from digest.sources.element import Element
from digest.sources.head import Head, head_of
from digest.sources.labels import minutes_in
from digest.sources.links import usable_link
from digest.sources.metas import Metas, metas_of
from digest.sources.objects import card_of, described_posts
from digest.sources.state import State
from digest.sources.structured import graphs
from digest.sources.text import count_words, title_text
from digest.sources.written import Reader, day_in_path, reader_of

_FEW_WORDS = 150  # of a body: an error page says no more
_LEAST_WORDS = 15  # of a page that nothing else shows to be a post
_SUMMARY_LENGTH = 40  # characters of a first paragraph that can stand for a summary
_SHORT = 120  # characters of a line that holds date or reading time
_ERROR = re.compile(
    r"^\W*(?:(?:error|fehler|erreur|http)?\W*(?:40\d|410|50\d)(?!\w)"
    r"|(?:page|seite|file|article)\W+(?:was\s+|could\s+)?(?:not|nicht|introuvable)\b"
    r"|not\s+found|access\s+denied|forbidden|just\s+a\s+moment|attention\s+required|oops"
    r"|(?:service\s+)?(?:temporarily\s+)?unavailable|página\s+no\s+encontrada|nothing\s+found)",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\s+[|·•–—«»:-]\s+")  # noqa: RUF001 - as sites write it


def read(page: Page) -> Reading:
    """Return the one post that a page holds, or raise `UnreadableError`."""
    document = parse(page)
    head = head_of(document, headers=page.headers)
    view = _View(document=document, head=head)
    posts = posts_of([view.card()], base=head.base, page_url=page.url) if view.is_post else ()
    if not posts:
        raise UnreadableError("the page holds no post", state=State.NO_POSTS)
    return Reading(posts=posts, title=head.title, home=page.url, language=head.language)


@dataclass(frozen=True, kw_only=True)
class _View:
    """One page, read as a post; what it tells machines comes first."""

    document: Document
    head: Head

    @property
    def is_post(self) -> bool:
        """Whether this is a post, and no error page or an empty shell."""
        if not self.title:
            return False
        headings = [e.text for e in self._elements if e.tag in {"h1", "title"}]
        if self.words < _FEW_WORDS and any(map(_ERROR.match, (self.title, *headings))):
            return False
        return self.words >= _LEAST_WORDS or self.stated is not None or self._told is not None

    def card(self) -> Card:
        """Return the post."""
        told = self._told
        return Card(
            link=self.address,
            title=self.title,
            summary=self.summary,
            stated=self.stated,
            dated_by=self._dated[0],
            tags=tuple(self._metas.every(metas.TAGS)) or (told.tags if told else ()) or self._tags,
            author=self.author,
            minutes=(told.minutes if told else None) or self._minutes,
            language=self._body.get("lang") if self._body else None,
            words=self.words or None,
        )

    @cached_property
    def title(self) -> str:
        """The whole title, without the name of the site."""
        heading = self._heading
        stated = self._metas.first(metas.TITLE) or (self._told.title if self._told else "")
        stated = title_text(stated)
        if heading and (not stated or heading in stated or stated.rstrip("….") in heading):
            return heading
        parts = _SUFFIX.split(stated)
        if len(parts) > 1 and parts[-1].casefold() == (self.head.title or "").casefold():
            return stated[: stated.rfind(parts[-1])].rstrip(" |·•–—«»:-")  # noqa: RUF001 - as split
        return stated or heading

    @cached_property
    def address(self) -> str:
        """The canonical address, unless it leads to another site or to the home page."""
        page_url = self.document.url
        links = [e.get("href") for e in self._elements if _is_canonical(e)]
        for link in (*links, *self._metas.every(["og:url"])):
            url = usable_link(link, base=self.head.base, page_url=page_url)
            if url and _is_same_post(url, page_url):
                return url
        return page_url

    @property
    def stated(self) -> Stated:
        """The date of publication."""
        return self._dated[1]

    @cached_property
    def _dated(self) -> tuple[DateOrigin | None, Stated]:
        """The date of publication, and where it stands."""
        return next((dated for dated in self._dates() if dated[1]), (None, None))

    def _dates(self) -> Iterator[tuple[DateOrigin, Stated]]:
        """Give what the places state that may hold the date, the surest first."""
        read = self._reader.stated
        yield DateOrigin.PAGE_JSON_LD, self._told.stated if self._told else None
        for value in self._metas.every(metas.PUBLISHED):
            yield DateOrigin.PAGE_META, read(value)
        for shown in self._shown_dates():
            yield DateOrigin.PAGE_TEXT, read(shown)
        yield DateOrigin.ADDRESS, day_in_path(urlsplit(self.document.url).path)

    @cached_property
    def summary(self) -> str:
        """What the page says it is about, or its first paragraph."""
        stated = self._metas.first(metas.SUMMARY) or (self._told.summary if self._told else "")
        if stated or self._body is None:
            return stated
        paragraphs = (e.text for e in self._body.elements() if e.tag == "p")
        return next((shown for shown in paragraphs if len(shown) >= _SUMMARY_LENGTH), "")

    @cached_property
    def author(self) -> str:
        """The names of the authors."""
        if self._told and self._told.author:
            return self._told.author
        stated = (n for n in self._metas.every(metas.AUTHOR) if not n.startswith("http"))
        linked = (
            e.text
            for e in self._elements
            if (e.tag == "a" and "author" in e.get("rel").split())
            or (roles.has(e, roles.AUTHOR) and e.tag != "meta")
        )
        names = (name for name in (*stated, *linked) if 0 < len(name) <= _SHORT)
        return next(names, "")

    @cached_property
    def words(self) -> int:
        """How many words the body has."""
        return count_words(words_of(self._body)) if self._body else 0

    @cached_property
    def _told(self) -> Card | None:
        """The post as JSON-LD has it."""
        for graph in graphs(self.document):
            for value in described_posts(graph):
                whole: Mapping[str, object] = {"url": self.document.url, **value}
                card = card_of(whole, reader=self._reader, link_of=lambda _: self.document.url)
                if card is not None:
                    return card
        return None

    @cached_property
    def _heading(self) -> str:
        headings = [e for e in self._elements if e.tag == "h1" and e.text]
        named = [e for e in headings if roles.has(e, roles.TITLE)]
        chosen = (named or headings)[:1]
        return title_text(chosen[0].text) if chosen else ""

    @cached_property
    def _tags(self) -> tuple[str, ...]:
        tagged = (e for e in self._elements if e.tag == "a" and "tag" in e.get("rel").split())
        return tuple(e.text for e in tagged)

    @cached_property
    def _minutes(self) -> int | None:
        lines = (e.text for e in self._before_body() if e.tag != "body")
        return next(filter(None, (minutes_in(t) for t in lines if len(t) <= _SHORT)), None)

    def _shown_dates(self) -> Iterator[str]:
        """Give the dates that the page shows; those of other posts come later on the page."""
        times = [e for e in self._elements if e.tag == "time" or roles.has(e, roles.DATE)]
        published = [e for e in times if not e.names.isdisjoint({"published", "datepublished"})]
        for element in (*published, *times[:5]):
            yield from (element.get("datetime"), element.get("content"))
            shown = element.text
            yield shown if len(shown) <= _SHORT else ""

    def _before_body(self) -> Sequence[Element]:
        end = self._body.end if self._body else 0
        return [e for e in self._elements if e.start < end]

    @cached_property
    def _elements(self) -> list[Element]:
        return list(self.document.root.elements())

    @cached_property
    def _metas(self) -> Metas:
        return metas_of(self._elements)

    @cached_property
    def _body(self) -> Element | None:
        return body_of(self.document.root)

    @cached_property
    def _reader(self) -> Reader:
        return reader_of(language=self.head.language, texts=())


def _is_canonical(element: Element) -> bool:
    return element.tag == "link" and "canonical" in element.get("rel").lower().split()


def _is_same_post(url: str, page_url: str) -> bool:
    """Whether an address can be the page's own: sites name their home page by mistake."""
    found, own = urlsplit(url), urlsplit(page_url)
    same_site = (found.hostname or "").removeprefix("www.") == (own.hostname or "").removeprefix(
        "www."
    )
    return same_site and (found.path not in {"", "/"} or own.path in {"", "/"})
