"""What every command shares: the global options, how the app is opened, and what stops it."""

import _thread
import getpass
import io
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from digest import logs
from digest.cli.output import OK, Output
from digest.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.clock import Clock
    from digest.config import Configuration

_YEARS = range(1990, 2101)  # beyond them the calendar has no neighbours to look at


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that may stand anywhere on the command line."""

    config: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    dry_run: bool = False
    at: str | None = None


@dataclass(frozen=True)
class Context:
    """The options, the output, and a stop that SIGTERM sets."""

    options: Options
    out: Output
    stop: threading.Event

    def configuration(self) -> "Configuration":
        """Read the configuration, or fail with path, line and suggestion."""
        from digest.config import load, secrets_of

        config = load(config_path(self.options.config))
        logs.apply(config.log, secrets=secrets_of(config))
        return config

    def clock(self, config: "Configuration") -> "Clock":
        """Return a clock that shows the time, or runs on from the one that --at pretends."""
        from digest.clock import Clock

        at = self.options.at
        return Clock() if at is None else Clock.starting_at(moment(at, config))

    @contextmanager
    def app(self, *, may_send: bool = False) -> Iterator["App"]:
        """Open the app on a database whose schema is checked.

        ``may_send``: the command hands letters over, so a pretended time is refused together with
        a carrier that leaves this machine.
        """
        from digest.app import App
        from digest.migrations import schema

        config = self.configuration()
        path = config_path(self.options.config)
        app = App(config, clock=self.clock(config), stop=self.stop, path=path, actor=actor())
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


def actor() -> str:
    """Name who gave the command, for the log."""
    return f"{getpass.getuser()} on {platform.node()}"


def moment(text: str, config: "Configuration") -> datetime:
    """Read a --at time; without an offset it is in the newsletter's zone."""
    from zoneinfo import ZoneInfo

    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--at {text!r} is no time; write it as 2026-06-12T07:00") from error
    if at.year not in _YEARS:
        raise UsageError(f"--at {text!r} is too far away; the years {_YEARS[0]}-{_YEARS[-1]} work")
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(config.schedule.zone))).astimezone(UTC)


def of(ctx: typer.Context) -> Context:
    """Return what the root command prepared."""
    prepared: Context = ctx.find_root().obj
    return prepared


def prepare(options: Options) -> Context:
    """Set up outputs, logs and signals for one command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a mark that cannot be shown stops no command
            stream.reconfigure(errors="replace")
    logs.begin(verbose=options.verbose)
    stop = threading.Event()
    stop_on(signal.SIGTERM, stop=stop)  # finish the letter in hand and leave
    out = Output(as_json=options.json, quiet=options.quiet)
    return Context(options=options, out=out, stop=stop)


def stop_on(number: int, *, stop: threading.Event) -> None:
    """Set ``stop`` when this signal comes.

    A handler interrupts the main thread anywhere, and perhaps where that holds the lock of the
    event, or is in another handler that does: so a new thread sets it.
    """
    signal.signal(number, lambda _signum, _frame: _thread.start_new_thread(stop.set, ()))


def config_place(given: Path | None) -> Path:
    """Return where the configuration file is, or would be."""
    return given or Path(os.environ.get("DIGEST_CONFIG", "config.toml"))


def config_path(given: Path | None) -> Path:
    """Return the configuration file: --config, DIGEST_CONFIG, or ./config.toml."""
    path = config_place(given)
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
