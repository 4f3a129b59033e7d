"""The whole send over SQLite and PostgreSQL, in one process and in two, against smtp-source."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from books import Book, postgres_book, sqlite_book
from cache import NotHereError
from letters import press
from receivers import sink
from references import Run
from rounds import QUICK_ROUNDS, ROUNDS, Row, alternate, not_compared
from sending import send_rate
from wire import SOURCE, source

READERS, QUICK_READERS = 30_000, 4_000


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to send, and how fast it must be; ``data`` and ``bdat`` in sends of the reference."""

    name: str
    book: Callable[[int], AbstractContextManager[Book]]
    processes: int
    data: str
    bdat: str

    @property
    def rows(self) -> dict[str, str]:
        """The bar of each row by its name."""
        return {f"{self.name}, DATA": self.data, f"{self.name}, BDAT": self.bdat}


WAYS = (
    Way(
        name="whole send, SQLite, one process",
        book=sqlite_book,
        processes=1,
        data=">= 0.85",
        bdat=">= 1.4",
    ),
    Way(
        name="whole send, SQLite, two processes",
        book=sqlite_book,
        processes=2,
        data=">= 1.2",
        bdat=">= 1.8",
    ),
    Way(
        name="whole send, PostgreSQL, two workers",
        book=postgres_book,
        processes=2,
        data=">= 0.8",
        bdat=">= 1.1",
    ),
)


def measure(*, quick: bool) -> list[Row]:
    """Return two rows for each way."""
    return [row for way in WAYS for row in _measure(way, quick=quick)]


def _measure(way: Way, *, quick: bool) -> list[Row]:
    readers = QUICK_READERS if quick else READERS
    try:
        with (
            way.book(readers) as book,
            sink() as data,
            sink(chunking=True) as bdat,
            TemporaryDirectory() as folder,
        ):
            text = press().write_letter(Path(folder) / "letter")
            data_row, bdat_row = way.rows
            ours = partial(send_rate, book=book, processes=way.processes)
            contestants: dict[str, Callable[[], Run]] = {
                SOURCE: partial(source, data, letters=readers, text=text),
                data_row: partial(ours, data),
                bdat_row: partial(ours, bdat),
            }
            result = alternate(contestants, rounds=QUICK_ROUNDS if quick else ROUNDS)
    except NotHereError as error:
        return [not_compared(name, must=bar, reason=error) for name, bar in way.rows.items()]
    return [result.row(name, to=SOURCE, must=bar, title=name) for name, bar in way.rows.items()]


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
