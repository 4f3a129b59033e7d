"""Reads one card of a page: its title, link, date, language and reading time."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from digest.posts.origin import DateOrigin
from digest.sources import roles
from digest.sources.blocks import Block
from digest.sources.card import Card
from digest.sources.dates import Stated
from digest.sources.element import Element, text_of
from digest.sources.excerpts import excerpt_of
from digest.sources.labels import author_of, minutes_in, tags_of
from digest.sources.text import count_words
from digest.sources.written import Reader, day_in_path, day_of, plain_digits

_DATE_BEFORE = re.compile(
    r"^(.{5,30}?)\s*(?:\s[-–—|·•]|:|(?<=\d{4}-\d\d-\d\d))\s+(?=\S{2})"  # noqa: RUF001 - as written
)
_DAY_ALONE = re.compile(r"^\W*(\d{1,2})(?:st|nd|rd|th)?\W*$")
_HINTS = ("datetime", "title", "data-date", "data-time", "data-datetime", "data-published")
_SIGN, _BADGE = 2, 24  # characters
_UPDATE = re.compile(
    r"(?:last\s+)?(?:updated|modified|edited|revised)\b|(?:zuletzt\s+)?(?:aktualisiert|geändert)"
    r"|mis(?:e)? à jour|actualizado|atualizado|aggiornato|更新|수정|обновлено",
    re.IGNORECASE,
)
_DATE = 30  # characters; a longer text says more than a date
_FEW = 12  # elements that a date may be made of
_SHORT = 120  # characters; a date in a longer text is part of a sentence
_WHOLE_POST = 300  # words; no excerpt is that long


Period = tuple[int, int, int | None]
"""The place of a heading in the document, and the year and month that it names."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a card does not say itself: where its links start, how the page writes dates.

    ``letters`` counts the page's text beside navigation; ``periods`` are the headings that name a
    year or a month, by their place in the document.
    """

    base: str
    page_url: str
    reader: Reader
    letters: int = 1
    periods: "tuple[Period, ...]" = ()

    def period_at(self, place: int) -> tuple[int | None, int | None]:
        """Return the year and the month that the headings above a place name."""
        above = bisect_left(self.periods, place, key=lambda period: period[0])
        return self.periods[above - 1][1:] if above else (None, None)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One block, looked at closely."""

    block: Block
    around: Surroundings

    def card(self, *, link: str | None = None) -> Card | None:
        """Return the card, or None where no link leads to a post; ``link`` is better knowledge."""
        link = link or self.link
        if link is None:
            return None
        words = count_words(self.excerpt)
        origin, stated = self._dated
        return Card(
            link=link,
            title=self.title,
            summary=self.excerpt,
            stated=stated or (day := day_in_path(_path(self.url))),
            dated_by=origin if stated else DateOrigin.ADDRESS if day else None,
            tags=tuple(tags_of(self.block, reader=self.around.reader)),
            author=author_of(self.block),
            minutes=self._minutes,
            language=self.language,
            words=words if words >= _WHOLE_POST else None,
        )

    @property
    def _minutes(self) -> int | None:
        """The reading time; "Read more about <title>" may name other minutes."""
        texts = (shown for shown in self._short_texts() if self.title not in shown)
        return next(filter(None, map(minutes_in, texts)), None)

    @cached_property
    def title(self) -> str:
        """The title, without the date that a list of links may write before it."""
        return self._parted[1]

    @cached_property
    def _parted(self) -> tuple[Stated, str]:
        """The date before the title, if there is one, and the title itself."""
        whole = self._whole_title
        found = _DATE_BEFORE.match(plain_digits(whole))
        if found is None:
            return None, whole
        year, _ = self.around.period_at(self.block.title.start)
        before = self._reader.day(found[1]) or (
            self._reader.without_year(found[1], year=year) if year else None
        )
        return (before, whole[found.end() :]) if before else (None, whole)

    @cached_property
    def _whole_title(self) -> str:
        """The title, whole where a link's label has what the visible one cuts off."""
        shown = self._shown_title
        beginning = shown.rstrip(".… ")
        if beginning == shown or not beginning:
            return shown
        for anchor in self.block.anchors:
            for label in (anchor.get("title"), anchor.get("aria-label")):
                place = label.find(beginning)
                if place >= 0 and len(label) - place > len(shown):
                    return label[place:]
        return shown

    @property
    def _shown_title(self) -> str:
        """The title as it is shown, without a label or the mark of an anchor in it."""
        title = self.block.title
        beside = [e for e in title.elements() if e is not title and _is_no_word(e)]
        return text_of([title], without=beside) or title.text

    @cached_property
    def link(self) -> str | None:
        """The post's address as written: of the title, or of the card's one link."""
        inside = (e for e in self.block.title.elements() if e.tag == "a")
        around = (e for e in self.block.title.ancestors() if e.tag == "a")
        for anchor in (*inside, *around):
            if roles.may_lead_to_post(anchor):
                return anchor.get("href").strip()
        hrefs = {
            a.get("href").strip(): a
            for a in self.block.anchors
            if roles.may_lead_to_post(a) and self._is_of_this_site(a.get("href"))
        }
        named = [href for href, anchor in hrefs.items() if self._names_post(anchor)]
        return named[0] if len(named) == 1 else None

    @cached_property
    def url(self) -> str:
        """The absolute address, without the place in the page."""
        try:
            return urljoin(self.around.base, self.link or "").partition("#")[0]
        except ValueError:
            return ""

    @property
    def stated(self) -> Stated:
        """The date that the card shows."""
        return self._dated[1]

    @cached_property
    def _dated(self) -> tuple[DateOrigin | None, Stated]:
        """The date that the card shows, and where."""
        return next((dated for dated in self._dates() if dated[1]), (None, None))

    def _dates(self) -> Iterator[tuple[DateOrigin, Stated]]:
        """Give what the places state that may hold the date, the surest first."""
        reader = self._reader
        yield DateOrigin.LIST_MARKUP, _first(map(reader.stated, self._marked_dates()))
        yield DateOrigin.LIST_TEXT, self._parted[0]
        texts = sorted(self._short_texts(), key=_tells_of_update)
        yield DateOrigin.LIST_TEXT, _first(map(reader.day, texts))
        yield DateOrigin.LIST_MARKUP, _first(map(reader.stated, self._hinted_dates()))
        yield DateOrigin.LIST_HEADING, self._under_heading

    @property
    def _under_heading(self) -> Stated:
        """The day that stands without its year, or without its month, under a heading."""
        year, month = self.around.period_at(self.block.title.start)
        if year is None:
            return None
        days = (self._reader.without_year(t, year=year) for t in self._short_texts())
        numbers = filter(None, map(_DAY_ALONE.match, self._texts_before())) if month else ()
        alone = (found and day_of(year, month or 0, found[1]) for found in numbers)
        return _first(days) or _first(alone)

    @cached_property
    def excerpt(self) -> str:
        """The text under the title, without what else the card shows."""
        return excerpt_of(self.block, link=self.link or "", reader=self._reader)

    @cached_property
    def language(self) -> str | None:
        """The language that the card, or its title, is marked with; the page's own is not."""
        for element in (*self.block.title.elements(), *self.block.title.ancestors()):
            if element.tag in {"body", "html"}:
                return None
            if element.get("lang"):
                return element.get("lang")
        return None

    def _is_of_this_site(self, href: str) -> bool:
        try:
            host = urlsplit(urljoin(self.around.base, href.strip())).netloc
        except ValueError:
            return False
        return host in {urlsplit(self.around.base).netloc, urlsplit(self.around.page_url).netloc}

    @property
    def _reader(self) -> Reader:
        return self.around.reader

    def _names_post(self, anchor: Element) -> bool:
        """Whether a link beside the title is the post's: an overlay, "Read more", its date."""
        labels = (anchor.get("aria-label"), anchor.get("title"), anchor.text)
        return (
            roles.leads_on(anchor)
            or any(self.title in label for label in labels if label)
            or is_date(anchor.text, reader=self._reader)
        )

    def _marked_dates(self) -> Iterator[str]:
        """Give the values that the markup says are dates, the day of publication first."""
        outside = [e for e in self.block.elements if not self.block.title.holds(e)]
        times = [e for e in outside if e.tag == "time" or "datepublished" in _properties(e)]
        for element in sorted(times, key=_is_update):
            yield from (element.get("datetime"), element.get("content"), element.text)
        for element in outside:
            if roles.has(element, roles.DATE) and not _is_update(element):
                yield from (element.get("datetime"), element.get("title"), element.get("content"))
                shown = element.text
                yield shown if len(shown) <= _SHORT else ""

    def _hinted_dates(self) -> Iterator[str]:
        """Give what the markup holds beside "3 days ago"."""
        for element in self.block.elements:
            if element.tag not in {"a", "img"} and not self.block.title.holds(element):
                for name in _HINTS:
                    value = element.get(name)
                    yield value if len(value) <= _SHORT else ""

    def _texts_before(self) -> Iterator[str]:
        start = self.block.title.start
        return (element.text for element in self.block.elements if element.start < start)

    def _short_texts(self) -> Iterator[str]:
        """Give the short texts of the card beside its title: of one node, then of small groups."""
        title = self.block.title
        for element in self.block.elements:
            if not title.holds(element):
                yield from _short(child for child in element.children if isinstance(child, str))
        yield from _short(part for part in self.block.parts if isinstance(part, str))
        for element in self.block.elements:  # "4", "Jan" and "2024" in elements of their own
            if 1 < element.end - element.start <= _FEW and not (
                element.holds(title) or title.holds(element)
            ):
                yield from _short([element.text])


