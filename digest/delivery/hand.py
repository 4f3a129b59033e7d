"""Which letters a worker has in hand, in a file that outlives it.

A letter that kills its worker must not kill the next one for ever. Only those in hand when it
died are suspects; all others that it had claimed are innocent.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WIDTH = 20  # digits of a delivery's id, and a line end


class Hand:
    """One place per thread in one file; a plain write(2) survives the death of the process."""

    def __init__(self, path: Path) -> None:
        self.suspects: set[int] = set()  # at these a thread broke down, and the process lives on
        self._path = path
        self._file = path.open("wb", buffering=0)

    def close(self) -> None:
        """End in good order: nothing is in hand any more."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    @contextmanager
    def holding(self, delivery_id: int, *, place: int) -> Iterator[None]:
        """Note that the thread of this place works on this letter."""
        self._write(delivery_id, place)
        try:
            yield
        finally:
            self._write(0, place)

    def _write(self, delivery_id: int, place: int) -> None:
        line = f"{delivery_id:>{_WIDTH - 1}}\n".encode("ascii")
        os.pwrite(self._file.fileno(), line, place * _WIDTH)  # never into another's file


def in_hand(path: Path) -> frozenset[int]:
    """Return the letters that a worker held when it died; none when nothing tells."""
    try:
        lines = path.read_bytes().split()
    except FileNotFoundError:
        return frozenset()
    return frozenset(int(line) for line in lines if line.isdigit()) - {0}
