"""The commands that only look: why, audit."""

from typing import Annotated

import typer

from digest.cli import context
from digest.cli.output import FAILED, OK


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(why)
    app.command()(audit)


def why(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(help="Address of a post, or of a person")],
    period: Annotated[str | None, typer.Option(help="As 2026-W24; default: what is next")] = None,
) -> None:
    """Say why a post or a person is in or out of an issue.

    JSON: {what, why: [sentence]}
    """
    from digest import questions

    me = context.of(ctx)
    with me.app() as app:
        sentences = questions.why(app, what, name=period)
    me.out.result({"what": what, "why": sentences}, "\n".join(sentences))


def audit(ctx: typer.Context) -> None:
    """Prove that every issue's counts add up and nobody was served twice.

    JSON: [{edition, sentence}]; empty when all is well
    """
    from digest.delivery import audit as proof
    from digest.delivery import tray

    me = context.of(ctx)
    with me.app() as app, app.database.read() as session:
        findings = proof.audit(session)
        notices = tray.in_words(session)
    data = [{"edition": f.edition, "sentence": f.sentence} for f in findings]
    lines = [f"{f.edition}: {f.sentence}" for f in findings]
    code = FAILED if findings else OK
    text = "\n".join(lines) or "every issue's counts add up; nobody was served twice"
    text += f"\nnotices: {notices}"
    me.out.result(data, text, code=code)
    raise typer.Exit(code)
