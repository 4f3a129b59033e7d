"""How fast letters may leave to one receiving provider: it falls when asked, and recovers. Pure.

Additive increase, multiplicative decrease, as TCP finds its share of a line (RFC 5681): a
provider that asks us to slow down gets nothing for a minute, then half of what it got before, and
from then on a little more each minute until the limit is lifted. How many letters are under way to
it at once falls and recovers in the same way, where that is what it complains of.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from digest.mail.outcome import Outcome, Stage, Verdict

FIRST = 60.0
"""Letters a minute for a provider that asks for the first time."""
LEAST = 1.0
GAIN = 10.0
"""By how many letters a minute the rate grows each minute."""
FREE = 600.0
"""At this rate the limit is lifted."""
AT_ONCE = 4
"""Letters under way at once from one process, as taken for given when that is too many."""
MORE_AT_ONCE = 0.5
"""By how many letters at once the limit grows each minute."""
FREE_AT_ONCE = 20.0
"""At so many the limit is lifted."""
HINTS = 5
"""So many letters put off in a row, and none taken, are understood as being asked."""

_TURN = timedelta(minutes=1)  # how far ahead turns are given out, and how long a pause is
_FARTHEST = 15  # turns; then it may look better, and who was put off asks again

_ABOUT_RECEIVERS = frozenset({Stage.RCPT, Stage.DATA, Stage.TEXT, Stage.DOT})
_CLOSING = 421
_NOT_NOW = range(400, 500)
_GREYLIST = re.compile(r"gr[ae]y\W?list|postgrey|first time", re.IGNORECASE)
_PLEA = re.compile(
    r"\brate\b|rate.?limit|too (?:many|much|fast)|slow(?:ing)? down|throttl|unusual|unexpected"
    r" volume|\bRP-00\d|\b(?:connection|message|sending) limit",
    re.IGNORECASE,
)
_CROWD = re.compile(
    r"(?:too many|maximum|max\.?|limit|exceed\w*|concurrent\w*|simultaneous\w*|parallel)\b"
    r"[^.;]{0,40}\b(?:connection|session|channel)s?\b"
    r"|\b(?:connection|session|channel)s?\b[^.;]{0,30}\b(?:limit|exceed\w*|concurren\w*)"
    r"|concurrency",
    re.IGNORECASE,
)
_BY_ONE = 12.0  # letters a minute for each that may be under way: an answer takes a few seconds
_RATE_CODES = frozenset({"4.7.28", "4.7.650", "4.7.651", "4.7.652"})  # Gmail, Microsoft
_MAILBOX = "4.2."  # RFC 3463: of this mailbox alone


class Sign(Enum):
    """What a refusal says about the pace to its receiving provider."""

    NONE = auto()
    HINT = auto()  # once is chance
    PLEA = auto()


@dataclass(frozen=True, kw_only=True)
class Flow:
    """How a provider takes letters since it asked us to slow down.

    ``rate`` is in letters a minute, ``at_once`` the letters that may be under way from one process
    (infinite: any number); both grow from ``changed_at`` on, and before that nothing leaves.
    ``next_at`` is when the next letter may. ``said`` is how we were asked, at ``asked_at``; None
    where that was not kept.
    """

    rate: float
    changed_at: datetime
    next_at: datetime
    said: str = ""
    at_once: float = math.inf
    asked_at: datetime | None = None


def sign_of(outcome: Outcome) -> Sign:
    """Read a refusal; one that asks every new sender to come again (greylisting) says nothing."""
    code = outcome.code or 0
    if (
        outcome.verdict is not Verdict.RETRY
        or outcome.stage not in _ABOUT_RECEIVERS
        or code not in _NOT_NOW
        or _GREYLIST.search(outcome.text)
    ):
        return Sign.NONE
    enhanced = outcome.enhanced or ""
    if code == _CLOSING or enhanced in _RATE_CODES or _PLEA.search(outcome.text):
        return Sign.PLEA
    return Sign.NONE if enhanced.startswith(_MAILBOX) or not outcome.counted else Sign.HINT


def rate_at(flow: Flow, now: datetime) -> float:
    """Return the rate that a provider has recovered to."""
    minutes = max((now - flow.changed_at) / _TURN, 0.0)
    return flow.rate + GAIN * minutes


def places_at(flow: Flow, now: datetime) -> float:
    """Return how many letters may be under way at once by now; infinite: any number."""
    minutes = max((now - flow.changed_at) / _TURN, 0.0)
    places = max(flow.at_once, 1.0) + MORE_AT_ONCE * minutes
    return places if places < FREE_AT_ONCE else math.inf


def is_over(flow: Flow, now: datetime) -> bool:
    """Tell whether a provider has been quiet so long that nothing limits it any more."""
    return rate_at(flow, now) >= FREE and math.isinf(places_at(flow, now))


def over_at(flow: Flow) -> datetime:
    """Return when nothing limits a provider any more, if it stays quiet."""
    minutes = max((FREE - flow.rate) / GAIN, 0.0)
    if math.isfinite(flow.at_once):
        minutes = max(minutes, (FREE_AT_ONCE - max(flow.at_once, 1.0)) / MORE_AT_ONCE)
    return flow.changed_at + minutes * _TURN


def unlimited(now: datetime) -> Flow:
    """Return how a provider takes letters that has never asked."""
    return Flow(rate=FREE, changed_at=now, next_at=now)


def slowed(flow: Flow | None, *, now: datetime, said: str, wait: float | None = None) -> Flow:
    """Return what follows when a provider asks us to slow down, for ``wait`` seconds or more.

    One that complains of too many connections gets fewer letters at once, and each other one fewer
    a minute. Letters that were under way when it asked hear the same: they halve nothing again.
    """
    resumes = now + max(timedelta(seconds=wait or 0), _TURN)
    if flow and now < flow.changed_at:
        later = max(flow.changed_at, now + timedelta(seconds=wait or 0))
        return replace(flow, changed_at=later, next_at=max(flow.next_at, later))
    if flow is None or is_over(flow, now):
        flow = unlimited(now)
    rate, places = rate_at(flow, now), places_at(flow, now)
    if _CROWD.search(said):
        places = max(min(places, AT_ONCE) / 2, 1.0)
    else:
        rate = max((2 * FIRST if rate >= FREE else rate) / 2, LEAST)
    return Flow(
        rate=min(rate, FREE),
        at_once=places,
        changed_at=resumes,
        next_at=resumes,
        said=said,
        asked_at=now,
    )


def book(
    flow: Flow, letters: int, *, now: datetime, cap: float = math.inf, under_way: int = 0
) -> tuple[int, Flow]:
    """Return how many of these letters may leave now, and how the flow stands after them.

    Turns are given out a minute ahead: so many are with all senders at once, and no more.
    ``cap`` is the most letters a minute that the settings allow, ``under_way`` what this process
    has given out to the provider and not heard of.
    """
    if now < flow.changed_at:
        return 0, flow
    rate = _rate(flow, now, cap)
    begin = max(flow.next_at, now)
    room = math.floor(rate * (1 - (begin - now) / _TURN) + 1e-6)
    places = places_at(flow, now)
    if math.isfinite(places):
        room = min(room, math.floor(places) - under_way)
    granted = max(min(letters, room), 0)
    return granted, replace(flow, next_at=begin + granted / rate * _TURN)


def turns(
    flow: Flow, letters: int, *, now: datetime, cap: float = math.inf
) -> Iterator[tuple[int, datetime]]:
    """Yield when those may ask again who got no turn: so many at that time, minute by minute."""
    portion = max(math.floor(_rate(flow, now, cap)), 1)
    first = max(flow.next_at, now + timedelta(seconds=1))
    for turn in range(_FARTHEST):
        some = letters if turn == _FARTHEST - 1 else min(portion, letters)
        if some:
            yield some, first + turn * _TURN
        letters -= some


def _rate(flow: Flow, now: datetime, cap: float) -> float:
    return max(min(rate_at(flow, now), cap, _BY_ONE * places_at(flow, now)), LEAST)
