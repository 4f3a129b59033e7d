"""Holds Ctrl-C back while work is under way: it ends the work, and does not break it off.

Python raises `KeyboardInterrupt` in the main thread wherever that is, so between "BEGIN" and the
block that would roll back, too: then the transaction stays open, and nobody can sign off.
"""

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held_back(*, end: Callable[[], None]) -> Iterator[threading.Event]:
    """Call ``end`` at the first Ctrl-C, and raise it when the block is left; a second one at once.

    Yields what is set when it came, for what ``end`` may have been too early. Where somebody else
    handles the signal, or this is no main thread, nothing is held back.
    """
    came = threading.Event()
    usual = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or usual is not signal.default_int_handler:
        yield came
        return

    presses: list[int] = []

    def note() -> None:
        came.set()
        end()

    def heed(number: int, _frame: FrameType | None) -> None:
        presses.append(number)
        signal.signal(signal.SIGINT, usual)  # whoever presses again will not wait
        _thread.start_new_thread(note, ())  # we may hold the very locks that this takes

    signal.signal(signal.SIGINT, heed)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, usual)
    if presses:
        raise KeyboardInterrupt
