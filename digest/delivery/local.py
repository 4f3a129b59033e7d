"""Shares one issue among processes of this machine, and sees to it that none is left behind."""

import json
import logging
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from digest.clock import Clock

log = logging.getLogger(__name__)

MAX_REPLACED = 3
_LOOK_SECONDS = 0.5
_ENDED_WELL = frozenset({0, 3, 4})  # done, a person is needed, done in part: each says why


@dataclass(frozen=True, kw_only=True)
class Crew:
    """Child processes that all run one command of ours.

    ``command`` is what follows ``python -m digest``. ``stop`` makes them finish the letter in
    hand; so does our own death, by a pipe that closes with us.
    """

    command: Sequence[str]
    clock: Clock
    stop: Event

    def work(
        self,
        *,
        shares: Sequence[Sequence[str]],
        died: Callable[[], object],
        look: Callable[[], object] = lambda: None,
    ) -> str | None:
        """Run one child for each share (its own options) to its end; return what stood in the way.

        ``died`` is called when a child ended without a word, before it is replaced, which happens
        `MAX_REPLACED` times at most. ``look`` is called again and again meanwhile.
        """
        with _leash() as leash:
            watch = _Watch(crew=self, leash=leash, died=died)
            try:
                watch.children = [watch.start(share) for share in shares]
                while watch.children and not self.clock.wait(_LOOK_SECONDS, stop=self.stop):
                    watch.gather()
                    look()
            finally:
                watch.dismiss()
            look()
        return watch.trouble

    def start(self, share: Sequence[str], *, leash: int) -> subprocess.Popen[bytes]:
        """Start one child that feels it when we end."""
        return subprocess.Popen(  # noqa: S603 - our own program with our own options
            [sys.executable, "-m", "digest", *self.command, *share, "--leash", str(leash)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=(leash,),
        )


@dataclass(kw_only=True)
class _Child:
    share: Sequence[str]
    process: subprocess.Popen[bytes]


@dataclass(kw_only=True)
class _Watch:
    """The children that run, and how many died."""

    crew: Crew
    leash: int
    died: Callable[[], object]
    children: list[_Child] = field(default_factory=list)
    replaced: int = 0
    trouble: str | None = None

    def start(self, share: Sequence[str]) -> _Child:
        return _Child(share=share, process=self.crew.start(share, leash=self.leash))

    def gather(self) -> None:
        """Take in those that have ended; put another in the place of one that died."""
        ended = [child for child in self.children if child.process.poll() is not None]
        for child in ended:
            self.children.remove(child)
            if self._heard(child):
                continue
            self.died()
            if self.crew.stop.is_set():
                continue
            if self.replaced == MAX_REPLACED:
                log.error("it is not replaced: %d have died before", MAX_REPLACED)
                continue
            self.replaced += 1
            self.children.append(self.start(child.share))

    def dismiss(self) -> None:
        """Ask all to stop, and wait until each has put down its letter."""
        for child in self.children:
            child.process.terminate()
        for child in self.children:
            child.process.wait()
            if not self._heard(child):
                self.died()
        self.children.clear()

    def _heard(self, child: _Child) -> bool:
        """Read the last words of a child; False when it died without any."""
        assert child.process.stdout is not None  # noqa: S101 - it was started with a pipe
        with child.process.stdout as words:
            said = _last_words(words.read())
        code = child.process.returncode
        if code not in _ENDED_WELL or said is None:
            log.warning("a sending process ended with %d; its letters are taken over", code)
            return False
        self.trouble = self.trouble or said.get("trouble")
        return True


def _last_words(output: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(output)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


@contextmanager
def _leash() -> Iterator[int]:
    """Give the end of a pipe that closes, for whoever holds a copy, when this process ends."""
    end, ours = os.pipe()
    try:
        yield end
    finally:
        os.close(ours)
        os.close(end)


def heed(leash: int, *, stop: Event) -> None:
    """Set ``stop`` when the process at the other end of the leash is gone."""

    def wait() -> None:
        with os.fdopen(leash, "rb", buffering=0) as pipe:
            pipe.read(1)
        stop.set()

    Thread(target=wait, name="leash", daemon=True).start()


def shares_of(waiting: int, *, processes: int, per_process: int, connections: int) -> list[int]:
    """Divide the conversations of this machine among as many processes as the letters are worth.

    The mail server sees as many conversations at once as one process would hold.
    """
    count = max(min(processes, connections, math.ceil(waiting / per_process)), 1)
    most, more = divmod(connections, count)
    return [most + (number < more) for number in range(count)]
