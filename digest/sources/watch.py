"""Judges the new posts of one reading against what a source usually brings; pure.

A rebuilt site brings its archive again, a lapsed domain serves somebody else's words, a broken
generator dates everything today. Such a batch waits for a person, and the issue goes out without
it. What a source does every week, however odd, is not wrong: it is measured by its own history.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median
from urllib.parse import urlsplit

from digest.limits import Count
from digest.posts.identity import instant
from digest.posts.post import FetchedPost

MOST_DATES = 50  # of a history; more would remember habits that are long gone
WEEK = timedelta(days=7)
_HOUR = timedelta(hours=1)
_CLOCKS = timedelta(days=1)  # a date this far ahead is a time zone, not a mistake
_BELATED = timedelta(days=2)  # a post may show that long after its date
_FEWEST_DATES = 3  # fewer tell no cadence
# Where neighbours under one name are strangers to each other.
_PLATFORMS = frozenset(
    {
        "blogspot.com",
        "github.io",
        "gitlab.io",
        "hashnode.dev",
        "medium.com",
        "netlify.app",
        "pages.dev",
        "substack.com",
        "tumblr.com",
        "vercel.app",
        "wordpress.com",
    }
)
_SECOND_LEVEL = 3  # letters at most of the "co" in "co.uk"


class Alarm(StrEnum):
    """What looks wrong; `sentence` says it to the operator."""

    FLOOD = "flood"
    REPLAY = "replay"
    SAME_DATE = "same date"
    FUTURE = "future"
    LANGUAGE = "language"
    DOMAIN = "domain"
    DRIFT = "drift"

    @property
    def sentence(self) -> str:
        """Say what is suspected, without figures."""
        return _SENTENCES[self]


_SENTENCES: Mapping[Alarm, str] = {
    Alarm.FLOOD: "It brings many more posts than this source ever does.",
    Alarm.REPLAY: "Old posts come back as new ones; the site was probably rebuilt.",
    Alarm.SAME_DATE: "All its new posts carry one date; the site was probably imported or rebuilt.",
    Alarm.FUTURE: "Its new posts are dated in the future.",
    Alarm.LANGUAGE: "Its new posts are in a language that this source never used.",
    Alarm.DOMAIN: "Its new posts link to a site that this source never linked to; somebody else"
    " may hold the address now.",
    Alarm.DRIFT: "The page has another layout; what was found in it may not be its posts.",
}


@dataclass(frozen=True, kw_only=True)
class WatchSettings:
    """What a batch of new posts may be before it waits for a person.

    ``flood`` posts in a week are none, and neither is less than ``times`` what the source brought
    in its busiest week. Fewer posts than ``batch`` are no replay and no import. Links and
    languages are judged once ``learned`` posts are known.
    """

    flood: Count = 12
    times: Count = 3
    batch: Count = 5
    learned: Count = 10


@dataclass(frozen=True, kw_only=True)
class History:
    """What is known of a source, without posts in quarantine: those must teach nothing.

    ``dates`` are the effective instants of the newest posts, newest first, `MOST_DATES` at most.
    ``hosts`` and ``languages`` count posts, by the host of their link and by language tag.
    ``released_at`` is when a person last found a quarantined batch good: what came before is no
    part of another flood. ``shape`` and ``entries`` are those of the last good reading.
    """

    posts: int
    first_read_at: datetime | None = None
    last_success_at: datetime | None = None
    released_at: datetime | None = None
    dates: tuple[datetime, ...] = ()
    hosts: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    shape: str | None = None
    entries: int | None = None


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What one reading shows: its new posts, how many were known, and how many there are."""

    new: Sequence[FetchedPost]
    known: int
    total: int
    shape: str | None = None
    language: str | None = None


def cadence(dates: Sequence[datetime]) -> timedelta | None:
    """Return the usual time between two days with posts; None when too few dates tell."""
    days = sorted({date.date() for date in dates})
    if len(days) < _FEWEST_DATES:
        return None
    return timedelta(days=median((later - earlier).days for earlier, later in pairwise(days)))


