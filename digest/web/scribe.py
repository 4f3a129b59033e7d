"""Writes what requests bring at the same time in one transaction, while they wait without a thread.

To keep what a hundred requests bring takes hardly longer than to keep what one does. So one thread
keeps whatever has come by then, commits once, and looks again; who brought something only waits.
"""

import asyncio
import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from digest.clock import Clock
from storage.database import Database
from storage.together import Work

log = logging.getLogger(__name__)

V = TypeVar("V")
T = TypeVar("T")

_COMPANY = 0.0005
"""Seconds given to those who come at the same time: those who were just answered ask again.

Without it they split into two groups, one of which always waits for the other.
"""


@dataclass(frozen=True, kw_only=True)
class _Brought(Generic[V, T]):
    """What one request has brought, and who waits for what becomes of it."""

    value: V
    loop: asyncio.AbstractEventLoop
    outcome: "asyncio.Future[T]"


class Scribe(Generic[V, T]):
    """Does ``work`` on what is brought to it, all at once; any event loop may bring something.

    ``work`` is what `Database.together_all` takes. One transaction takes up to ``most`` values, by
    the ``weight`` of each, and one that is heavier than that alone.
    """

    def __init__(
        self,
        database: Database,
        work: Work[V, T],
        *,
        clock: Clock,
        name: str,
        most: int = 100,
        weight: Callable[[V], int] = lambda _: 1,
    ) -> None:
        self._database = database
        self._work = work
        self._clock = clock
        self._most = most
        self._weight = weight
        self._lock = threading.Lock()
        self._waiting: deque[_Brought[V, T]] = deque()
        self._is_at_work = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def write(self, value: V) -> T:
        """Return what the work does; it is committed then, or this raises why it is not."""
        loop = asyncio.get_running_loop()
        brought = _Brought[V, T](value=value, loop=loop, outcome=loop.create_future())
        with self._lock:
            self._waiting.append(brought)
            begins, self._is_at_work = not self._is_at_work, True
        if begins:
            self._thread.submit(self._write_all)
        return await brought.outcome

    def _write_all(self) -> None:
        while True:
            self._clock.sleep(_COMPANY)
            group = self._next()
            if not group:
                return
            self._serve(group)

    def _next(self) -> list[_Brought[V, T]]:
        """Take what has come, as far as it fits into one transaction; none: the work is done."""
        group: list[_Brought[V, T]] = []
        weight = 0
        with self._lock:
            while self._waiting and (not group or weight < self._most):
                group.append(self._waiting.popleft())
                weight += self._weight(group[-1].value)
            self._is_at_work = bool(group)
        return group

    def _serve(self, group: Sequence[_Brought[V, T]]) -> None:
        """Do all in one go; where that fails, each alone, so that none hinders the others."""
        values = [brought.value for brought in group]
        try:
            results = self._database.together(lambda session: self._work(session, values))
        except Exception as error:  # noqa: BLE001 - whoever waits hears of it
            if len(group) == 1:
                _tell(group, [partial(_fail, group[0].outcome, error)])
                return
            for brought in group:
                self._serve([brought])
            return
        _tell(
            group,
            [
                partial(_succeed, brought.outcome, result)
                for brought, result in zip(group, results, strict=True)
            ],
        )


def _tell(group: Sequence[_Brought[Any, Any]], news: Sequence[Callable[[], None]]) -> None:
    """Tell whoever waits, each event loop once: to wake one takes longer than to tell it more."""
    waiting = defaultdict[asyncio.AbstractEventLoop, list[Callable[[], None]]](list)
    for brought, one in zip(group, news, strict=True):
        waiting[brought.loop].append(one)
    for loop, some in waiting.items():
        try:
            loop.call_soon_threadsafe(_tell_here, some)
        except RuntimeError:
            log.info("a request had ended before what it brought was kept")


def _tell_here(news: Sequence[Callable[[], None]]) -> None:
    for one in news:
        one()


def _succeed(outcome: "asyncio.Future[T]", result: T) -> None:
    if not outcome.done():  # it was given up
        outcome.set_result(result)


def _fail(outcome: "asyncio.Future[Any]", error: Exception) -> None:
    if not outcome.done():
        outcome.set_exception(error)
