"""Saves what costs more than most tests: to start parsers, to compile SQL, to wait for a disk."""

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache

from digest.sources import guard
from digest.sources.guard import Parser, _Process
from digest.sources.settings import ParserSettings
from storage import database

MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
_ROOM = 4 << 30  # bytes free, for the databases and folders of two test processes
_START, _CLOSE = guard._start, Parser.close


class KeptProcesses:
    """Processes whose parser was closed; the next parser with the same settings takes them over.

    One that broke down, or was late, has been ended by its parser and does not come here.
    """

    def __init__(self) -> None:
        self._idle: defaultdict[ParserSettings, list[_Process]] = defaultdict(list)

    def start(self, settings: ParserSettings) -> _Process:
        """Return a living process: a kept one, or a new one."""
        idle = self._idle[settings]
        while idle:
            kept = idle.pop()
            if kept.process.poll() is None:
                return kept
            kept.kill()
        return _START(settings)

    def keep(self, parser: Parser) -> None:
        """Keep what a parser ends with."""
        for child in parser._children:
            with child._lock:
                if child._running:
                    self._idle[child._settings].append(child._running)
                    child._running = None

    def end(self) -> None:
        """End them all."""
        for kept in (process for idle in self._idle.values() for process in idle):
            kept.kill()


def _closing(kept: KeptProcesses) -> Callable[[Parser], None]:
    def close(parser: Parser) -> None:
        kept.keep(parser)

    return close


@contextmanager
def kept_processes() -> Iterator[None]:
    """Keep processes meanwhile."""
    kept = KeptProcesses()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "_start", kept.start)
        patch.setattr(Parser, "close", _closing(kept))
        try:
            yield
        finally:
            kept.end()


@contextmanager
def new_processes() -> Iterator[None]:
    """Start and end each process as the product does, for tests of just that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "_start", _START)
        patch.setattr(Parser, "close", _CLOSE)
        yield


class KeptStatements(LRUCache[Any, Any]):
    """Compiled statements of one kind of database, whichever engine asks.

    SQLAlchemy's key begins with the engine's own dialect; all of ours are made alike.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the compiled statement, if any."""
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


@contextmanager
def kept_statements() -> Iterator[None]:
    """Let every `Database` find the statements that another has compiled."""
    statements: defaultdict[str, KeptStatements] = defaultdict(lambda: KeptStatements(2000))

    def create(*arguments: Any, **settings: Any) -> Engine:
        engine = create_engine(*arguments, **settings)
        engine._compiled_cache = statements[engine.dialect.name]
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", create)
        yield


def memory() -> Path | None:
    """Return where files need not wait for a disk, if there is room for all that tests write."""
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > _ROOM else None


def folder_in_memory(prefix: str) -> Path:
    """Make a folder that need not outlive a power cut."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory()))
