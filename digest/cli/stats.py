"""The command that shows figures: growth, delivery, providers, sources, topics, sign-up, clicks."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.cli import context
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.app import App
    from digest.charts.figure import Figure
    from digest.editions.store import Edition

What = Literal["growth", "funnel", "delivery", "providers", "sources", "topics", "clicks"]
_OVERVIEW: tuple[What, ...] = ("growth", "sources", "providers")


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(stats)


def stats(
    ctx: typer.Context,
    what: Annotated[What | None, typer.Argument(help="Default: an overview")] = None,
    issue: Annotated[
        str | None, typer.Option("--issue", help="As 2026-W24; default: the last one sent")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw it as a picture, too")
    ] = None,
) -> None:
    """Show how the list grows, how issues arrive, how often sources post, what is read about.

    Figures are counted now, and kept for the console. Opens are not measured: nobody is watched.

    JSON: [{name, title, sentence, head: [word], rows: [[cell]]}]
    """
    me = context.of(ctx)
    if svg and what is None:
        raise UsageError("--svg draws one picture: say which, as 'digest stats growth --svg FILE'")
    with me.app() as app:
        figures = [*_figures(app, what, issue=issue, write=not me.options.dry_run)]
    if svg and not me.options.dry_run:
        _draw(figures[0], svg)
    text = "\n\n".join(_lines(figure) for figure in figures)
    if svg:
        fate = "would be drawn" if me.options.dry_run else "is drawn"
        text += f"\n{fate} in {svg}"
    me.out.result([figure.as_data() for figure in figures], text)


def _figures(
    app: "App", what: What | None, *, issue: str | None, write: bool
) -> "Iterator[Figure]":
    """Yield what was asked for; in the overview the parts for which there is something."""
    from digest import pictures, sourcebook
    from digest.figures import kept

    wanted = (what,) if what else _OVERVIEW
    if {"growth", "funnel"} & {*wanted}:
        readers = kept.count_readers(app, write=write).readers
        yield pictures.of_funnel(readers) if what == "funnel" else pictures.of_growth(readers)
    if "sources" in wanted:
        yield pictures.of_sources(app, sourcebook.overview(app))
    if "topics" in wanted:
        yield pictures.of_topics(app)
    if "clicks" in wanted:
        yield from pictures.of_clicks(app)
    if {"delivery", "providers"} & {*wanted}:
        yield from _of_issue(app, what, name=issue, write=write)


def _of_issue(
    app: "App", what: What | None, *, name: str | None, write: bool
) -> "Iterator[Figure]":
    from digest import pictures
    from digest.figures import kept
    from digest.figures.stops import stops_of

    edition = _sealed(app, name)
    if edition is None:
        if what:
            raise UsageError(
                f"issue {name} has no letters yet; 'digest issue list' names those that have"
                if name
                else "no issue was sent yet; 'digest run' sends what is due"
            )
        return
    outcome = kept.count_outcome(app, edition.id, write=write).outcome
    name = f"Issue {edition.number} ({edition.period})"
    if what != "delivery":
        yield pictures.of_providers(outcome, issue=name)
        return
    with app.database.read() as session:
        stops = stops_of(session, edition)
    yield pictures.of_delivery(outcome, issue=name, stops=stops)


def _sealed(app: "App", name: str | None) -> "Edition | None":
    """Return the issue of this name, or the last one that has letters."""
    from digest import questions
    from digest.editions.state import SEALED

    for edition in questions.all_editions(app):
        if edition.state in SEALED and name in {None, edition.period}:
            return edition
    return None


def _draw(figure: "Figure", path: Path) -> None:
    try:
        path.write_text(figure.standing_alone(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _lines(figure: "Figure") -> str:
    from digest.charts.terminal import in_letters

    return in_letters(figure, plain=not _takes_blocks(sys.stdout.encoding))


def _takes_blocks(encoding: str | None) -> bool:
    try:
        "▏█".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
