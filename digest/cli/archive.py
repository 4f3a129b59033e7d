"""The commands for what the public sees: withdraw an issue, export the archive."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.account import facts
from digest.cli.help import HelpPage
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.editions.store import Edition


def add_to(app: typer.Typer) -> None:
    """Add the commands, one of them to the group that is there already."""
    for known in app.registered_groups:
        if known.name == "issue" and known.typer_instance:
            known.typer_instance.command()(withdraw)
    group = typer.Typer(
        cls=HelpPage, no_args_is_help=True, help="Take the archive of sent issues elsewhere"
    )
    group.command()(export)
    app.add_typer(group, name="archive")


def withdraw(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Number or period of the issue, as 24 or 2026-W24")],
    *,
    reason: Annotated[str, typer.Option(help="Why, in a sentence that readers will see")],
) -> None:
    """Take a sent issue out of the archive and the feeds; a notice stands in its place.

    JSON: {number?, period, state, reason?, due_at, frozen_at?, candidates?}; with --dry-run:
    {would_withdraw}
    """
    from digest import steering

    me = context.of(ctx)
    with me.app() as app:
        edition = _edition(app, name)
        if me.options.dry_run:
            text = f"would withdraw issue {edition.period}"
            me.out.result({"would_withdraw": edition.period}, text)
            return
        edition = steering.withdraw(app, edition, reason=reason)
        url = app.config.web.issue_url(edition.number or 0)
    me.out.result(
        facts(edition),
        f"issue {edition.period} is withdrawn: {edition.reason}\n"
        f"Next: look at {url}; 'digest archive export' takes it out of your files",
    )


def export(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the files go; made if it is not there")],
) -> None:
    """Write the archive and its feeds as files that any web server can show.

    Run it again after each issue: it writes what has changed, and removes only files of its own.

    JSON: {folder, issues, files, written: [name], removed: [name]}
    """
    from digest.archive import export as archive
    from digest.archive.librarian import Librarian

    me = context.of(ctx)
    with me.app() as app:
        config = app.config
        librarian = Librarian(
            config.newsletter,
            public_url=config.web.public_url,
            folder=Path(config.app.templates) if config.app.templates else None,
            salutation=config.email.salutation,
            zone=app.zone,
        )
        shown = archive.gallery(app.database, librarian=librarian)
        done = archive.export(shown, folder=folder, only_say=me.options.dry_run)
    would = "would be " if me.options.dry_run else ""
    me.out.result(
        {"folder": str(folder), **vars(done)},
        f"{done.issues} issues in {done.files} files: {len(done.written)} {would}written,"
        f" {len(done.removed)} {would}removed\nNext: open {folder / 'index.html'}",
    )


def _edition(app: "App", name: str) -> "Edition":
    """Find an issue by its number or its period."""
    from digest import questions

    if not name.isdecimal():
        return questions.edition_named(app, name)
    for edition in questions.all_editions(app):
        if edition.number == int(name):
            return edition
    raise UsageError(f"there is no issue {name}; 'digest issue list' names all")
