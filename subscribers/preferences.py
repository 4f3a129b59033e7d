"""What a reader chooses: topics, how often, the language, the form of the mail, and a pause."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from subscribers import consent
from subscribers.addresses import mask
from subscribers.errors import NotReadingError, PreferenceError, UnknownSubscriberError
from subscribers.tables import ConsentKind, Format, Pace, Status, SubscriberRow

PAUSE = timedelta(weeks=4)
_SAME_PAUSE = timedelta(days=1)  # a second click does not make a pause longer
_SLUG = re.compile(r"[^\s,]+")


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """One reader's choices, checked.

    ``topics`` are slugs in order; None is all topics, those to come too. ``language`` is a BCP 47
    tag.
    """

    topics: tuple[str, ...] | None = None
    pace: Pace = Pace.WEEKLY
    language: str = "en"
    format: Format = Format.HTML

    def __post_init__(self) -> None:
        """Refuse a choice of nothing: whoever wants no topic at all unsubscribes."""
        if self.topics == ():
            raise PreferenceError("choose at least one topic, or unsubscribe", field="topics")

    @classmethod
    def choose(
        cls,
        topics: Iterable[str] | None,
        *,
        offered: Collection[str],
        pace: str,
        language: str,
        languages: Collection[str],
        format: str,  # noqa: A002 - the word on the page, in the column and in the interface
    ) -> Self:
        """Make choices of what a form or a program sent.

        ``offered`` are the slugs of all topics there are: whoever ticks every one of them wants
        all. Raises `PreferenceError`, which names the field and never repeats what was sent.
        """
        return cls(
            topics=_topics(topics, offered=offered),
            pace=_one_of(Pace, pace, field="pace"),
            language=_listed(language, languages),
            format=_one_of(Format, format, field="format"),
        )

    def wants(self, topic: str) -> bool:
        """Whether posts of this topic, by its slug, are among the chosen."""
        return self.topics is None or topic in self.topics

    def as_evidence(self) -> dict[str, Any]:
        """Return the choices as they are kept with a consent event."""
        return {
            "topics": list(self.topics) if self.topics is not None else None,
            "pace": str(self.pace),
            "language": self.language,
            "format": str(self.format),
        }


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """How one person reads: their choices, and how they stand. ``masked`` is None once erased."""

    masked: str | None
    subscribed: bool
    preferences: Preferences
    paused_until: datetime | None  # in the future, or None


def joined(topics: Collection[str] | None) -> str | None:
    """Write topics as their column holds them: slugs in order, joined by commas."""
    return None if topics is None else ",".join(sorted(set(topics)))


def split(column: str | None) -> tuple[str, ...] | None:
    """Read topics as their column holds them."""
    return None if column is None else tuple(slug for slug in column.split(",") if slug)


def look(session: Session, *, subscriber_id: int, now: datetime) -> Subscription:
    """Return how somebody reads, or raise `UnknownSubscriberError`."""
    row = _row(session, subscriber_id)
    pausing = row.paused_until is not None and row.paused_until > now
    return Subscription(
        masked=mask(row.email) if row.email else None,
        subscribed=row.status == Status.CONFIRMED and row.email is not None,
        preferences=_of(row),
        paused_until=row.paused_until if pausing else None,
    )


def change(
    session: Session,
    *,
    subscriber_id: int,
    to: Preferences,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> bool:
    """Write these choices, from the next issue on; False when they were so before.

    Raises `UnknownSubscriberError`, and `NotReadingError` for somebody who gets no issues.
    """
    row = _reader(session, subscriber_id)
    before = _of(row)
    if before == to:
        return False
    _write(
        session,
        subscriber_id,
        topics=joined(to.topics),
        pace=to.pace,
        language=to.language,
        format=to.format,
    )
    told = {"before": before.as_evidence(), "after": to.as_evidence(), **(evidence or {})}
    _record(session, subscriber_id, now=now, source=source, evidence=told)
    return True


def pause(
    session: Session,
    *,
    subscriber_id: int,
    until: datetime,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> bool:
    """Send no issue that is frozen before ``until``; False when they pause until that day anyway.

    Raises `UnknownSubscriberError`, and `NotReadingError` for somebody who gets no issues.
    """
    before = _reader(session, subscriber_id).paused_until
    if before is not None and abs(before - until) < _SAME_PAUSE:
        return False
    told = {"before": _moment(before), "after": _moment(until), **(evidence or {})}
    _write(session, subscriber_id, paused_until=until)
    _record(session, subscriber_id, now=now, source=source, evidence=told)
    return True


def resume(
    session: Session,
    *,
    subscriber_id: int,
    now: datetime,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> bool:
    """End a pause; False when there was none. Raises as `pause` does."""
    before = _reader(session, subscriber_id).paused_until
    if before is None or before <= now:
        return False
    told = {"before": _moment(before), "after": None, **(evidence or {})}
    _write(session, subscriber_id, paused_until=None)
    _record(session, subscriber_id, now=now, source=source, evidence=told)
    return True


def _topics(wanted: Iterable[str] | None, *, offered: Collection[str]) -> tuple[str, ...] | None:
    if wanted is None:
        return None
    chosen = {slug for slug in wanted if _SLUG.fullmatch(slug)}
    if not chosen <= set(offered):
        raise PreferenceError("one of these topics does not exist", field="topics")
    return None if chosen == set(offered) else tuple(sorted(chosen))


def _one_of(kind: Any, value: str, *, field: str) -> Any:
    if value not in set(kind):
        raise PreferenceError(f"the {field} is one of {', '.join(kind)}", field=field)
    return kind(value)


def _listed(language: str, languages: Collection[str]) -> str:
    if language not in languages:
        raise PreferenceError(f"the language is one of {', '.join(languages)}", field="language")
    return language


def _reader(session: Session, subscriber_id: int) -> SubscriberRow:
    """Read and lock somebody who gets issues."""
    row = _row(session, subscriber_id, lock=True)
    if row.status != Status.CONFIRMED or row.email is None:
        raise NotReadingError("this person gets no issues")
    return row


def _row(session: Session, subscriber_id: int, *, lock: bool = False) -> SubscriberRow:
    query = select(SubscriberRow).where(SubscriberRow.id == subscriber_id)
    if lock:
        query = query.with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).first()
    if row is None:
        raise UnknownSubscriberError("nobody is known under this link")
    return row


def _of(row: SubscriberRow) -> Preferences:
    return Preferences(
        topics=split(row.topics),
        pace=Pace(row.pace),
        language=row.language,
        format=Format(row.format),
    )


def _write(session: Session, subscriber_id: int, **values: Any) -> None:
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == subscriber_id)
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )


def _record(
    session: Session, subscriber_id: int, *, now: datetime, source: str, evidence: dict[str, Any]
) -> None:
    consent.record(
        session,
        subscriber_id=subscriber_id,
        kind=ConsentKind.CHANGED,
        source=source,
        now=now,
        evidence=evidence,
    )


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
