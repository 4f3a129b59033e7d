"""Asks which sources are due, reads them in threads, and saves what each one shows."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.errors import UsageError
from digest.http import Client
from digest.posts import store
from digest.processes import Processes
from digest.sources.claim import Seen, claim, is_claimed
from digest.sources.fetch import Fetched, Source, fetch
from digest.sources.further import Reach
from digest.sources.guard import Parser
from digest.sources.recipe import Recipe
from digest.sources.record import record
from digest.sources.settings import PollSettings
from digest.sources.state import State
from digest.sources.watch import Alarm, WatchSettings
from digest.tables import SourceRow
from storage.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PollResult:
    """How the reading of one source ended, and how many posts it brought.

    ``held`` of the new ones wait for a person: all of them when an ``alarm`` was raised.
    """

    source_id: int
    name: str
    state: State
    detail: str | None = None
    new: int = 0
    changed: int = 0
    known: int = 0
    held: int = 0
    alarm: Alarm | None = None


Report = Callable[[PollResult], None]
"""Told of each source when it is done; calls never overlap."""


def poll(  # noqa: PLR0913 - its parts, its moment, its choice
    database: Database,
    *,
    client: Client,
    parser: Parser,
    now: Callable[[], datetime],
    settings: PollSettings,
    watch: WatchSettings = WatchSettings(),  # noqa: B008 - a frozen value
    recipes: Mapping[str, Recipe] = MappingProxyType({}),
    processes: Processes,
    due_only: bool,
    names: Collection[str] | None = None,
    report: Report = lambda _: None,
    stop: threading.Event | None = None,
) -> list[PollResult]:
    """Read the sources that are due (or all, or those named); return how each one ended.

    Paused sources are left alone, and so are those that another poller took first. ``stop`` ends
    it between two sources. ``now`` is asked for each source: a claim lasts from when it is made,
    and a post is first seen when it is saved. ``recipes`` are for listing pages, by the names of
    their sources; one that stands in a source's own row wins. Unknown names raise `UsageError`.
    """
    with database.read() as session:
        rows = _waiting(session, now=now(), processes=processes, due_only=due_only, names=names)
    waiting = [
        _Waiting(source=_source_of(row, recipe=recipes.get(row.name)), seen=Seen.of(row))
        for row in rows
    ]
    queues = _by_host(waiting, per_host=settings.per_host)
    with (
        processes.enter() as name,
        ThreadPoolExecutor(settings.threads, thread_name_prefix="poll") as threads,
    ):
        run = _Poll(
            database=database,
            client=client,
            parser=parser,
            now=now,
            settings=settings,
            watch=watch,
            name=name,
            report=report,
            stop=stop or threading.Event(),
        )
        try:
            for done in [threads.submit(run.read_all, queue) for queue in queues]:
                done.result()
        finally:
            run.end()
    return run.results


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    """A source to be read, and how it looked when we decided so."""

    source: Source
    seen: Seen


def _waiting(
    session: Session,
    *,
    now: datetime,
    processes: Processes,
    due_only: bool,
    names: Collection[str] | None,
) -> list[SourceRow]:
    rows = session.scalars(select(SourceRow).order_by(SourceRow.id)).all()
    unknown = sorted(set(names or ()) - {row.name for row in rows})
    if unknown:
        raise UsageError(f"there is no source named {', '.join(unknown)}; see: digest source list")
    return [
        row
        for row in rows
        if row.paused_at is None
        and (names is None or row.name in names)
        and not (due_only and row.next_check_at and row.next_check_at > now)
        and not is_claimed(row, now=now, processes=processes)
    ]


def _source_of(row: SourceRow, *, recipe: Recipe | None) -> Source:
    return Source(
        id=row.id,
        name=row.name,
        url=row.url,
        kind=row.kind,
        recipe=row.recipe or (asdict(recipe) if recipe else None),
        etag=row.etag,
        last_modified=row.last_modified,
        entries=row.entries,
        failures=row.failures,
    )


def _by_host(waiting: Sequence[_Waiting], *, per_host: int) -> list[list[_Waiting]]:
    """Split the sources into queues, each read one after the other; the longest first."""
    hosts: dict[str, list[_Waiting]] = defaultdict(list)
    for item in waiting:
        hosts[urlsplit(item.source.url).netloc.lower()].append(item)
    queues = [found[lane::per_host] for found in hosts.values() for lane in range(per_host)]
    return sorted(filter(None, queues), key=len, reverse=True)


class _Poll:
    """One poll: what its threads share."""

    def __init__(  # noqa: PLR0913 - its parts
        self,
        *,
        database: Database,
        client: Client,
        parser: Parser,
        now: Callable[[], datetime],
        settings: PollSettings,
        watch: WatchSettings,
        name: str,
        report: Report,
        stop: threading.Event,
    ) -> None:
        self.results: list[PollResult] = []
        self._database = database
        self._client = client
        self._parser = parser
        self._now = now
        self._settings = settings
        self._reach = Reach(pages=settings.pages, completions=settings.completions)
        self._watch = watch
        self._name = name
        self._report = report
        self._stop = stop
        self._ended = threading.Event()
        # One saves at a time: two sources may list the same post, and only the second of two
        # transactions in a row can see that it is known.
        self._saving = threading.Lock()

    def end(self) -> None:
        """Let no thread begin another source."""
        self._ended.set()

    def read_all(self, queue: Sequence[_Waiting]) -> None:
        """Read the sources of one host, one after the other."""
        for position, waiting in enumerate(queue):
            if position and self._stop.wait(self._settings.gap_seconds):
                return
            if self._stop.is_set() or self._ended.is_set():
                return
            if self._claim(waiting):
                self._read(waiting.source)

    def _claim(self, waiting: _Waiting) -> bool:
        lease = self._now() + timedelta(minutes=self._settings.lease_minutes)
        with self._saving, self._database.begin() as session:
            return claim(session, waiting.seen, name=self._name, until=lease)

    def _read(self, source: Source) -> None:
        """Read, save and report one source; its troubles are its own."""
        try:
            fetched = fetch(
                source,
                client=self._client,
                parser=self._parser,
                now=self._now(),
                reach=self._reach,
                is_known=self._is_settled,
                pause=lambda: self._stop.wait(self._settings.gap_seconds),
                keep=self._settings.capture,
            )
        except Exception as error:  # noqa: BLE001 - one bad blog never hurts another
            fetched = _failed(source, error)
        with self._saving:
            try:
                result = self._save(source, fetched)
            except Exception as error:  # noqa: BLE001 - words that the database refuses, say
                result = self._save(source, _failed(source, error))
            self.results.append(result)
            self._report(result)

    def _is_settled(self, url: str) -> bool:
        with self._database.read() as session:
            return store.is_settled(session, url, now=self._now())

    def _save(self, source: Source, fetched: Fetched) -> PollResult:
        with self._database.begin() as session:
            recorded = record(
                session,
                source_id=source.id,
                fetched=fetched,
                now=self._now(),
                interval=timedelta(minutes=self._settings.interval_minutes),
                watch=self._watch,
            )
        saved, alarm = recorded.saved, recorded.alarm
        return PollResult(
            source_id=source.id,
            name=source.name,
            state=recorded.state,
            detail=f"quarantined: {alarm.sentence}" if alarm else fetched.detail,
            new=saved.new,
            changed=saved.changed,
            known=saved.known,
            held=saved.held,
            alarm=alarm,
        )


def _failed(source: Source, error: Exception) -> Fetched:
    log.debug("source %d failed", source.id, exc_info=error)
    return Fetched(state=State.FAILED, detail=f"an unforeseen error ({type(error).__name__})")