def judge(
    arrival: Arrival, *, history: History, now: datetime, settings: WatchSettings
) -> tuple[Alarm, str] | None:
    """Return what is wrong with the new posts, with the reason in words, or None.

    A first reading has nothing to be compared with, and raises no alarm.
    """
    if history.first_read_at is None:
        return None
    case = _Case(arrival=arrival, history=history, now=now, settings=settings)
    for alarm, question in _QUESTIONS:
        reason = question(case)
        if reason:
            return alarm, reason
    return None


def site(host: str) -> str:
    """Return the part of a host name that one owner holds, as near as its shape can tell."""
    labels = host.lower().removeprefix("www.").split(".")
    if ".".join(labels[-2:]) in _PLATFORMS:
        return ".".join(labels[-3:])
    is_national = len(labels[-1]) == 2 and len(labels) > 2 and len(labels[-2]) <= _SECOND_LEVEL  # noqa: PLR2004 - "co.uk"
    return ".".join(labels[-3:] if is_national else labels[-2:])


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One reading beside its history; each question answers with a reason, or with None."""

    arrival: Arrival
    history: History
    now: datetime
    settings: WatchSettings

    def drift(self) -> str | None:
        """Ask whether a new layout shows other things than the old one did."""
        old, new = self.history.shape, self.arrival.shape
        if old is None or new is None or old == new:
            return None
        fresh, known = len(self.arrival.new), self.arrival.known
        if fresh > known or 2 * self.arrival.total < (self.history.entries or 0):
            return (
                f"the layout changed from {old} to {new}, and of {self.arrival.total} entries only"
                f" {known} are known ({self.history.entries or 0} were listed before)"
            )
        return None

    def domain(self) -> str | None:
        """Ask whether most links lead to sites of which none is known.

        The share of sites that were linked once is how likely a strange one is (Good-Turing):
        link blogs have many.
        """
        sites: Counter[str] = Counter()
        for host, posts in self.history.hosts.items():
            sites[site(host)] += posts
        once = sum(posts == 1 for posts in sites.values())
        if sites.total() < self.settings.learned or 10 * once > sites.total():
            return None
        found = Counter(site(urlsplit(post.url).hostname or "") for post in self.arrival.new)
        strange = Counter({name: posts for name, posts in found.items() if name not in sites})
        if 2 * strange.total() <= found.total():
            return None
        return (
            f"{strange.total()} of {found.total()} new links lead to {_most_common(strange)}, and"
            f" all {sites.total()} before led to {_most_common(sites)}"
        )

    def language(self) -> str | None:
        """Ask whether several posts come in a language of which none is known."""
        found = _primary(self.arrival.language)
        known: Counter[str] = Counter()
        for tag, posts in self.history.languages.items():
            known[_primary(tag)] += posts
        is_strange = found and known.total() >= self.settings.learned and found not in known
        if not is_strange or len(self.arrival.new) < self.settings.batch:
            return None
        return (
            f"{len(self.arrival.new)} new posts are in {found!r}, and all {known.total()} posts"
            f" before in {_most_common(known)}"
        )

    def replay(self) -> str | None:
        """Ask whether the archive came again: old dates, or nothing left that was known."""
        new, batch = self.arrival.new, self.settings.batch
        since = (self.history.last_success_at or self.now) - _BELATED
        old = [date for date in self._stated() if date < since]
        if len(old) >= batch and 2 * len(old) >= len(new):
            return (
                f"{len(old)} of {len(new)} new posts are dated before the last reading, from"
                f" {min(old):%Y-%m-%d} to {max(old):%Y-%m-%d}"
            )
        is_usual = len(new) <= self.settings.times * self._usual()
        if self.arrival.known or is_usual or min(len(new), self.history.posts) < batch:
            return None
        return f"all {len(new)} posts are new, and none of the {self.history.posts} before is left"

    def future(self) -> str | None:
        """Ask whether most posts are dated ahead of time."""
        ahead = [date for date in self._stated() if date > self.now + _CLOCKS]
        if len(ahead) < self.settings.batch or 2 * len(ahead) <= len(self.arrival.new):
            return None
        return (
            f"{len(ahead)} of {len(self.arrival.new)} new posts are dated in the future, up to"
            f" {max(ahead):%Y-%m-%d}"
        )

    def same_date(self) -> str | None:
        """Ask whether most posts are dated alike, more than this source ever had in one hour.

        An import that dates each post when it writes it takes seconds, or minutes.
        """
        date, posts = _most(self._stated())
        usual = _most(self._dates())[1]
        if date is None or 2 * posts <= len(self.arrival.new):
            return None
        if posts < self.settings.batch or posts <= self.settings.times * usual:
            return None
        return (
            f"{posts} of {len(self.arrival.new)} new posts are dated {date:%Y-%m-%d %H:%M} or in"
            f" the hour before, and never more than {usual} were so close"
        )

    def flood(self) -> str | None:
        """Ask whether a week brings many times what the source's busiest week did."""
        window, released = self._window(), self.history.released_at
        recent = [date for date in self._dates() if released is None or date > released]
        brought = _within(window, recent, end=self.now) + len(self.arrival.new)
        usual = self._usual()
        is_usual = brought <= max(self.settings.flood, self.settings.times * usual)
        if is_usual or not self.arrival.new:
            return None
        return (
            f"{len(self.arrival.new)} new posts make {brought} in {window.days} days, and"
            f" {usual:.0f} are the most that such a time brought before"
        )

    def _stated(self) -> list[datetime]:
        dates = (instant(post.published_at, post.published_on) for post in self.arrival.new)
        return [date for date in dates if date]

    def _dates(self) -> list[datetime]:
        """Return dates of known posts; undated ones of the first reading have its own."""
        return [date for date in self.history.dates if date != self.history.first_read_at]

    def _window(self) -> timedelta:
        return max(WEEK, self.now - (self.history.last_success_at or self.now))

    def _usual(self) -> float:
        """Return how many posts a window of this length brought at most, before this one.

        What is known of a young or busy source reaches less far back; its mean stands in.
        """
        window, dates = self._window(), self._dates()
        if not dates:
            return 0
        before = [date for date in dates if date <= self.now - window]
        busiest = max((_within(window, before, end=end) for end in before), default=0)
        span = max((self.history.last_success_at or self.now) - min(dates), timedelta(days=1))
        return max(busiest, len(dates) * (window / span))


_QUESTIONS: tuple[tuple[Alarm, Callable[[_Case], str | None]], ...] = (
    (Alarm.DRIFT, _Case.drift),
    (Alarm.DOMAIN, _Case.domain),
    (Alarm.LANGUAGE, _Case.language),
    (Alarm.REPLAY, _Case.replay),
    (Alarm.FUTURE, _Case.future),
    (Alarm.SAME_DATE, _Case.same_date),
    (Alarm.FLOOD, _Case.flood),
)


def _within(window: timedelta, dates: Sequence[datetime], *, end: datetime) -> int:
    return sum(end - window < date <= end for date in dates)


def _most(dates: Sequence[datetime]) -> tuple[datetime | None, int]:
    """Return the end of the hour that most of them are in, and how many are."""
    ordered = sorted(dates)
    ending = {
        end: bisect_right(ordered, end) - bisect_right(ordered, end - _HOUR) for end in ordered
    }
    return max(ending.items(), key=lambda hour: hour[1], default=(None, 0))


def _most_common(counts: Counter[str]) -> str:
    return ", ".join(name for name, _ in counts.most_common(3))


def _primary(tag: str | None) -> str:
    return (tag or "").partition("-")[0].lower()
