"""The two outputs of a command: the result on stdout, everything said to a person on stderr."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

OK = 0
FAILED = 1
USAGE = 2
NEEDS_PERSON = 3
IN_PART = 4
INTERRUPTED = 130
_LEAST = 20  # characters for the last column, however narrow the terminal is


class Step(Protocol):
    """Moves a bar on."""

    def __call__(self, steps: int = 1) -> None:
        """Move it by so many steps."""
        ...


class Output:
    """stdout carries the result and nothing else; stderr carries what a person may like to know."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json = as_json
        self._quiet = quiet

    def result(self, data: Any, text: str, *, code: int = OK) -> None:
        """Print the result: JSON when asked for, else the text.

        ``code`` is what the command will exit with: --quiet keeps silent about a success only,
        so that cron mails trouble and nothing else.
        """
        if self._as_json:  # in ASCII, which every encoding of stdout can carry
            sys.stdout.write(json.dumps(data, default=_plain) + "\n")
        elif not self._quiet or code != OK:
            sys.stdout.write(text + "\n")
        sys.stdout.flush()  # a reader that has left shows here, not when the interpreter ends

    def say(self, text: str) -> None:
        """Tell a person what is going on."""
        if not self._quiet:
            sys.stderr.write(text + "\n")

    @contextmanager
    def progress(self, what: str, *, total: int | None) -> Iterator[Step]:
        """Show a bar on a terminal while long work runs; yields the function that moves it on."""
        if self._quiet or not _can_draw():
            yield lambda _steps=1: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn(f"{what:<8}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda steps=1: progress.advance(task, steps)


def table(rows: Sequence[Sequence[object]], *, head: Sequence[str]) -> str:
    """Lay rows out in columns, plain; in a terminal the last one wraps, and nothing is ever cut."""
    cells = [list(head), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    before = sum(widths[:-1]) + 2 * (len(head) - 1)
    spare = max(shutil.get_terminal_size().columns - before, _LEAST)
    lines = []
    for *row, last in cells:
        parts = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        pieces = textwrap.wrap(last, spare) if sys.stdout.isatty() else [last]
        lines.append("  ".join([*parts, *pieces[:1]]).rstrip())
        lines += [" " * before + piece for piece in pieces[1:]]
    return "\n".join(lines)


def _can_draw() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _plain(value: Any) -> str:
    """Write what JSON has no form for: moments and days by ISO 8601, all else as its text."""
    return value.isoformat() if isinstance(value, date) else str(value)
