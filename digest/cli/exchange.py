"""The commands that exchange sources with feed readers, as OPML: import, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.charts.words import counted
from digest.cli import context
from digest.cli.given import content_of
from digest.cli.output import FAILED, IN_PART, OK
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.cli.context import Context
    from digest.sources.opml import Outline


def add_to(group: typer.Typer) -> None:
    """Add these commands to those about sources."""
    group.command("import")(import_)
    group.command()(export)


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="An OPML file; - reads standard input")],
) -> None:
    """Follow the feeds that an OPML file names, and report on each of its lines.

    Nothing is asked of the web: 'digest fetch' reads them, and 'digest source list' has the states.

    JSON: [{line, name, url, outcome}]; outcome is added, known, "double of line N" or
    "refused: why"
    """
    from digest import roster
    from digest.sources import opml

    me = context.of(ctx)
    outlines = opml.read(content_of(file))
    if not outlines:
        raise UsageError(f"{file} names no feed; is it an OPML file? Nothing was added")
    with me.app() as app:
        fates = roster.import_sources(app, outlines, write=not me.options.dry_run)
    refused = sum(fate.startswith("refused") for _, fate in fates)
    code = OK if not refused else IN_PART if refused < len(fates) else FAILED
    data = [
        {"line": one.line, "name": one.name, "url": one.url, "outcome": fate} for one, fate in fates
    ]
    me.out.result(data, _imported(me, fates), code=code)
    raise typer.Exit(code)


def export(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; default: stdout")] = None,
) -> None:
    """Write the sources as OPML, which every feed reader takes.

    JSON: {sources, file?, opml}
    """
    from digest import roster

    me = context.of(ctx)
    with me.app() as app:
        count = len(roster.sources(app))
        text = roster.export_sources(app)
    if file is None:
        me.out.result({"sources": count, "file": None, "opml": text}, text.rstrip("\n"))
        return
    if file.exists():
        raise UsageError(f"{file} is there already; name another file or remove it first")
    if not me.options.dry_run:
        file.write_text(text, encoding="utf-8")
    word = "would write" if me.options.dry_run else "wrote"
    result = {"sources": count, "file": str(file), "opml": text}
    me.out.result(result, f"{word} {counted(count, 'source')} to {file}\nNext: digest source list")


def _imported(me: "Context", fates: "list[tuple[Outline, str]]") -> str:
    added = sum(fate == "added" for _, fate in fates)
    word = "would be added" if me.options.dry_run else "added"
    lines = [f"{added:,} of {len(fates):,} {word}"]
    lines += [
        f"  line {one.line}: {one.name or one.url}: {fate}"
        for one, fate in fates
        if fate != "added"
    ]
    return "\n".join([*lines, "Next: digest fetch, then digest source list"])
