"""The command preview: the issue with the real posts, through every lens, side by side."""

import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.output import NEEDS_PERSON, OK
from digest.errors import PersonNeededError, UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.calendar import Period
    from digest.render.composed import ComposedIssue

Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the one that is next")]


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """One letter as it would be sent, to a chosen reader or to nobody in particular."""

    subject: str
    html: str
    text: str
    trouble: tuple[str, ...]


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

    from digest import questions

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        shown = _show(app, target, language=language, reader=reader)
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


def _show(app: "App", target: "Period", *, language: str | None, reader: str | None) -> _Shown:
    """Render the variant, and fill it as for this reader, or as for an invented one."""
    from digest import weekly
    from digest.printing import troubles
    from digest.render.lenses import as_reader
    from digest.render.slots import Slot, marker, without_edges
    from digest.render.words import written_date

    plan = weekly.plan(app, target)
    if plan.issue is None:
        raise PersonNeededError(
            f"issue {target.name} has no posts yet; 'digest fetch' looks for new"
        )
    seal = plan.issue.seal
    tag, known = _reader(app, reader) if reader else (language, {})
    composed = _variant(plan.composed, language=language or tag, chosen=bool(language))
    day = written_date(plan.issue.day, pattern="long", language=composed.language)
    said = {str(Slot.EMAIL): "reader@example.org", str(Slot.CONFIRMED_ON): day, **known}
    # No living link: whoever clicks in a preview must not unsubscribe anybody.
    link = f"{app.config.web.public_url.rstrip('/')}/preview"
    values = {
        marker(slot, seal=seal): said.get(slot, f"{link}/{slot.name.lower()}") for slot in Slot
    }
    html = as_reader(without_edges(composed.html, seal=seal), values=values, is_html=True)
    text = as_reader(without_edges(composed.text, seal=seal), values=values, is_html=False)
    trouble = tuple(str(finding) for finding in troubles(composed))
    return _Shown(subject=composed.subject, html=html, text=text, trouble=trouble)


def _reader(app: "App", address: str) -> "tuple[str | None, dict[str, str]]":
    """Return a reader's language, and what their letter says of them."""
    from digest import questions
    from digest.render.slots import Slot
    from digest.render.words import written_date

    person = questions.person(app, address)
    language = person.language or app.config.newsletter.language
    known: dict[str, str] = {Slot.EMAIL: person.email}
    confirmed = [at for at, kind, _ in person.consent if str(kind) == "confirmed"]
    if confirmed:
        day = confirmed[-1].astimezone(app.zone).date()
        known[Slot.CONFIRMED_ON] = written_date(day, pattern="long", language=language)
    return language, known


def _variant(
    composed: "tuple[ComposedIssue, ...]", *, language: str | None, chosen: bool
) -> "ComposedIssue":
    """Return the variant in a language; a reader's own that there is none of falls to the first."""
    for one in composed:
        if language in {None, one.language}:
            return one
    if not chosen:
        return composed[0]
    known = ", ".join(one.language for one in composed)
    raise UsageError(f"there is no variant in {language!r}; there are: {known}")


def _page(shown: _Shown, *, lens: str | None, folder: Path | None) -> str:
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


def _take(shown: _Shown, *, lens: str, png: Path) -> None:
    from digest.cli.browser import take_picture
    from digest.render.lenses import TEXT, find_lens, text_page

    if lens == TEXT:
        take_picture(text_page(shown.text), width=640, path=png)
        return
    found = find_lens(lens)
    take_picture(found.see(shown.html), width=found.width, path=png)
