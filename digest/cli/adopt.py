"""The command that takes over a database which was copied or restored."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.charts.words import counted
from digest.cli import context
from digest.cli.output import OK

if TYPE_CHECKING:
    from digest.adopt import Takeover


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(adopt)


def adopt(
    ctx: typer.Context,
    fate: Annotated[
        Literal["unknown", "resend"],
        typer.Option("--open", help="Letters that were open: nobody can know, or send them"),
    ] = "unknown",
    *,
    restored: Annotated[
        bool, typer.Option("--restored", help="The whole machine was set back, state folder too")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Take over a restored or copied database.

    JSON: {adopted, trouble?, letters: {period: count}, notices, passed: [period], open}
    """
    from digest import adopt as adoption

    me = context.of(ctx)
    with me.app() as app:
        seen = adoption.look(app, fate=fate)
        is_strange = seen.trouble is not None or restored
        if not is_strange or me.options.dry_run:
            following = "digest adopt --yes" if is_strange else "digest run"
            text = "\n".join([*_lines(seen), f"Next: {following}"])
            me.out.result(_as_json(seen, adopted=False), text, code=OK)
            return
        me.out.say("\n".join(_lines(seen)))
        context.confirm(me, "Adopt it, and go on from here?", yes=yes)
        done = adoption.adopt(app, fate=fate)
    text = "adopted: this database lives here from now on\nNext: digest issue list"
    me.out.result(_as_json(done, adopted=True), text, code=OK)


def _lines(seen: "Takeover") -> list[str]:
    """Say what is there, and what an adoption does about it."""
    is_given_up = seen.fate == "unknown"
    of_letters = (
        "they become unknown; 'digest resolve' decides about them"
        if is_given_up
        else "they are sent, but for those that a sender had in hand"
    )
    of_issues = (
        "it is held; 'digest issue approve' sends it"
        if is_given_up
        else "the next run seals and sends it"
    )
    lines = [seen.trouble or "this database lives here: nothing has to be adopted"]
    lines += [
        f"issue {name}: {counted(count, 'letter')} open; {of_letters}"
        for name, count in seen.letters.items()
    ]
    lines += [f"issue {name}: its time has come; {of_issues}" for name in seen.passed]
    if seen.notices:
        lines.append(f"{counted(seen.notices, 'notice')} open; {of_letters}")
    return lines


def _as_json(seen: "Takeover", *, adopted: bool) -> dict[str, object]:
    return {
        "adopted": adopted,
        "trouble": seen.trouble,
        "letters": dict(seen.letters),
        "notices": seen.notices,
        "passed": list(seen.passed),
        "open": seen.fate,
    }
