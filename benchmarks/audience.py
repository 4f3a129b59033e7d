"""Reading an audience of 1,000,000 readers, one by one: who gets it, and the whole export."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from people import QUICK_READERS, READERS, Work, databases, memory_row, run, write_list
from rounds import Row

SECONDS = 10.0


def measure(*, quick: bool) -> list[Row]:
    """Return a row for each database and kind of reading, and one for the memory."""
    readers = QUICK_READERS if quick else READERS
    allowed = SECONDS * readers / READERS
    work: dict[str, Work] = {}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "list.csv"
        write_list(file, readers)
        for name, url in databases(Path(folder)):
            run("import", url, file=file)
            work[f"audience of {READERS:,} called, {name}"] = run("roll_call", url, file=file)
            work[f"export of {READERS:,}, {name}"] = run("export", url, file=file)
    rows: list[Row] = [
        {
            "name": name,
            "ratio": round(done.seconds / allowed, 2),
            "must": "<= 1" if name.startswith("audience") else "<= 3",
            "reference": f"{allowed:g} s",
            "note": done.note,
        }
        for name, done in work.items()
    ]
    most = max(done.memory for done in work.values())
    return [*rows, memory_row("memory of reading an audience", most)]


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
