"""The first readers of an issue: how many, and what their answers mean for all others. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.limits import Count, Minutes, Share

FEWEST_BOUNCES, FEWEST_COMPLAINTS = 20, 3
"""Fewer prove nothing of an issue that is being sent, whatever share they are."""


@dataclass(frozen=True, kw_only=True)
class RingSettings:
    """How an issue starts: with a few readers of every mailbox provider, and a wait.

    ``share`` of the readers (0 to 1), but ``least`` of them, are the first; a share of 0 sends to
    all at once. When they have been served for ``wait_minutes``, the rest follows, unless more of
    them than these shares refused the letter for good, still put it off, complained, or left.
    """

    share: Share = 0.0
    least: Count = 200
    wait_minutes: Minutes = 30.0
    bounces: Share = 0.05
    deferrals: Share = 0.25
    complaints: Share = 0.001
    unsubscribes: Share = 0.02


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What is known of the first readers: how many of ``people`` did what.

    ``in_hand`` are the letters that have not been offered to a server yet, or are being offered.
    """

    people: int
    in_hand: int = 0
    bounced: int = 0
    deferred: int = 0
    complained: int = 0
    left: int = 0


@dataclass(frozen=True)
class Wait:
    """The rest waits; ``until`` is None as long as the first readers are still being served."""

    until: datetime | None


@dataclass(frozen=True)
class Widen:
    """The rest may follow."""


@dataclass(frozen=True)
class Stop:
    """The rest must not follow before a person said so; ``reason`` has the figures."""

    reason: str


Judgement = Wait | Widen | Stop


def size(candidates: int, *, settings: RingSettings) -> int:
    """Return how many of an issue's readers come first; 0 when all of them go together."""
    if not settings.share:
        return 0
    people = max(settings.least, math.ceil(candidates * settings.share))
    return people if people < candidates else 0


def judge(
    answers: Answers, *, settings: RingSettings, served_at: datetime | None, now: datetime
) -> Judgement:
    """Say what the answers of the first readers mean for all others.

    Refusals, complaints and departures never become fewer, so they stop an issue at once; a
    letter that was put off may be taken at the next try, so that counts when the wait is over.
    """
    until = served_at + timedelta(minutes=settings.wait_minutes) if served_at else None
    is_over = until is not None and now >= until
    too_many = [*_too_many(answers, settings=settings, is_over=is_over)]
    if too_many:
        return Stop("first ring: " + "; ".join(too_many))
    return Widen() if is_over else Wait(until)


def _too_many(answers: Answers, *, settings: RingSettings, is_over: bool) -> Iterator[str]:
    seen = [
        (answers.bounced, "refused for good", settings.bounces),
        (answers.deferred if is_over else 0, "still put off", settings.deferrals),
        (answers.complained, "called it spam", settings.complaints),
        (answers.left, "left the list", settings.unsubscribes),
    ]
    for count, words, limit in seen:
        if count > answers.people * limit:
            yield f"{count:,} of {answers.people:,} {words} ({share(count, answers.people, limit)})"


def is_too_much(count: int, *, of: int, limit: float, fewest: int) -> bool:
    """Whether so many of the letters offered so far should stop an issue that is being sent."""
    return count >= fewest and count > of * limit


def share(count: int, of: int, limit: float) -> str:
    """Write a share beside its limit, as ``7.0 %, limit 5 %``; cut, never rounded up."""
    places = 1 if limit >= 0.01 else 2  # noqa: PLR2004 - a per cent
    scale = 10**places
    cut = math.floor(100 * scale * count / of) / scale if of else 0
    return f"{cut:.{places}f} %, limit {100 * limit:.4g} %"
