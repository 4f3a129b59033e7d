"""Parses in child processes with limits, so that a hostile page cannot stop the week."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import LifoQueue
from types import TracebackType
from typing import Self

from digest.errors import DigestError
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.candidates import Signposts
from digest.sources.child import ANSWERS, JOBS, READY, SIGNPOSTS, Answer, Job
from digest.sources.settings import ParserSettings
from digest.sources.state import State
from digest.surroundings import for_child

_START_SECONDS = 60.0  # a loaded machine takes its time to import the parsers
_LARGEST_ANSWER = 64_000_000  # bytes


class ParserError(DigestError, RuntimeError):
    """The process that parses does not start."""


class Parser:
    """A few child processes that parse; one object serves any number of threads.

    Use it as a context manager: at its end the children end too.
    """

    def __init__(self, settings: ParserSettings | None = None) -> None:
        settings = settings or ParserSettings()
        self._children = [_Child(settings) for _ in range(settings.processes)]
        self._idle: LifoQueue[_Child] = LifoQueue()
        for child in self._children:
            self._idle.put(child)

    def parse(self, kind: str, page: Page, *, recipe: Mapping[str, str] | None = None) -> Reading:
        """Return what the page shows, or raise `UnreadableError`; waits for an idle child.

        ``recipe`` holds the selectors of a `Recipe` by its own names; it is for listing pages.
        """
        answer = self._answer(kind, page, recipe=recipe)
        if answer.reading is None:
            raise UnreadableError(answer.reason, state=answer.state)
        return answer.reading

    def signposts(self, page: Page) -> Signposts:
        """Return which feeds the page names, or raise `UnreadableError`."""
        answer = self._answer(SIGNPOSTS, page, recipe=None)
        if answer.signposts is None:
            raise UnreadableError(answer.reason, state=answer.state)
        return answer.signposts

    def _answer(self, kind: str, page: Page, *, recipe: Mapping[str, str] | None) -> Answer:
        job = Job(
            kind=kind, url=page.url, headers=page.headers, recipe=dict(recipe) if recipe else None
        )
        child = self._idle.get()
        try:
            return child.answer(JOBS.dump_json(job), page.content)
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """End the children; waits for those that are still at work."""
        for child in self._children:
            child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True)
class _Process:
    process: subprocess.Popen[bytes]
    connection: Connection

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.connection.close()


class _Child:
    """One process, started when it is first needed, and again after it died."""

    def __init__(self, settings: ParserSettings) -> None:
        self._settings = settings
        self._running: _Process | None = None
        self._lock = threading.Lock()

    def answer(self, job: bytes, content: bytes) -> Answer:
        with self._lock:
            return self._answer(job, content)

    def stop(self) -> None:
        with self._lock:
            self._stop()

    def _answer(self, job: bytes, content: bytes) -> Answer:
        try:
            answer = ANSWERS.validate_json(self._ask(job, content))
        except BaseException:  # late, dead or interrupted: nothing may be left for the next page
            self._stop()
            raise
        if answer.state == State.TOO_LARGE_TO_PARSE:
            self._stop()  # what ran out of memory once is in no state to go on
        return answer

    def _ask(self, job: bytes, content: bytes) -> bytes:
        connection = self._started()
        try:
            connection.send_bytes(job)
            connection.send_bytes(content)
            if connection.poll(self._settings.seconds):
                return connection.recv_bytes(_LARGEST_ANSWER)
        except (EOFError, OSError) as error:
            raise UnreadableError(
                "the parser broke down over it", state=State.TOO_LARGE_TO_PARSE
            ) from error
        raise UnreadableError(
            f"it was not parsed within {self._settings.seconds:g} seconds",
            state=State.TOO_SLOW_TO_PARSE,
        )

    def _started(self) -> Connection:
        """Return the connection to a living process."""
        if self._running and self._running.process.poll() is not None:
            self._stop()
        if self._running is None:
            self._running = _start(self._settings)
        return self._running.connection

    def _stop(self) -> None:
        if self._running:
            self._running.kill()
            self._running = None


def _start(settings: ParserSettings) -> _Process:
    """Start a fresh interpreter: a fork of a process with threads may inherit a held lock.

    It gets a session of its own, so that Ctrl-C in a terminal reaches only us.
    """
    ours, theirs = Pipe()
    limits = [str(settings.seconds), str(settings.memory)]
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own module, no outside words
            [sys.executable, "-P", "-m", "digest.sources.child", str(theirs.fileno()), *limits],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=for_child(),
        )
    started = _Process(process, ours)
    try:
        if ours.poll(_START_SECONDS) and ours.recv_bytes() == READY:
            return started
        reason = "it says nothing"
    except (EOFError, OSError):
        reason = "it ends at once"
    started.kill()
    raise ParserError(f"the process that parses feeds does not start: {reason}")
