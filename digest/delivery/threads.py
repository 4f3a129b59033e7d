"""Runs work in threads, and leaves none behind, whatever interrupts it."""

import threading
from collections.abc import Callable, Sequence

from digest.memory import collect_seldom, trim


def run_to_the_end(
    works: Sequence[Callable[[], None]],
    *,
    meanwhile: Callable[[Callable[[], bool]], None],
    halt: Callable[[], None],
) -> None:
    """Run each in a thread; whatever interrupts us, wait until each has put down its letter.

    ``meanwhile`` runs in this thread; what it is given tells whether all have come to their end.
    The end is an event: up to Python 3.12 a join that Ctrl-C interrupts takes its thread for ended.
    """
    collect_seldom()
    trim()
    ends: list[threading.Event] = []
    try:
        for number, work in enumerate(works):
            end = threading.Event()
            target = _followed_by(work, end.set)
            threading.Thread(target=target, name=f"sender-{number}", daemon=True).start()
            ends.append(end)
        meanwhile(lambda: all(end.is_set() for end in ends))
        for end in ends:
            end.wait()
    except BaseException:
        halt()
        for end in ends:
            end.wait()
        raise


def _followed_by(work: Callable[[], None], then: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        try:
            work()
        finally:
            then()

    return both
