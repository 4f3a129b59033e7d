"""A core for each process that sends: which one, who else has it, and what becomes of it."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self, TypeVar

import pytest
from books import send_to
from sending import Office

from digest.cores import cores, on_one_core
from digest.delivery.settings import DeliverySettings
from digest.providers.carrier import Connection
from digest.providers.memory import MemoryCarrier
from storage.database import Database

T = TypeVar("T")
_HOLDER = """
import sys
from pathlib import Path
from digest.cores import on_one_core

with on_one_core(Path(sys.argv[1])) as core:
    print(core, flush=True)
    sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or cores() == 1, reason="there is one core, or no choice"
)


@pytest.fixture(autouse=True)
def two_cores() -> Iterator[None]:
    """Let this thread, and what it starts, have two cores of however many there are."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:2])
    yield
    os.sched_setaffinity(0, before)


def test_a_sender_and_the_threads_that_it_starts_stay_on_one_core(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    with on_one_core(tmp_path) as core:
        assert os.sched_getaffinity(0) == {core}
        assert _in_a_thread(lambda: os.sched_getaffinity(0)) == {core}
    assert core in before
    assert os.sched_getaffinity(0) == before


def test_each_sender_has_another_core_and_one_too_many_has_none(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    with ExitStack() as senders:
        held = [senders.enter_context(_Holder(tmp_path)).core for _ in allowed]
        assert sorted(held) == sorted(map(str, allowed))
        with on_one_core(tmp_path) as core:
            assert core is None
            assert os.sched_getaffinity(0) == allowed


def test_the_core_of_a_sender_that_was_killed_is_free(tmp_path: Path) -> None:
    with ExitStack() as senders:
        held = [senders.enter_context(_Holder(tmp_path)) for _ in os.sched_getaffinity(0)]
        held[0].kill()
        with on_one_core(tmp_path) as core:
            assert str(core) == held[0].core


def test_a_process_that_may_use_one_core_only_has_no_choice(tmp_path: Path) -> None:
    def bound() -> tuple[int, int | None]:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # of this thread alone
        with on_one_core(tmp_path) as core:
            return cores(), core

    assert _in_a_thread(bound) == (1, None)


def test_a_sender_that_cannot_have_the_files_stays_where_it_is(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    with on_one_core(tmp_path / "nowhere") as core:
        assert core is None
        assert os.sched_getaffinity(0) == before


def test_a_sender_whose_cores_were_taken_away_meanwhile_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, on_one_core(tmp_path) as core:
        patch.setattr(os, "sched_setaffinity", _refuse)
    assert core is not None


def _refuse(_pid: int, _cores: set[int]) -> None:
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def test_all_conversations_of_a_sender_are_held_on_the_same_core(
    database: Database, tmp_path: Path
) -> None:
    carrier = _Watched()
    office = Office(
        database=database,
        edition=send_to(database, readers=20),
        folder=tmp_path,
        settings=DeliverySettings(connections=3),
    )
    before = os.sched_getaffinity(0)
    office.send(carrier)
    assert len(carrier.cores) == 3
    assert len(set(map(frozenset, carrier.cores))) == len(carrier.cores[0]) == 1
    assert os.sched_getaffinity(0) == before


class _Watched(MemoryCarrier):
    """Takes every letter, and remembers which cores a conversation may use."""

    def __init__(self) -> None:
        super().__init__()
        self.cores: list[set[int]] = []

    def connect(self) -> Connection:
        """Begin a conversation."""
        self.cores.append(os.sched_getaffinity(0))
        return super().connect()


class _Holder:
    """A process on a core of its own, until the block ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.core = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate("")

    def kill(self) -> None:
        """Let it die as it would by `kill -9`."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def _in_a_thread(work: Callable[[], T]) -> T:
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]
