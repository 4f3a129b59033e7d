"""The command that prints the evidence of one person's consent."""

from typing import Annotated

import typer

from digest.cli import context


def consent(
    ctx: typer.Context, address: Annotated[str, typer.Argument(help="Email address")]
) -> None:
    """Print the evidence of somebody's consent as one document: who, when, where, which words.

    JSON: {email, newsletter, status, printed_at, events: [{at, kind, source, evidence}]}
    """
    from digest import evidence

    me = context.of(ctx)
    with me.app() as app:
        document = evidence.of(app, address)
    me.out.result(document.as_data(), document.as_text())
