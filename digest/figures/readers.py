"""The list of readers in figures: how it grew, how people stand on it, who came to it of late."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from digest.charts.growth import Week
from digest.figures.weeks import week_name, week_of, week_starts
from digest.tables import ConsentEventRow, SubscriberRow, SuppressionRow
from subscribers.suppression import Reason
from subscribers.tables import ConsentKind, Status

_JOINED = (ConsentKind.CONFIRMED, ConsentKind.ADDED, ConsentKind.RESUBSCRIBED)
_LEFT = (ConsentKind.UNSUBSCRIBED, ConsentKind.REMOVED)
_TURNED_AWAY = (Reason.BOUNCE, Reason.COMPLAINT)


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """Of the people who asked to join since ``days`` ago: whose letter was taken, who confirmed."""

    days: int
    asked: int
    mailed: int
    confirmed: int


@dataclass(frozen=True, kw_only=True)
class Readers:
    """The list: how it grew week by week, how people stand on it now, and who came to it of late.

    ``standing`` has the words of the chips: confirmed, pending, paused, bounced, left.
    """

    weeks: tuple[Week, ...]
    standing: Mapping[str, int]
    funnel: Funnel


def count(session: Session, *, now: datetime, zone: ZoneInfo, pending_days: int) -> Readers:
    """Count the list; reads the evidence of consent once, which is a second for a million people.

    What was never confirmed is deleted after ``pending_days``, so that no longer time than that
    can tell who asked in vain.
    """
    standing = _standing(session, now=now)
    return Readers(
        weeks=_weeks(session, week_starts(now, zone=zone), total=_total(standing)),
        standing=standing,
        funnel=_funnel(session, now=now, days=pending_days),
    )


def _standing(session: Session, *, now: datetime) -> dict[str, int]:
    rows = session.execute(
        select(SubscriberRow.status, func.count()).group_by(SubscriberRow.status)
    )
    counts = Counter({Status(status): count for status, count in rows})
    paused = session.scalar(
        select(func.count()).where(
            SubscriberRow.status == Status.CONFIRMED, SubscriberRow.paused_until > now
        )
    )
    return {
        "confirmed": counts[Status.CONFIRMED] - (paused or 0),
        "pending": counts[Status.PENDING],
        "paused": paused or 0,
        "bounced": counts[Status.BOUNCED] + counts[Status.COMPLAINED],
        "left": counts[Status.UNSUBSCRIBED] + counts[Status.ERASED],
    }


def _total(standing: Mapping[str, int]) -> int:
    return standing["confirmed"] + standing["paused"]


def _weeks(session: Session, starts: Sequence[datetime], *, total: int) -> tuple[Week, ...]:
    """Count who came and went; how many there were is what is left when both are taken back."""
    joined, left = _flows(session, starts)
    joined.update(_imported(session, starts))
    left.update(_erased(session, starts))
    left.update(_turned_away(session, starts))
    weeks: list[Week] = []
    for place in reversed(range(len(starts))):
        name = week_name(starts[place])
        weeks.append(Week(label=name, joined=joined[place], left=left[place], total=max(total, 0)))
        total -= joined[place] - left[place]
    return tuple(reversed(weeks))


def _flows(session: Session, starts: Sequence[datetime]) -> tuple[Counter[int], Counter[int]]:
    """Count who joined and who left, as the evidence of consent has it, by the place of a week."""
    week = week_of(ConsentEventRow.at, starts)
    rows = session.execute(
        select(week, ConsentEventRow.kind, func.count())
        .where(ConsentEventRow.at >= starts[0], ConsentEventRow.kind.in_(_JOINED + _LEFT))
        .group_by(week, ConsentEventRow.kind)
    )
    joined, left = Counter[int](), Counter[int]()
    for place, kind, count in rows:
        (joined if kind in _JOINED else left)[place] += count
    return joined, left


def _imported(session: Session, starts: Sequence[datetime]) -> dict[int, int]:
    """Count those who came from another tool as readers, and not to be asked first."""
    week = week_of(ConsentEventRow.at, starts)
    rows = session.execute(
        select(week, func.count())
        .join(SubscriberRow, SubscriberRow.id == ConsentEventRow.subscriber_id)
        .where(
            ConsentEventRow.at >= starts[0],
            ConsentEventRow.kind == ConsentKind.IMPORTED,
            SubscriberRow.confirmed_at.is_not(None),
        )
        .group_by(week)
    )
    return {place: count for place, count in rows}  # noqa: C416 - rows are not pairs to mypy


def _erased(session: Session, starts: Sequence[datetime]) -> dict[int, int]:
    """Count those who were forgotten without having left before."""
    week, before = week_of(ConsentEventRow.at, starts), aliased(ConsentEventRow)
    has_left = exists().where(
        before.subscriber_id == ConsentEventRow.subscriber_id, before.kind.in_(_LEFT)
    )
    rows = session.execute(
        select(week, func.count())
        .where(
            ConsentEventRow.at >= starts[0], ConsentEventRow.kind == ConsentKind.ERASED, ~has_left
        )
        .group_by(week)
    )
    return {place: count for place, count in rows}  # noqa: C416 - rows are not pairs to mypy


def _turned_away(session: Session, starts: Sequence[datetime]) -> dict[int, int]:
    """Count those whose mail came back for good, or who called it spam."""
    week = week_of(SuppressionRow.since, starts)
    rows = session.execute(
        select(week, func.count())
        .where(SuppressionRow.since >= starts[0], SuppressionRow.reason.in_(_TURNED_AWAY))
        .group_by(week)
    )
    return {place: count for place, count in rows}  # noqa: C416 - rows are not pairs to mypy


def _funnel(session: Session, *, now: datetime, days: int) -> Funnel:
    since = now - timedelta(days=days)
    asked = (
        select(ConsentEventRow.subscriber_id)
        .where(ConsentEventRow.at >= since, ConsentEventRow.kind == ConsentKind.REQUESTED)
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(ConsentEventRow.kind, func.count(ConsentEventRow.subscriber_id.distinct()))
        .join(asked, asked.c.subscriber_id == ConsentEventRow.subscriber_id)
        .where(
            ConsentEventRow.at >= since,
            ConsentEventRow.kind.in_((ConsentKind.MAILED, ConsentKind.CONFIRMED)),
        )
        .group_by(ConsentEventRow.kind)
    )
    then = {kind: count for kind, count in rows}  # noqa: C416 - rows are not pairs to mypy
    return Funnel(
        days=days,
        asked=session.scalar(select(func.count()).select_from(asked)) or 0,
        mailed=then.get(ConsentKind.MAILED.value, 0),
        confirmed=then.get(ConsentKind.CONFIRMED.value, 0),
    )
