"""How often Python looks for cycles of garbage: seldom, where much work leaves none."""

import gc

_SELDOM = 50_000  # new objects between two looks; Python's own is 700


def collect_seldom() -> None:
    """Look seldom, in this process from now on.

    Letters and rows of lists leave no cycles, and are so many objects that looking took a tenth to
    a fifth of the work.
    """
    if gc.get_threshold()[0] < _SELDOM:
        gc.freeze()  # what is loaded by now stays; to look for garbage in it takes a tenth second
        gc.set_threshold(_SELDOM, *gc.get_threshold()[1:])
