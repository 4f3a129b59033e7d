"""What a monitor may know of an installation: counts and times, in the format of Prometheus."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from sqlalchemy import ColumnElement, Select, TextClause, exists, func, select
from sqlalchemy.orm import Session

from digest import fence
from digest.clock import Clock
from digest.delivery import gauge
from digest.editions.state import GOING, EditionState
from digest.tables import (
    WAITING,
    Base,
    DeliveryRow,
    EditionRow,
    EventRow,
    NoticeRow,
    OrphanRow,
    SourceRow,
)
from storage.database import Database

MEDIA_TYPE = CONTENT_TYPE_LATEST
_LAST_ISSUES = 3
_KEPT_SECONDS = 10.0
_TIMES_AS_LONG = 50
_BEGUN = sorted(GOING | {EditionState.PAUSED})


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was found at one moment.

    ``letters`` are those of the last issues, by period and state. ``queue`` counts the letters that
    wait, ``queued_since`` is when the oldest issue among theirs was sealed. ``done`` tells when
    something has last come to a good end. ``heard_at`` is when somebody last told what became of a
    letter, ``unmatched`` counts what nobody can place.
    """

    sources: Mapping[str, int]
    quarantined: int
    issues: Mapping[str, int]
    letters: Mapping[str, Mapping[str, int]]
    queue: int
    queued_since: datetime | None
    done: Mapping[str, datetime | None]
    heard_at: datetime | None
    unmatched: int
    notices: int


class Meter:
    """Answers with the figures, and counts no more often than the database can bear.

    An answer is kept for 10 seconds, or for fifty times as long as it took to count.
    """

    def __init__(self, database: Database, *, newsletter: str, clock: Clock) -> None:
        self._database = database
        self._newsletter = newsletter
        self._clock = clock
        self._turn = threading.Lock()
        self._kept = b""
        self._until = 0.0

    def text(self) -> bytes:
        """Return the figures as Prometheus reads them; `MEDIA_TYPE` says what they are."""
        with self._turn:
            began = self._clock.monotonic()
            if not self._kept or began >= self._until:
                with self._database.read() as session:
                    figures = read(session, newsletter=self._newsletter)
                self._kept = written(figures, now=self._clock.now())
                ended = self._clock.monotonic()
                self._until = ended + max(_KEPT_SECONDS, (ended - began) * _TIMES_AS_LONG)
            return self._kept


def read(session: Session, *, newsletter: str) -> Figures:
    """Count; the large tables are asked through their small indexes alone."""
    ours = EditionRow.newsletter == newsletter
    waiting, since = _queue(session, newsletter)
    sent = select(func.max(EditionRow.ended_at)).where(ours, EditionRow.state == EditionState.SENT)
    return Figures(
        sources=_counted(session, select(SourceRow.state, func.count()).group_by(SourceRow.state)),
        quarantined=_count(session, SourceRow, SourceRow.quarantined_at.is_not(None)),
        issues=_counted(
            session, select(EditionRow.state, func.count()).where(ours).group_by(EditionRow.state)
        ),
        letters=_letters(session, newsletter),
        queue=waiting,
        queued_since=since,
        done={
            "fetch": session.scalar(select(func.max(SourceRow.succeeded_at))),
            "run": fence.last_run(session),
            "send": session.scalar(sent),
        },
        heard_at=session.scalar(select(EventRow.received_at).order_by(EventRow.id.desc()).limit(1)),
        unmatched=_count(session, OrphanRow),
        notices=_count(session, NoticeRow, WAITING),
    )


def written(figures: Figures, *, now: datetime) -> bytes:
    """Write figures in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(figures, now))
    return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _Collected:
    """What Prometheus's library asks for its families."""

    figures: Figures
    now: datetime

    def collect(self) -> Iterator[Metric]:
        """Yield each family."""
        found = self.figures
        yield InfoMetricFamily("digest", "The program.", {"version": version("weekly-digest")})
        yield _by("digest_sources", "Sources, by how they were last read.", "state", found.sources)
        yield _one("digest_sources_quarantined", "Sources set apart.", found.quarantined)
        yield _by("digest_issues", "Issues, by state.", "state", found.issues)
        yield self._letters()
        yield _one("digest_queue_letters", "Letters that wait for their turn.", found.queue)
        age = (self.now - found.queued_since).total_seconds() if found.queued_since else 0
        yield _one("digest_queue_age_seconds", "Age of the oldest issue among them.", age)
        yield _by(
            "digest_last_success_timestamp_seconds",
            "When a job last came to a good end; 0 for never.",
            "job",
            {job: at.timestamp() if at else 0 for job, at in found.done.items()},
        )
        heard = found.heard_at.timestamp() if found.heard_at else 0
        yield _one("digest_event_timestamp_seconds", "When a letter was last heard of.", heard)
        yield _one("digest_events_unmatched", "Events that no letter fits.", found.unmatched)
        yield _one("digest_notices_waiting", "Confirmations and the like to go.", found.notices)

    def _letters(self) -> Metric:
        about = "Letters of the last issues, by state."
        family = GaugeMetricFamily("digest_letters", about, labels=("issue", "state"))
        for period, counts in self.figures.letters.items():
            for state, count in counts.items():
                family.add_metric((period, state), count)
        return family


def _by(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=(label,))
    for key, value in sorted(values.items()):
        family.add_metric((key,), value)
    return family


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _letters(session: Session, newsletter: str) -> dict[str, Mapping[str, int]]:
    last = session.execute(
        select(EditionRow.id, EditionRow.period, EditionRow.candidates)
        .where(EditionRow.newsletter == newsletter, EditionRow.frozen_at.is_not(None))
        .order_by(EditionRow.frozen_at.desc())
        .limit(_LAST_ISSUES)
    )
    figures = {
        period: gauge.read(session, id_, candidates=candidates or 0).counts
        for id_, period, candidates in last
    }
    return {
        period: {str(state): count for state, count in counts.items()}
        for period, counts in figures.items()
    }


def _queue(session: Session, newsletter: str) -> tuple[int, datetime | None]:
    is_open = exists().where(DeliveryRow.edition_id == EditionRow.id, WAITING)
    since = session.scalar(
        select(func.min(EditionRow.frozen_at)).where(
            EditionRow.newsletter == newsletter, EditionRow.state.in_(_BEGUN), is_open
        )
    )
    return _count(session, DeliveryRow, WAITING) if since else 0, since


def _counted(session: Session, query: Select[str, int]) -> dict[str, int]:
    rows = session.execute(query)
    return {name: count for name, count in rows}  # noqa: C416 - rows are not pairs to mypy


def _count(session: Session, table: type[Base], *where: ColumnElement[bool] | TextClause) -> int:
    query = select(func.count()).select_from(table).where(*where)
    return session.execute(query).scalar_one()
