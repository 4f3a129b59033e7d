"""Ten times the readers: the same time for each letter, and no more memory."""

import sys
from statistics import mean

from books import sqlite_book
from cache import NotHereError
from receivers import Sink, sink
from references import Run
from rounds import Row, not_compared
from sending import send_rate

READERS, QUICK_READERS = 100_000, 2_000
MORE = 10
MEMORY = 100_000_000  # bytes, of a process
SLOWER = 1.1
TITLES = {
    "time for each letter, with ten times the readers": f"<= {SLOWER}",
    "memory of a process": "<= 1",
}


def measure(*, quick: bool) -> list[Row]:
    """Return a row for the time and one for the memory."""
    readers = QUICK_READERS if quick else READERS
    try:
        with sink(chunking=True) as receiver:
            few = [_send(receiver, readers)]
            many = _send(receiver, readers * MORE)
            few.append(_send(receiver, readers))
    except NotHereError as error:
        return [not_compared(name, must=bar, reason=error) for name, bar in TITLES.items()]
    return _rows(few, many)


def _send(receiver: Sink, readers: int) -> Run:
    with sqlite_book(readers) as book:
        return send_rate(receiver, book)


def _rows(few: list[Run], many: Run) -> list[Row]:
    """Compare CPU, which other processes of the machine disturb less than the clock."""
    before = mean(run.cpu_us for run in few)
    time, memory = TITLES
    return [
        {
            "name": time,
            "ratio": round(many.cpu_us / before, 2),
            "must": TITLES[time],
            "reference": f"{few[0].letters:,} readers",
            "note": f"{many.cpu_us:.0f} us of CPU for {many.letters:,}, {before:.0f} us for"
            f" {few[0].letters:,}; {many.rate:,.0f} and {mean(r.rate for r in few):,.0f} letters/s",
        },
        {
            "name": memory,
            "ratio": round(many.memory / MEMORY, 2),
            "must": TITLES[memory],
            "reference": f"{MEMORY / 1e6:.0f} MB",
            "note": f"{many.memory / 1e6:.0f} MB with {many.letters:,} readers,"
            f" {few[0].memory / 1e6:.0f} MB with {few[0].letters:,}",
        },
    ]


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
