"""The commands that set up and keep it running: demo, init, migrate, doctor, serve."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.check import in_lines
from digest.cli.output import FAILED, OK
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import App

PORT = 8025


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (demo, init, doctor, serve, migrate):
        app.command()(command)


def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where its files go")] = Path("digest-demo"),
    port: Annotated[int, typer.Option("-p", "--port", help="0 takes a free one")] = PORT,
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop when the mails have arrived")] = False,
    opened: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser")] = True,
) -> None:
    """Show everything in one minute, offline, with sample posts."""
    from digest.demo import show

    me = context.of(ctx)
    show.demo(
        folder, port=port, stay=not once, browser=opened and not once, say=me.out.say, stop=me.stop
    )


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the newsletter will live")] = Path(),
) -> None:
    """Write config.toml and create the database.

    JSON: {config, database}; with --dry-run: {would_write}
    """
    from digest.config import load
    from digest.migrations import schema
    from digest.shipped import shipped_config
    from storage.database import Database

    me = context.of(ctx)
    path = folder / "config.toml"
    if path.exists():
        raise UsageError(f"{path} is there already; edit it, or choose another folder")
    if me.options.dry_run:
        me.out.result(
            {"would_write": str(path)},
            f"would write {path} and create the database\nNext: digest init",
        )
        return
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(shipped_config().read_text(encoding="utf-8"), encoding="utf-8")
    database = Database(load(path).database)
    try:
        schema.migrate(database)
    finally:
        database.close()
    me.out.result(
        {"config": str(path), "database": database.url.render_as_string()},
        f"wrote {path} and created {database.url.render_as_string()}\n"
        f"Next: {_into(folder)}edit config.toml, then digest source add https://a.blog",
    )


def _into(folder: Path) -> str:
    """Say how to get to a folder; nothing where the commands are given in it."""
    return "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))}, "


def migrate(
    ctx: typer.Context,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Copy this SQLite database into an empty one"),
    ] = None,
) -> None:
    """Bring the database to this version, or copy another one into it.

    JSON: {from?, to, copied?: {table: rows}}
    """
    from digest.app import App
    from digest.migrations import schema

    me = context.of(ctx)
    config = me.configuration()
    app = App(config, clock=me.clock(config), stop=me.stop)
    try:
        if not app.database.is_missing:
            app.database.ping()
        before, head = schema.current(app.database), schema.head()
        if me.options.dry_run:
            me.out.result(
                {"from": before, "to": head, "copied": None},
                f"would go from {before or 'nothing'} to {head}\nNext: digest migrate",
            )
            return
        copied = _copy(app, source) if source else None
        changed = schema.migrate(app.database)
        if config.engine.kind == "fleet":
            changed |= app.fleet.migrate()
    finally:
        app.close()
    word = "is at" if changed or copied else "was already at"
    lines = [f"copied  {sum(copied.values()):,} rows; {source} is sealed"] if copied else []
    me.out.result(
        {"from": before, "to": head, "copied": copied},
        "\n".join([*lines, f"the database {word} schema {head}", "Next: digest doctor"]),
    )


def _copy(app: "App", place: str) -> dict[str, int]:
    from digest.migrations import copy

    source = copy.open_source(place)
    try:
        return copy.copy(
            source,
            app.database,
            lease=app.config.delivery.lease_seconds,
            now=app.clock.now(),
        )
    finally:
        source.close()


def doctor(ctx: typer.Context) -> None:
    """Test configuration, database, templates, mail headers, clock and mail server.

    The console shows what was found, until the next look; with --dry-run it is not kept.

    JSON: [{level, sentence, cure}]; level is ok, warning or error
    """
    from digest import checkup
    from digest.app import App

    me = context.of(ctx)
    config = me.configuration()
    app = App(config, clock=me.clock(config), stop=me.stop)
    try:
        look = checkup.examine if me.options.dry_run else checkup.examine_and_keep
        findings = look(app)
    finally:
        app.close()
    lines = in_lines(findings)
    data = [{"level": f.level, "sentence": f.sentence, "cure": f.cure} for f in findings]
    code = FAILED if any(finding.level == "error" for finding in findings) else OK
    me.out.result(data, "\n".join(lines), code=code)
    raise typer.Exit(code)


def serve(
    ctx: typer.Context,
    *,
    once_a_minute: Annotated[
        bool, typer.Option("--scheduler/--no-scheduler", help="Also do what is due")
    ] = True,
) -> None:
    """Web pages and scheduler in one process."""
    from digest import service

    me = context.of(ctx)
    with me.app(may_send=True) as app:
        service.serve(app, scheduler=once_a_minute, say=me.out.say)
