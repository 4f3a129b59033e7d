"""The cores of this machine: how many there are, and one for each process that sends."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)

_ABOUT_THIS_THREAD = Path("/proc/thread-self/stat")
_LAST_CORE = 36  # of its fields, counted behind the program's name (proc(5): processor)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def on_one_core(folder: Path) -> Iterator[int | None]:
    """Keep this thread, and those that it starts meanwhile, on a core of their own.

    Python runs one thread at a time. On several cores its lock is handed from one to another at
    nearly every system call, and that takes longer than what they do at once. Locked files in
    ``folder`` tell who is on which core. Gives its number; None, and nothing is changed, where
    there is no choice, or each core has somebody.
    """
    if cores() == 1 or not hasattr(os, "sched_setaffinity"):
        yield None
        return
    core, allowed = None, os.sched_getaffinity(0)
    with ExitStack() as held:
        try:
            core = _own_core(folder, allowed, held=held)
        except OSError as error:  # a sandbox may forbid it, or somebody else own the files
            log.info("a sender is not kept on one core: %s", error.strerror)
        try:
            yield core
        finally:
            if core is not None:
                _return_to(allowed)


def _own_core(folder: Path, allowed: set[int], *, held: ExitStack) -> int | None:
    """Go to the first core that is free, and hold it; the system has put us on a good one."""
    last = _last_core()
    for core in sorted(allowed, key=lambda core: (core != last, core)):
        if _is_ours(held.enter_context((folder / f"{core}.core").open("ab"))):
            os.sched_setaffinity(0, {core})
            return core
    return None


def _return_to(allowed: set[int]) -> None:
    try:
        os.sched_setaffinity(0, allowed)
    except OSError as error:  # somebody took them from us meanwhile, and put us elsewhere
        log.info("a sender stays where it is: %s", error.strerror)


def _is_ours(file: BinaryIO) -> bool:
    """Lock the file, until it is closed or we die; False when another has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last_core() -> int | None:
    """Return the core on which this thread ran last."""
    try:
        fields = _ABOUT_THIS_THREAD.read_text(encoding="ascii").rpartition(")")[2].split()
        return int(fields[_LAST_CORE])
    except (OSError, ValueError, IndexError):
        return None
