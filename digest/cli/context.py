"""What every command shares: the global options, the two outputs, and how the app is opened."""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from digest.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.config import Configuration

OK = 0
NEEDS_PERSON = 3
IN_PART = 4
INTERRUPTED = 130
_WIDTH = 80


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that may stand anywhere on the command line."""

    config: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    dry_run: bool = False
    at: str | None = None


class Output:
    """stdout carries the result and nothing else; stderr carries what a person may like to know."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def result(self, data: Any, text: str) -> None:
        """Print the result: JSON when asked for, else the text; nothing with --quiet."""
        if self._options.json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
        elif not self._options.quiet:
            sys.stdout.write(text + "\n")

    def say(self, text: str) -> None:
        """Tell a person what is going on."""
        if not self._options.quiet:
            sys.stderr.write(text + "\n")

    @contextmanager
    def progress(self, what: str, *, total: int | None) -> Iterator[Callable[[], None]]:
        """Show a bar on a terminal while long work runs; yields the function that moves it."""
        if self._options.quiet or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn(f"{what:<8}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)


@dataclass(frozen=True)
class Context:
    """The options, the output, and a stop that SIGTERM sets."""

    options: Options
    out: Output
    stop: threading.Event

    def configuration(self) -> "Configuration":
        """Read the configuration, or fail with path, line and suggestion."""
        from digest.config import load

        return load(config_path(self.options.config))

    @contextmanager
    def app(self, *, may_send: bool = False) -> Iterator["App"]:
        """Open the app on a database whose schema is checked.

        ``may_send``: the command hands letters over, so a pretended time is refused together with
        a carrier that leaves this machine.
        """
        from digest.app import App
        from digest.clock import Clock
        from digest.migrations import schema

        config = self.configuration()
        clock = Clock.starting_at(moment(self.options.at, config)) if self.options.at else Clock()
        app = App(config, clock=clock, stop=self.stop)
        try:
            if may_send and self.options.at and not self.options.dry_run and app.leaves_machine:
                raise UsageError(
                    "--at with a carrier that leaves this machine only rehearses:"
                    " add --dry-run, or use a carrier on this machine"
                )
            app.database.ping()
            schema.check(app.database)
            yield app
        finally:
            app.close()


def moment(text: str | None, config: "Configuration") -> datetime:
    """Read a --at time; without an offset it is in the newsletter's zone."""
    from zoneinfo import ZoneInfo

    try:
        at = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise UsageError(f"--at {text!r} is no time; write it as 2026-06-12T07:00") from error
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(config.schedule.zone))).astimezone(UTC)


def of(ctx: typer.Context) -> Context:
    """Return what the root command prepared."""
    prepared: Context = ctx.find_root().obj
    return prepared


def prepare(options: Options) -> Context:
    """Set up logs and signals for one command."""
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("httpx", "httpcore", "alembic", "apscheduler", "mail.log", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    stop = threading.Event()
    # SIGTERM asks us to finish the letter in hand and leave; a second one is not needed.
    signal.signal(signal.SIGTERM, lambda _signum, _frame: stop.set())
    return Context(options=options, out=Output(options), stop=stop)


def config_path(given: Path | None) -> Path:
    """Return the configuration file: --config, DIGEST_CONFIG, or ./config.toml."""
    path = given or Path(os.environ.get("DIGEST_CONFIG", "config.toml"))
    if given is None and not path.exists() and "DIGEST_CONFIG" not in os.environ:
        raise ConfigurationError(
            f"there is no config.toml in {Path.cwd()}; run 'digest init' here, or name one"
            " with --config or DIGEST_CONFIG"
        )
    return path


def confirm(ctx: Context, question: str, *, yes: bool, flag: str = "--yes") -> None:
    """Ask before something that cannot be undone; without a terminal the flag is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to answer on: add {flag}")
    if not typer.confirm(question, err=True):
        ctx.out.say("Nothing was done.")
        raise typer.Exit(OK)


def table(rows: Sequence[Sequence[object]], *, head: Sequence[str]) -> str:
    """Lay rows out in columns, plain, within 80 characters where the values allow it."""
    cells = [list(head), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    spare = _WIDTH - sum(widths[:-1]) - 2 * (len(head) - 1)
    lines = []
    for row in cells:
        last = row[-1] if len(row[-1]) <= max(spare, 20) else row[-1][: max(spare, 20) - 1] + "…"
        parts = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        lines.append("  ".join([*parts, last]).rstrip())
    return "\n".join(lines)
