"""The process that `people.py` and `audience.py` measure: imports, exports, or calls the roll."""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from memory import peak_memory

from digest.memory import collect_seldom
from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import audience, transfer_out
from subscribers.tokens import Keyring
from subscribers.transfer import PIECE, take
from subscribers.transfer_ahead import open_pieces
from subscribers.transfer_file import open_sheet
from subscribers.transfer_ready import Maker, Order

NOW = datetime(2026, 6, 15, 7, tzinfo=UTC)
_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def import_(database: Database, file: Path) -> int:
    """Import the file; return how many rows."""
    database.create()
    Base.metadata.create_all(database.engine)
    collect_seldom()
    count = 0
    with open_sheet(file) as sheet:
        order = Order(
            file=file.name,
            format=sheet.layout.shape.name,
            source="the list of the tool before",
            language="en",
            now=NOW,
            keyring=Keyring((b"the secret of a benchmark",)),
        )
        maker = Maker(sheet.layout, order)
        with open_pieces(sheet, maker=maker, size=PIECE) as pieces:
            for rows, _ in pieces:
                with database.begin() as session:
                    count += len(take(session, rows, maker=maker))
    return count


def roll_call(database: Database, _file: Path) -> int:
    """Read everybody with their fate; return how many."""
    with database.read() as session:
        return sum(1 for _ in audience.roll_call(session, now=NOW))


def export(database: Database, file: Path) -> int:
    """Write everybody as CSV; return how many."""
    count = 0
    with file.with_suffix(".out").open("w", encoding="utf-8") as out, database.read() as session:
        write = transfer_out.csv_writer(out)
        for count, one in enumerate(transfer_out.everybody(session), 1):  # noqa: B007 - told
            write(one)
    return count


WORKS: dict[str, Callable[[Database, Path], int]] = {
    "import": import_,
    "roll_call": roll_call,
    "export": export,
}


def _cpu() -> float:
    """Return the seconds of CPU of this process and of those that it has started."""
    used = [resource.getrusage(who) for who in _WHO]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Do the work that is named, and print what it took."""
    work, url, file = sys.argv[1:]
    database = Database(DatabaseSettings(url=url))
    start, cpu = time.perf_counter(), _cpu()
    rows = WORKS[work](database, Path(file))
    took = {"rows": rows, "seconds": time.perf_counter() - start, "cpu": _cpu() - cpu}
    database.close()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    memory = max(peak_memory(), children)
    print(json.dumps({**took, "memory": memory}))


if __name__ == "__main__":
    main()
