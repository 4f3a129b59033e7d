"""Takes the events of requests that come at the same time in one go, in one transaction."""

import asyncio
import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest import reactions
from digest.clock import Clock
from digest.mail.event import MailEvent
from digest.reacting import ReactionSettings
from storage.database import Database

log = logging.getLogger(__name__)

_MOST = 2000  # events in one transaction, unless one request brings more


@dataclass(frozen=True, kw_only=True)
class _Brought:
    """What one request has brought, and who waits for it."""

    events: Sequence[MailEvent]
    loop: asyncio.AbstractEventLoop
    kept: "asyncio.Future[None]"


class Intake:
    """Keeps events and does what follows from them; any event loop may bring some.

    To keep a hundred events takes hardly longer than to keep one. So one thread keeps whatever
    has come by then, commits once, and looks again; who brought something only waits.
    """

    def __init__(self, database: Database, *, clock: Clock, settings: ReactionSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._waiting: deque[_Brought] = deque()
        self._is_at_work = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="webhooks")

    async def bring(self, events: Sequence[MailEvent]) -> None:
        """Have these kept; they are committed when this returns, or it raises why they are not."""
        loop = asyncio.get_running_loop()
        brought = _Brought(events=events, loop=loop, kept=loop.create_future())
        with self._lock:
            self._waiting.append(brought)
            begins, self._is_at_work = not self._is_at_work, True
        if begins:
            self._thread.submit(self._work)
        await brought.kept

    def _work(self) -> None:
        while group := self._next():
            self._keep(group)

    def _next(self) -> list[_Brought]:
        """Take what has come, as far as it fits into one transaction; none: the work is done."""
        group: list[_Brought] = []
        events = 0
        with self._lock:
            while self._waiting and (not group or events < _MOST):
                group.append(self._waiting.popleft())
                events += len(group[-1].events)
            self._is_at_work = bool(group)
        return group

    def _keep(self, group: Sequence[_Brought]) -> None:
        """Keep all in one go; where that fails, each alone, so that none hinders the others."""
        events = [event for brought in group for event in brought.events]
        try:
            self._database.together(lambda session: self._take(session, events))
        except Exception as error:  # noqa: BLE001 - whoever waits hears of it
            if len(group) == 1:
                _tell(group, error)
                return
            for brought in group:
                self._keep([brought])
            return
        _tell(group, None)

    def _take(self, session: Session, events: Sequence[MailEvent]) -> None:
        reactions.take(session, events, now=self._clock.now(), settings=self._settings)


def _tell(group: Iterable[_Brought], error: Exception | None) -> None:
    """Tell whoever waits, each event loop once: to wake one takes longer than to tell it more."""
    waiting = defaultdict[asyncio.AbstractEventLoop, list["asyncio.Future[None]"]](list)
    for brought in group:
        waiting[brought.loop].append(brought.kept)
    for loop, some in waiting.items():
        try:
            loop.call_soon_threadsafe(_end, some, error)
        except RuntimeError:
            log.info("a request had ended before its events were kept")


def _end(waiting: Iterable["asyncio.Future[None]"], error: Exception | None) -> None:
    for kept in waiting:
        if kept.done():  # it was given up
            continue
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(error)
