"""The commands that set up and keep it running: demo, init, migrate, doctor, serve."""

from pathlib import Path
from typing import Annotated

import typer

from digest.cli import context
from digest.errors import BusyError, UsageError

PORT = 8025


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (demo, init, doctor, serve):
        app.command(rich_help_panel="Set up")(command)
    app.command(rich_help_panel="Look after it")(migrate)


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
    """Write config.toml and create the database."""
    from digest.config import load
    from digest.migrations import schema
    from digest.render.environment import shipped_config
    from storage.database import Database

    me = context.of(ctx)
    path = folder / "config.toml"
    if path.exists():
        raise UsageError(f"{path} is there already; edit it, or choose another folder")
    if me.options.dry_run:
        me.out.result({"would_write": str(path)}, f"would write {path} and create the database")
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
        "Next: edit config.toml, then digest source add https://a.blog/feed.xml",
    )


def migrate(ctx: typer.Context) -> None:
    """Bring the database to this version."""
    from digest.migrations import schema
    from storage.database import Database

    me = context.of(ctx)
    database = Database(me.configuration().database)
    try:
        database.ping()
        before, head = schema.current(database), schema.head()
        if me.options.dry_run:
            me.out.result({"from": before, "to": head}, f"would go from {before} to {head}")
            return
        changed = schema.migrate(database)
    finally:
        database.close()
    word = "is at" if changed else "was already at"
    me.out.result({"from": before, "to": head}, f"the database {word} schema {head}")


def doctor(ctx: typer.Context) -> None:
    """Test configuration, database, templates, mail headers, clock and mail server."""
    from digest import checkup
    from digest.app import App
    from digest.clock import Clock

    me = context.of(ctx)
    app = App(me.configuration(), clock=Clock(), stop=me.stop)
    try:
        findings = checkup.examine(app)
    finally:
        app.close()
    marks = {"ok": "✓", "warning": "!", "error": "✗"}
    lines = []
    for finding in findings:
        lines.append(f" {marks[finding.level]} {finding.sentence}")
        lines += [f"     {finding.cure}"] if finding.cure else []
    data = [{"level": f.level, "sentence": f.sentence, "cure": f.cure} for f in findings]
    me.out.result(data, "\n".join(lines))
    raise typer.Exit(1 if any(finding.level == "error" for finding in findings) else 0)


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
        try:
            service.serve(app, scheduler=once_a_minute, say=me.out.say)
        except OSError as error:
            raise BusyError(f"the web pages cannot start: {error}; see [web] port") from error
