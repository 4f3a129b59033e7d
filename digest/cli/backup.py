"""The commands that write a backup, look at one, and put one back."""

import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.charts.words import counted
from digest.cli import context
from digest.cli.given import to_read
from digest.cli.help import HelpPage
from digest.cli.output import OK

if TYPE_CHECKING:
    from digest.backup import Backup

group = typer.Typer(
    cls=HelpPage,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Write, check or restore a backup",
)


def add_to(app: typer.Typer) -> None:
    """Add this group."""
    app.add_typer(group, name="backup")


@group.command()
def create(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where it goes, as backup.tar.gz")],
) -> None:
    """Write the database, config.toml, the secret and your templates into one file.

    It may be run at any time, also while an issue is being sent. Only you can read the file, and
    nobody else should: with the secret in it anybody can make links that work.

    JSON: {file, bytes, made_at, schema, subscribers, issues, members: [name]}
    """
    from digest import backup

    me = context.of(ctx)
    with me.app() as app:
        if me.options.dry_run:
            place = app.database.url.render_as_string(hide_password=True)
            me.out.result(
                {"would_write": str(file)},
                f"would write {place} to {file}\nNext: digest backup create {file}",
            )
            return
        made = backup.create(app, file)
    lines = [
        f"wrote {file}: {_in_words(made)}",
        "It holds the secret: keep it where only you read.",
    ]
    me.out.result(_as_json(made), "\n".join([*lines, f"Next: digest backup check {file}"]))


@group.command()
def check(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file of `digest backup create`")],
) -> None:
    """Say whether a backup is whole and can be restored; changes nothing.

    JSON: {file, bytes, made_at, schema, subscribers, issues, members: [name]}
    """
    from digest import backup

    me = context.of(ctx)
    seen = backup.check(to_read(file))
    me.out.result(_as_json(seen), f"{file} is whole: {_in_words(seen)}", code=OK)


@group.command()
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file of `digest backup create`")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Put a backup in the place of the database; the old one is kept beside it.

    Nothing is sent from it until `digest adopt`. Where there is no config.toml, the one in the
    backup is put there. With PostgreSQL the database has to be empty.

    JSON: {file, made_at, database, kept: [path], subscribers, issues}
    """
    from digest import backup, restoring

    me = context.of(ctx)
    seen = backup.check(to_read(file))
    path = context.config_place(me.options.config)
    if me.options.dry_run:
        me.out.result(
            {"would_restore": str(file)},
            f"would restore {_in_words(seen)}\nNext: digest backup restore {file}",
        )
        return
    context.confirm(me, f"Restore {_in_words(seen)}? Today's data are put aside.", yes=yes)
    restoring.bring_config(file, path)
    config = me.configuration()
    kept = restoring.restore(config, file, now=me.clock(config).now())
    data = {
        "file": str(file),
        "made_at": seen.made_at,
        "kept": [str(one) for one in kept.files],
        "subscribers": seen.subscribers,
        "issues": seen.issues,
    }
    lines = [f"restored {_in_words(seen)}", *(f"kept {one}" for one in kept.files)]
    steps = ["digest migrate", "digest adopt"]
    if kept.database:
        steps.insert(1, f"digest backup departures {shlex.quote(str(kept.database))}")
    me.out.result(data, "\n".join([*lines, f"Next: {', then '.join(steps)}"]))


@group.command()
def departures(
    ctx: typer.Context,
    database: Annotated[str, typer.Argument(help="The one before: a file of SQLite or an address")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Take off the list who left, bounced or was erased since the backup.

    The database that stood there before the backup was restored tells who. Whoever has agreed anew
    since stays on the list.

    JSON: {left, erased, suppressed, written}
    """
    from digest import departures as departing

    me = context.of(ctx)
    with me.app() as app:
        found = departing.look(app, database)
        text = (
            f"{counted(len(found.left), 'person', 'people')} left, {len(found.erased):,} erased,"
            f" {counted(len(found.suppressed), 'mailbox', 'mailboxes')} suppressed since"
        )
        data = {
            "left": len(found.left),
            "erased": len(found.erased),
            "suppressed": len(found.suppressed),
        }
        if me.options.dry_run or not found:
            again = f"digest backup departures {shlex.quote(found.source)} --yes"
            next_ = again if found else "digest adopt"
            me.out.result({**data, "written": False}, f"{text}\nNext: {next_}", code=OK)
            return
        me.out.say(text)
        context.confirm(me, "Take them off this list, too?", yes=yes)
        departing.take_off(app, found)
    me.out.result({**data, "written": True}, "they are off this list\nNext: digest adopt")


def _in_words(made: "Backup") -> str:
    moment = datetime.fromisoformat(made.made_at)
    return (
        f"{counted(made.subscribers, 'person', 'people')} and {counted(made.issues, 'issue')}"
        f" of {moment:%Y-%m-%d %H:%M} UTC,"
        f" schema {made.schema}, {made.size:,} bytes"
    )


def _as_json(made: "Backup") -> dict[str, Any]:
    return {
        "file": str(made.file),
        "bytes": made.size,
        "made_at": made.made_at,
        "schema": made.schema,
        "subscribers": made.subscribers,
        "issues": made.issues,
        "members": list(made.members),
    }
