"""Through a real Postfix on this machine, which keeps its queue on disk: it decides how fast."""

import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from books import Book, sqlite_book
from cache import NotHereError
from letters import press
from references import Run, smtp_source
from relay_host import Relay, postfix
from rounds import QUICK_ROUNDS, ROUNDS, Row, alternate, not_compared
from sending import send

READERS, QUICK_READERS = 2_000, 320
BARS = {4: ">= 1.0", 16: ">= 1.1"}
SOURCE = "smtp-source -N -F, {} sessions"
TITLE = "whole send through a local Postfix, {} connections"


def measure(*, quick: bool) -> list[Row]:
    """Return a row for each number of connections."""
    letters = QUICK_READERS if quick else READERS
    try:
        with sqlite_book(letters) as book, postfix() as relay, TemporaryDirectory() as folder:
            text = press().write_letter(Path(folder) / "letter")
            contestants = _contestants(relay, book, text=text)
            result = alternate(contestants, rounds=QUICK_ROUNDS if quick else ROUNDS)
    except NotHereError as error:
        return [not_compared(TITLE.format(n), must=bar, reason=error) for n, bar in BARS.items()]
    return [
        result.row(TITLE.format(n), to=SOURCE.format(n), must=bar, title=TITLE.format(n))
        for n, bar in BARS.items()
    ]


def _contestants(relay: Relay, book: Book, *, text: Path) -> dict[str, Callable[[], Run]]:
    """Return ours and the reference for each number of connections; each drains the queue."""
    turns = count(1)

    def drained(run: Callable[[], Run]) -> Run:
        result = run()
        relay.await_drain(next(turns) * book.readers)
        return result

    contestants: dict[str, Callable[[], Run]] = {}
    for number in BARS:
        source = partial(smtp_source, relay.port, letters=book.readers, text=text, sessions=number)
        ours = partial(send, relay.port, book, connections=number)
        contestants[SOURCE.format(number)] = partial(drained, source)
        contestants[TITLE.format(number)] = partial(drained, ours)
    return contestants


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
