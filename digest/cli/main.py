"""The command `digest`: its groups of commands, its options, and its exit codes."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from digest.cli import (
    adopt,
    apikey,
    archive,
    backup,
    bounce,
    check,
    config,
    context,
    deliverability,
    help,  # noqa: A004 - the page's name
    issue,
    log,
    look,
    post,
    preview,
    quarantine,
    rehearse,
    setup,
    source,
    stats,
    steer,
    subscriber,
    suppression,
    template,
    today,
    user,
    week,
    worker,
)
from digest.cli.context import Options
from digest.cli.output import FAILED, INTERRUPTED, USAGE
from digest.errors import DigestError, UsageError
from subscribers.errors import SubscriberError

_GLOBAL_FLAGS = {"--json", "-q", "--quiet", "-v", "--verbose", "-n", "--dry-run"}
_GLOBAL_VALUES = {"-c", "--config", "--at"}

app = typer.Typer(
    cls=help.HelpPage,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Turn the posts of the blogs you follow into one good email a week, and deliver it.\n\n"
    "New here? Run:  digest demo",
    epilog="Exit codes: digest help exit-codes",
)
for group in (
    week,
    issue,
    preview,
    check,
    post,
    source,
    quarantine,
    steer,
    today,
    archive,
    subscriber,
    suppression,
    bounce,
    apikey,
    user,
    log,
    look,
    stats,
    deliverability,
    setup,
    template,
    worker,
    rehearse,
    config,
    backup,
    adopt,
    help,
):
    group.add_to(app)


def _show_version(value: bool) -> None:  # noqa: FBT001 - the shape of an option's callback
    if value:
        from importlib.metadata import version

        typer.echo(f"digest {version('weekly-digest')}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option("-c", "--config", help="Configuration file [env: DIGEST_CONFIG]")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Silence on success")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Tell every step")] = False,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Say what would be done, and do nothing")
    ] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Pretend it is this time")
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Say which version this is"
        ),
    ] = False,
) -> None:
    """Take the options that belong to every command."""
    del version
    options = Options(
        config=config,
        json=as_json,
        quiet=quiet,
        verbose=verbose,
        dry_run=dry_run,
        at=at,
    )
    ctx.obj = context.prepare(options)


def main() -> None:
    """Run the command line; turn every error into one sentence and an exit code."""
    verbose = bool({"-v", "--verbose"} & set(sys.argv))
    try:
        app(args=options_first(sys.argv[1:]), prog_name="digest")
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer has turned a KeyboardInterrupt into this
            _say("interrupted; what was done is saved, run the command again to go on")
        raise
    except (DigestError, SubscriberError, OSError) as error:
        _say(str(error))
        sys.exit(_code_of(error))
    except Exception as error:
        if verbose:
            raise
        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        _say(f"unexpected: {type(error).__name__}: {error}; run it again with -v")
        sys.exit(FAILED)


def options_first(arguments: list[str]) -> list[str]:
    """Move the options of every command to the front, so that they may stand anywhere."""
    first: list[str] = []
    rest: list[str] = []
    pending = iter(arguments)
    for argument in pending:
        name, _, value = argument.partition("=")
        if argument == "--":
            rest += [argument, *pending]
        elif argument in _GLOBAL_FLAGS or (name in _GLOBAL_VALUES and value):
            first.append(argument)
        elif argument in _GLOBAL_VALUES:
            following = next(pending, None)
            if following is None:
                raise UsageError(f"{argument} needs a value; see 'digest --help'")
            first += [argument, following]
        else:
            rest.append(argument)
    return first + rest


def _code_of(error: Exception) -> int:
    """Return the exit code; an address that is none, or nobody's, is a mistake of usage."""
    mistaken = isinstance(error, SubscriberError) and isinstance(error, (ValueError, LookupError))
    return int(getattr(error, "exit_code", USAGE if mistaken else FAILED))


def _say(message: str) -> None:
    sys.stderr.write(f"digest: {message}\n")
