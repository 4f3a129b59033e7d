"""A relay 20 ms away: round trips decide, so letters in flight against one step at a time."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from cache import NotHereError
from letters import press
from receivers import sink
from references import SESSIONS, Run
from rounds import QUICK_ROUNDS, ROUNDS, Row, alternate, not_compared
from wire import source, wire_rate

DELAY_MS = 20
LOCK_STEP = f"lock step (smtp-source), {SESSIONS} sessions"
BARS = {"DATA": ">= 3.8", "BDAT, 4 in flight": ">= 12"}
LETTERS = {LOCK_STEP: 480, "DATA": 1_920, "BDAT, 4 in flight": 6_400}  # some seconds of each
TITLE = f"relay {DELAY_MS} ms away, {SESSIONS} connections, {{}}"


def measure(*, quick: bool) -> list[Row]:
    """Return a row for DATA and one for BDAT."""
    letters = {name: count // 2 if quick else count for name, count in LETTERS.items()}
    try:
        with (
            sink(delay_ms=DELAY_MS) as data,
            sink(delay_ms=DELAY_MS, chunking=True) as bdat,
            TemporaryDirectory() as folder,
        ):
            text = press().write_letter(Path(folder) / "letter")
            data_row, bdat_row = BARS
            contestants: dict[str, Callable[[], Run]] = {
                LOCK_STEP: partial(source, data, letters=letters[LOCK_STEP], text=text),
                data_row: partial(wire_rate, data, letters=letters[data_row], connections=SESSIONS),
                bdat_row: partial(
                    wire_rate, bdat, letters=letters[bdat_row], connections=SESSIONS, in_flight=4
                ),
            }
            result = alternate(contestants, rounds=QUICK_ROUNDS if quick else ROUNDS)
    except NotHereError as error:
        return [not_compared(TITLE.format(n), must=bar, reason=error) for n, bar in BARS.items()]
    return [
        result.row(name, to=LOCK_STEP, must=bar, title=TITLE.format(name))
        for name, bar in BARS.items()
    ]


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
