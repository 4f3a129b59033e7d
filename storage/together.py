"""Writes that come at the same time, done together: one transaction, and one wait for the disk."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

V = TypeVar("V")
T = TypeVar("T")
Work = Callable[[Session, Sequence[V]], Sequence[T]]
Begin = Callable[[], AbstractContextManager[Session]]

_MOST = 32  # in one transaction, so that the first of them does not wait for a crowd


@dataclass(frozen=True, kw_only=True)
class _Job(Generic[V, T]):
    """Work on one value; ``turn`` is set when it is done, or when its thread is to lead."""

    work: Work[V, T]
    value: V
    outcome: "Future[T]" = field(default_factory=Future)
    turn: threading.Event = field(default_factory=threading.Event)


class Together:
    """Does the work of many threads in transactions that they share.

    The first thread leads: it does its own work and whatever others have brought by then, commits
    once, and hands the lead to one of those who came in the meantime. Nobody waits for company:
    a thread that comes alone has a transaction of its own, at once.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._lock = threading.Lock()
        self._waiting: deque[_Job[Any, Any]] = deque()
        self._is_led = False

    def do(self, work: Work[V, T], value: V) -> T:
        """Do ``work`` on ``value`` in a transaction; return its result once that is committed.

        ``work`` takes values and returns the result of each, in their order: neighbours with the
        same work are handed to it at once. When any of a group fails, all of it is rolled back and
        each is done again alone: so a failure is nobody else's, and ``work`` must write nowhere
        but in its session.
        """
        job = _Job(work=work, value=value)
        with self._lock:
            self._waiting.append(job)
            leads, self._is_led = not self._is_led, True
        if not leads:
            job.turn.wait()
        if not job.outcome.done():
            self._lead()
        return job.outcome.result()

    def _lead(self) -> None:
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        try:
            self._serve(group)
        finally:
            with self._lock:
                self._is_led = bool(self._waiting)
                if self._is_led:
                    self._waiting[0].turn.set()
            for job in group:
                job.turn.set()

    def _serve(self, group: Sequence[_Job[Any, Any]]) -> None:
        try:
            with self._begin() as session:
                results = [
                    result
                    for work, jobs in groupby(group, key=lambda job: job.work)
                    for result in work(session, [job.value for job in jobs])
                ]
        except BaseException as error:  # noqa: BLE001 - each thread hears of its own
            self._serve_apart(group, error)
            return
        for job, result in zip(group, results, strict=True):
            job.outcome.set_result(result)

    def _serve_apart(self, group: Sequence[_Job[Any, Any]], error: BaseException) -> None:
        if len(group) == 1:
            group[0].outcome.set_exception(error)
            return
        for job in group:
            self._serve([job])
