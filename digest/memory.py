"""What a process that works long does about its memory: it seldom looks for garbage, and trims."""

import ctypes
import gc

_SELDOM = 50_000  # new objects between two looks; Python's own is 700


def collect_seldom() -> None:
    """Look for cycles of garbage seldom, in this process from now on.

    Letters and rows of lists leave no cycles, and are so many objects that looking took a tenth to
    a fifth of the work.
    """
    if gc.get_threshold()[0] < _SELDOM:
        gc.freeze()  # what is loaded by now stays; to look for garbage in it takes a tenth second
        gc.set_threshold(_SELDOM, *gc.get_threshold()[1:])


def trim() -> None:
    """Give memory that is free back to the system, where the C library has a way to (glibc).

    By itself it gives back only what lies behind everything that is in use. After a freeze for
    1,000,000 readers on SQLite that is next to nothing of 50 MB.
    """
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if give_back is not None:
        give_back(0)
