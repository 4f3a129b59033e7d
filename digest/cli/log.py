"""The command `log`: who did what to which issue, source, person or account, and when."""

from typing import Annotated

import typer

from digest.cli import context
from digest.cli.output import table


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(log)


def log(
    ctx: typer.Context,
    about: Annotated[
        str | None, typer.Option(help='Only what was done to this, as "issue 2026-W24"')
    ] = None,
    by: Annotated[str | None, typer.Option(help="Only what this one did")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first")] = 30,
    before: Annotated[int | None, typer.Option(help="Go on below the entry of this id")] = None,
) -> None:
    """Show who changed what, and when.

    JSON: [{id, at, actor, action, about, facts: object}]
    """
    from digest import logbook, staff

    me = context.of(ctx)
    with me.app() as app:
        known = staff.log(app, most=most + 1, about=about, actor=by, before=before)
        found = known[:most]
        rows = [
            (app.local(one.at), one.actor, one.action, one.about, logbook.told(one.facts))
            for one in found
        ]
    data = [
        {
            "id": one.id,
            "at": one.at,
            "actor": one.actor,
            "action": one.action,
            "about": one.about,
            "facts": one.facts,
        }
        for one in found
    ]
    text = table(rows, head=("when", "who", "did", "to", "how"))
    if len(known) > most:
        text += f"\nNext: digest log --before {found[-1].id}"
    me.out.result(data, text if rows else "nothing was noted yet")
