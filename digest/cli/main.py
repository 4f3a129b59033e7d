"""The command `digest`: its groups of commands, its options, and its exit codes."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from digest.cli import context, issue, look, setup, source, subscriber, week
from digest.cli.context import Options
from digest.errors import DigestError
from subscribers.errors import SubscriberError

_GLOBAL_FLAGS = {"--json", "-q", "--quiet", "-v", "--verbose", "-n", "--dry-run"}
_GLOBAL_VALUES = {"-c", "--config", "--at"}

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Turn the posts of the blogs you follow into one good email a week, and deliver it.\n\n"
    "New here? Run:  digest demo",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a person is needed,"
    " 4 done in part, 5 held by another process, 130 interrupted.",
)
for group in (week, issue, source, subscriber, look, setup):
    group.add_to(app)


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
) -> None:
    """Take the options that belong to every command."""
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
    arguments = options_first(sys.argv[1:])
    verbose = bool({"-v", "--verbose"} & set(arguments))
    try:
        app(args=arguments)
    except (DigestError, SubscriberError) as error:
        _fail(str(error), code=getattr(error, "exit_code", 1))
    except KeyboardInterrupt:
        _fail("interrupted; what was done is saved, run the command again to go on", code=130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left: nothing more to say to it
        sys.exit(1)
    except Exception as error:
        if verbose:
            raise
        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        _fail(f"unexpected: {type(error).__name__}: {error}; run it again with -v", code=1)


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
            first += [argument, *[value for value in (next(pending, None),) if value is not None]]
        else:
            rest.append(argument)
    return first + rest


def _fail(message: str, *, code: int) -> None:
    sys.stderr.write(f"digest: {message}\n")
    sys.exit(code)
