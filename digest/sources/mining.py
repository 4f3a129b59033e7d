"""Chooses among the repeated blocks of a page those that are its list of posts."""

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from sys import maxsize
from urllib.parse import urlsplit

from digest.sources import roles
from digest.sources.blocks import Block, groups
from digest.sources.card import Card
from digest.sources.element import Element, text_of
from digest.sources.facts import Facts, Surroundings, is_date, is_period, periods_of
from digest.sources.written import Reader, day_in_path

_LEAST = 0.2  # of a group's score, below which it is no list of posts
_JOINING = 0.4  # of the best group's mark, for others that are posts too
_FILLING = 0.25  # of the mark, for a list that is all that the page holds
_BESIDE = 0.2
_DATED = 0.8
_LONG_TITLE, _LONG_TITLE_WORDS = 15, 3  # characters, words: more than menus have
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HYPHENS = 2  # in the last step of a path that is made from a title
_PLAIN = 0.25  # a mark of links without heading, date or text
_SERIES = 5  # plain links
_SECTION = 3  # posts; fewer lie in one folder by chance
_MOSTLY = 0.6
_OUTLYING = 0.6  # of the usual mark of a group: less is another kind of thing


@dataclass(frozen=True, kw_only=True)
class Found:
    """The cards of a list, in the order of the page, and the place they were found in."""

    cards: tuple[Card, ...] = ()
    shape: str = ""
    score: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Group:
    """Blocks of one kind that could be posts, and how much they look like it, from 0 to 1."""

    facts: tuple[Facts, ...]
    mark: float

    @property
    def score(self) -> float:
        """The mark, weighed by number and variety: one block alone is weak evidence."""
        count = len(self.facts)
        titles = len({fact.title.casefold() for fact in self.facts})
        return self.mark * count / (count + 0.5) * (titles / count)


class _Taken:
    """The cards that are chosen already: a title lies in one of them, or a card holds theirs."""

    def __init__(self) -> None:
        self._cards: list[tuple[int, int]] = []
        self._titles: list[int] = []

    def add(self, block: Block) -> None:
        insort(self._cards, (block.top.start, block.top.end))
        insort(self._titles, block.title.start)

    def overlaps(self, block: Block) -> bool:
        place = bisect_right(self._cards, (block.title.start, maxsize))
        if place and self._cards[place - 1][1] > block.title.start:
            return True
        first = bisect_left(self._titles, block.top.start)
        return first < len(self._titles) and self._titles[first] < block.top.end


def mine(root: Element, *, around: Surroundings) -> Found:
    """Return the posts that repeated blocks show, none where there are none."""
    marked = [group for blocks in groups(root) if (group := _group(blocks, around))]
    marked.sort(key=lambda group: group.score, reverse=True)
    if not marked or marked[0].score < _LEAST:
        return Found()
    chosen = _joined(marked)
    chosen.sort(key=lambda fact: fact.block.title.start)
    cards = tuple(card for fact in chosen if (card := fact.card()))
    return Found(cards=cards, shape=_shape(marked[0]), score=marked[0].score)


def surroundings_of(root: Element, *, base: str, page_url: str, reader: Reader) -> Surroundings:
    """Return what the cards of a page need to know of the rest of it."""
    return Surroundings(
        base=base,
        page_url=page_url,
        reader=reader,
        letters=len(text_of([root], without=_beside(root))) or 1,
        periods=periods_of(root, reader=reader),
    )


def _group(blocks: Sequence[Block], around: Surroundings) -> Group | None:
    """Return the blocks that lead to posts; those that look far less like it than most are none."""
    facts = [Facts(block=block, around=around) for block in blocks]
    marks = {
        id(fact): _mark(fact, count=len(blocks))
        for fact in facts
        if fact.link and not _is_home(fact.url, around.page_url) and not is_period(fact.title)
    }
    if not marks:
        return None
    if max(marks.values()) < _PLAIN and not _is_series([f.url for f in facts if id(f) in marks]):
        return None
    usual = median(marks.values())
    kept = [fact for fact in facts if marks.get(id(fact), -1.0) >= usual * _OUTLYING]
    kept = _without_notices(kept)
    mark = fmean(marks[id(fact)] for fact in kept)
    if len(kept) > 1 and not roles.is_outside(kept[0].block.top):
        letters = sum(len(text_of(fact.block.parts)) for fact in kept)
        mark += _FILLING * min(1.0, letters / around.letters)
    return Group(facts=tuple(kept), mark=mark)


def _without_notices(facts: Sequence[Facts]) -> list[Facts]:
    """Leave out what stands among dated posts without a date, and leads to another section."""
    dated = [fact for fact in facts if fact.stated is not None]
    section = _section([fact.url for fact in dated])
    if len(dated) < _MOSTLY * len(facts) or section is None:
        return list(facts)
    return [f for f in facts if f.stated is not None or _is_in(section, f.url)]


