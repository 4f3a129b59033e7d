"""The command preview: the issue with the real posts, through every lens, side by side."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.output import NEEDS_PERSON, OK
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.looking import Shown

Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the one that is next")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preview)


def preview(
    ctx: typer.Context,
    period: Name = None,
    out: Annotated[Path | None, typer.Option(help="Write HTML there, and text beside it")] = None,
    language: Annotated[str | None, typer.Option(help="Which variant")] = None,
    reader: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="As this reader would get it")
    ] = None,
    lens: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="As dark, outlook, inbox-line, read-aloud; may be two"),
    ] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a picture; needs Chromium")
    ] = None,
    *,
    opened: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser")] = True,
) -> None:
    """Render the issue with the real posts, as it would be sent now.

    The page that opens shows it through every lens, or through those that are asked for, side by
    side. What inbox-line and read-aloud show is printed as well. A template that failed is named.

    JSON: {period, subject, html, lenses, picture?, lines: [sentence], findings: [sentence]}
    """
    from digest import looking, questions

    me, chosen = context.of(ctx), lens or []
    if png and len(chosen) > 1:
        raise UsageError("a picture shows one lens: name one with --lens")
    wish = looking.Wish(language=language, reader=reader)
    with me.app() as app:
        target = questions.period(app, period)
        shown = looking.show(app, target, wish=wish)
        templates = Path(app.config.app.templates) if app.config.app.templates else None
    path, page = _write(
        shown, out=out, name=target.name, page=_page(shown, chosen=chosen, folder=templates)
    )
    if png:
        _take(shown, lens=chosen[0] if chosen else "desktop", png=png)
    if opened and out is None and png is None:
        webbrowser.open(page.as_uri())
    words = [line for name in chosen for line in looking.lines_of(shown, name)]
    data = {
        "period": target.name,
        "subject": shown.subject,
        "html": str(path),
        "lenses": str(page),
        "picture": str(png) if png else None,
        "lines": words,
        "findings": shown.trouble,
    }
    code = NEEDS_PERSON if shown.trouble else OK
    me.out.result(data, _told(shown, words=words, where=png or page), code=code)
    raise typer.Exit(code)


def _write(shown: "Shown", *, out: Path | None, name: str, page: str) -> tuple[Path, Path]:
    """Write the mail, its text beside it, and the page of lenses; return the first and last."""
    import tempfile

    path = out or Path(tempfile.mkdtemp(prefix="digest-")) / f"{name}.html"
    path.write_text(shown.html, encoding="utf-8")
    path.with_suffix(".txt").write_text(shown.text, encoding="utf-8")
    lenses = path.with_suffix(".lenses.html")
    lenses.write_text(page, encoding="utf-8")
    return path, lenses


def _told(shown: "Shown", *, words: "Sequence[str]", where: Path) -> str:
    following = (
        "digest template check" if shown.trouble else "digest check, then digest issue approve"
    )
    return "\n".join((shown.subject, *words, str(where), *shown.trouble, f"Next: {following}"))


def _page(shown: "Shown", *, chosen: list[str], folder: Path | None) -> str:
    """Write the page that shows the chosen lenses side by side, or all."""
    from digest.looking import see
    from digest.render.environment import make_environment, render
    from digest.render.lenses import ALL

    about = dict(ALL)
    panes = [
        {"name": name, "about": about.get(name), "width": _width(name), "page": see(shown, name)}
        for name in chosen or about
    ]
    return render(
        make_environment(folder),
        "edition/lenses.html.j2",
        subject=shown.subject,
        lenses=panes,
    )


def _take(shown: "Shown", *, lens: str, png: Path) -> None:
    from digest.cli.browser import take_picture
    from digest.looking import see

    take_picture(see(shown, lens), width=_width(lens), path=png)


def _width(name: str) -> int:
    """Return how wide the window of a lens is, in pixels; words stand in a usual one."""
    from digest.render.lenses import LENSES

    return next((lens.width for lens in LENSES if lens.name == name), 640)