def _short(texts: "Iterator[str] | list[str]") -> Iterator[str]:
    return (shown for piece in texts if 3 <= len(shown := piece.strip()) <= _SHORT)  # noqa: PLR2004 - "4分"


def _is_no_word(element: Element) -> bool:
    """Whether an element in a title is a badge, or the sign that links to the title itself."""
    if element.tag == "a" and element.get("href").startswith("#"):
        return len(element.text) <= _SIGN
    return roles.has(element, roles.TAGS) and len(element.text) <= _BADGE


def _is_update(element: Element) -> bool:
    words = element.names | _properties(element)
    return not words.isdisjoint({"updated", "modified", "datemodified"}) and words.isdisjoint(
        {"published", "datepublished"}
    )


def _tells_of_update(text: str) -> bool:
    return bool(_UPDATE.match(text.lstrip(" (*·|")))


def _properties(element: Element) -> frozenset[str]:
    return frozenset(element.get("itemprop").lower().split())


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


_YEAR_ALONE = re.compile(r"^\W*(?:([^\W\d]+)\s+)?((?:19|20)\d\d)(?:\s*年)?\W*(?:\d+\W*)?$")
_COUNT_BEHIND = re.compile(r"\W*\(?\d*\)?\W*$")
_PERIOD_TAGS = roles.HEADINGS | {"dt", "summary", "caption", "strong", "li", "p", "th", "td"}


def is_period(title: str) -> bool:
    """Whether a title is but a year or a month: those lead to archives."""
    return bool(_YEAR_ALONE.match(title[:_SHORT]))


def is_date(shown: str, *, reader: Reader) -> bool:
    """Whether a text is but a date."""
    return len(shown) <= _DATE and reader.day(shown) is not None


def periods_of(root: Element, *, reader: Reader) -> tuple[Period, ...]:
    """Return the headings that name a year or a month, with their places.

    A month that stands alone is one of the year above it.
    """
    found: list[Period] = []
    for element in root.elements():
        if not (element.tag in _PERIOD_TAGS or {"year", "month"} & element.names):
            continue
        shown = element.text[:_SHORT]
        if year := _YEAR_ALONE.match(shown):
            found.append((element.start, int(year[2]), reader.month(year[1] or "")))
        elif found and (month := reader.month(_COUNT_BEHIND.sub("", shown))):
            found.append((element.start, found[-1][1], month))
    return tuple(found)


def _first(dates: "Iterable[Stated]") -> Stated:
    return next(filter(None, dates), None)
