"""The command preview: the issue with the real posts, through every lens, side by side."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.output import NEEDS_PERSON, OK

if TYPE_CHECKING:
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
        str | None, typer.Option(metavar="NAME", help="As dark, phone, outlook, no-styles, text")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a picture; needs Chromium")
    ] = None,
    *,
    opened: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser")] = True,
) -> None:
    """Render the issue with the real posts, as it would be sent now.

    The page that opens shows it through every lens. A template that failed is named.

    JSON: {period, subject, html, lenses, picture?, findings: [sentence]}
    """
    import tempfile

    from digest import looking, questions

    me = context.of(ctx)
    wish = looking.Wish(language=language, reader=reader)
    with me.app() as app:
        target = questions.period(app, period)
        shown = looking.show(app, target, wish=wish)
        templates = Path(app.config.app.templates) if app.config.app.templates else None
    path = out or Path(tempfile.mkdtemp(prefix="digest-")) / f"{target.name}.html"
    path.write_text(shown.html, encoding="utf-8")
    path.with_suffix(".txt").write_text(shown.text, encoding="utf-8")
    page = path.with_suffix(".lenses.html")
    page.write_text(_page(shown, lens=lens, folder=templates), encoding="utf-8")
    if png:
        _take(shown, lens=lens or "desktop", png=png)
    if opened and out is None and png is None:
        webbrowser.open(page.as_uri())
    data = {
        "period": target.name,
        "subject": shown.subject,
        "html": str(path),
        "lenses": str(page),
        "picture": str(png) if png else None,
        "findings": shown.trouble,
    }
    following = (
        "digest template check" if shown.trouble else "digest check, then digest issue approve"
    )
    lines = (shown.subject, str(png or page), *shown.trouble, f"Next: {following}")
    code = NEEDS_PERSON if shown.trouble else OK
    me.out.result(data, "\n".join(lines), code=code)
    raise typer.Exit(code)


def _page(shown: "Shown", *, lens: str | None, folder: Path | None) -> str:
    """Write the page that shows one lens, or all side by side."""
    from digest.render.environment import make_environment, render
    from digest.render.lenses import LENSES, TEXT, find_lens, text_page

    chosen = LENSES if lens is None else () if lens == TEXT else (find_lens(lens),)
    panes = [
        {"name": one.name, "about": one.about, "width": one.width, "page": one.see(shown.html)}
        for one in chosen
    ]
    if lens in {None, TEXT}:
        page = text_page(shown.text)
        panes.append({"name": TEXT, "about": "the text part", "width": 640, "page": page})
    return render(
        make_environment(folder),
        "edition/lenses.html.j2",
        subject=shown.subject,
        lenses=panes,
    )


def _take(shown: "Shown", *, lens: str, png: Path) -> None:
    from digest.cli.browser import take_picture
    from digest.render.lenses import TEXT, find_lens, text_page

    if lens == TEXT:
        take_picture(text_page(shown.text), width=640, path=png)
        return
    found = find_lens(lens)
    take_picture(found.see(shown.html), width=found.width, path=png)
