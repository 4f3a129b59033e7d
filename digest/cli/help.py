"""The help page: the commands in the order of a week, and what each exit code means."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

PANELS = {
    "Every week": (
        "today",
        "fetch",
        "issue",
        "post",
        "preview",
        "check",
        "send",
        "run",
        "why",
    ),
    "Set up": ("demo", "init", "source", "template", "doctor", "config", "serve", "worker"),
    "Look after it": (
        "subscriber",
        "suppression",
        "bounce",
        "stats",
        "deliverability",
        "archive",
        "user",
        "apikey",
        "log",
        "audit",
        "resolve",
        "rehearse",
        "backup",
        "migrate",
        "adopt",
    ),
}

EXIT_CODES = {
    0: "done; also: nothing to do, letters wait for their time, done before, in progress elsewhere",
    1: "failed",
    2: "wrong usage or configuration",
    3: "a person is needed (approval missing, check failed): nothing was sent",
    4: "done in part (a source failed, letters deferred or unknown); the next run goes on",
    5: "refused: another process holds what this command cannot share",
    130: "interrupted; what was done is saved, run it again",
}


_COLUMN = 10
_WHOLE = 1000  # characters: more than any sentence has


class HelpPage(TyperGroup):
    """A group of commands; only its help differs: plain, nothing cut off, options last."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        records = [parameter.get_help_record(ctx) for parameter in self.get_params(ctx)]
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record])

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands; those of the root in a panel for each kind of work."""
        panels = PANELS if ctx.parent is None else {"Commands": tuple(self.commands)}
        for panel, names in panels.items():
            with formatter.section(panel):
                formatter.write_dl([self._line(name) for name in names])

    def _line(self, name: str) -> tuple[str, str]:
        sentence = self.commands[name].get_short_help_str(_WHOLE)
        return f"{name:<{_COLUMN}}", sentence.rstrip(".")


def add_to(app: typer.Typer) -> None:
    """Add the command `help`."""
    app.command("help", hidden=True)(help_)


def help_(
    ctx: typer.Context,
    topic: Annotated[list[str] | None, typer.Argument(help="A command, or exit-codes")] = None,
) -> None:
    """Explain a command, or the exit codes."""
    if topic == ["exit-codes"]:
        typer.echo("\n".join(f"{code:>4}  {meaning}" for code, meaning in EXIT_CODES.items()))
        return
    root = ctx.find_root().command
    root.main(args=[*(topic or ()), "--help"], prog_name="digest")