def _section(urls: Sequence[str]) -> str | None:
    """Return the one folder in which all these lie, or None; steps of numbers do not count."""
    folders = {_folder(url) for url in urls}
    return folders.pop() if len(folders) == 1 and len(urls) >= _SECTION else None


def _is_in(section: str, url: str) -> bool:
    """Whether an address lies in a section, above it or below it."""
    folder = _folder(url)
    return folder.startswith(section) or section.startswith(folder)


def _folder(url: str) -> str:
    parts = urlsplit(url)
    steps = [step for step in parts.path.rstrip("/").split("/")[:-1] if not step.isdigit()]
    return f"{parts.netloc}{'/'.join(steps)}/"


def _is_series(urls: Sequence[str]) -> bool:
    """Whether plain links are enough, and lie close enough to each other, to be a list of posts."""
    folders = Counter(url.rstrip("/").rpartition("/")[0] for url in urls)
    return len(urls) >= _SERIES and 2 * folders.most_common(1)[0][1] > len(urls)


def _beside(root: Element) -> list[Element]:
    return [e for e in root.elements() if e.tag == "head" or roles.is_beside(e)]


def _is_home(url: str, page_url: str) -> bool:
    """Whether a link leads to this page, or to the first page of a site."""
    try:
        parts, page = urlsplit(url), urlsplit(page_url)
    except ValueError:
        return True
    same = parts.netloc == page.netloc
    return (parts.path in {"", "/"} and not parts.query) or (
        same and parts.path.rstrip("/") == page.path.rstrip("/") and parts.query == page.query
    )


def _mark(fact: Facts, *, count: int) -> float:
    """Say how much a block looks like a post, from 0 to 1."""
    title = fact.block.title
    outside = title.parent if count == 1 else fact.block.top
    mark = 0.0
    if title.tag in roles.HEADINGS:
        mark += 0.2 if title.tag < "h5" else 0.1
    if any(roles.has(e, roles.TITLE) for e in title.elements()):
        mark += 0.15
    if _is_card(fact.block):
        mark += 0.1
    if _looks_like_post(fact.url):
        mark += 0.08
    if _is_long(fact.title):
        mark += 0.07
    if is_date(fact.title, reader=fact.around.reader):
        mark *= _BESIDE
    if outside is not None and roles.is_outside(outside):
        return mark * _BESIDE
    return mark + (0.25 if fact.stated is not None else 0.0) + (0.15 if fact.excerpt else 0.0)


def _is_long(title: str) -> bool:
    """Whether a title says more than menus do; one ideograph says as much as two letters."""
    letters = len(title) + len(_IDEOGRAPH.findall(title))
    return letters >= _LONG_TITLE or len(title.split()) >= _LONG_TITLE_WORDS


def _is_card(block: Block) -> bool:
    around = [e for e in block.title.ancestors() if block.top.holds(e)]
    return any(e.tag == "article" or roles.has(e, roles.CARD) for e in around)


def _looks_like_post(url: str) -> bool:
    path = urlsplit(url).path
    slug = path.rstrip("/").rpartition("/")[2]
    return bool(day_in_path(path)) or slug.count("-") + slug.count("_") >= _HYPHENS


def _joined(marked: Sequence[Group]) -> list[Facts]:
    """Return the best group's blocks with those of others that are posts as well."""
    best = marked[0]
    chosen = list(best.facts)
    dated = fmean(fact.stated is not None for fact in best.facts) >= _DATED
    section = _section([fact.url for fact in best.facts])
    names = frozenset[str]().union(*(_card_names(fact.block) for fact in best.facts))
    taken = _Taken()
    for fact in best.facts:
        taken.add(fact.block)
    for group in marked[1:]:
        if group.mark < best.mark * _JOINING or group.mark < _LEAST:
            continue
        for fact in group.facts:
            if taken.overlaps(fact.block):
                continue
            alike = _is_card(fact.block) and not names.isdisjoint(_card_names(fact.block))
            fits = (
                dated and fact.stated is not None and (section is None or _is_in(section, fact.url))
            )
            if fits or alike:
                chosen.append(fact)
                taken.add(fact.block)
    return chosen


def _card_names(block: Block) -> frozenset[str]:
    """Return what the elements around a title call themselves: "post", "card"."""
    around = (e for e in block.title.ancestors() if block.top.holds(e))
    return frozenset[str]().union(*((e.names | {e.tag}) & roles.CARD for e in around))


def _shape(group: Group) -> str:
    block = group.facts[0].block
    around = [block.title, *block.title.ancestors()]
    return "html " + ">".join(e.tag for e in reversed(around) if e.tag not in {"html", "body"})
