"""The commands about mail that comes back: of `bounce`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.given import content_of
from digest.cli.help import HelpPage
from digest.cli.output import table

if TYPE_CHECKING:
    from digest.bounces.receive import Received

_TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and tries again


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage,
        no_args_is_help=True,
        help="Take in bounces, complaints and wishes to leave that come by mail",
    )
    group.command()(receive)
    group.command()(read)
    group.command()(poll)
    group.command()(listen)
    app.add_typer(group, name="bounce")


def receive(
    ctx: typer.Context,
    recipient: Annotated[
        list[str] | None, typer.Argument(help="Whom the mail server had it for")
    ] = None,
) -> None:
    """Take in one mail from standard input, as a mail server pipes it; nothing is ever answered.

    Exit code 75 asks the mail server to keep the mail; whatever the mail is, it is not an error.

    JSON: {fate, kind, letter?, code?, detail?}
    """
    from digest import returning
    from digest.bounces.receive import LARGEST

    me = context.of(ctx)
    raw = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):
        pass  # what is beyond is not kept, but the mail server must not see a broken pipe
    try:
        with me.app() as app:
            received = returning.intake_of(app).take(raw, envelope=recipient or ())
    except Exception as error:
        sys.stderr.write(f"digest: the mail was not taken in ({type(error).__name__}: {error})\n")
        raise typer.Exit(_TRY_LATER) from error
    data = {
        "fate": received.fate,
        "kind": received.report.kind,
        "letter": received.key,
        "code": received.report.code,
        "detail": received.report.detail,
    }
    me.out.result(data, _said(received))


def read(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files with one mail each")],
) -> None:
    """Say what mails in files are, and do nothing: as bounces, complaints, automatic answers.

    JSON: [{file, kind, recipient?, code?, detail?}]
    """
    from digest.bounces.parse import parse

    me = context.of(ctx)
    told = [(file, parse(content_of(file))) for file in files]
    data = [
        {
            "file": str(file),
            "kind": report.kind,
            "recipient": report.recipient,
            "code": report.code,
            "detail": report.detail,
        }
        for file, report in told
    ]
    rows = [
        (file.name, report.kind, report.code or "", report.detail or "") for file, report in told
    ]
    me.out.result(data, table(rows, head=("file", "kind", "code", "detail")))


def poll(ctx: typer.Context) -> None:
    """Read what is new in the mailbox of [bounces.mailbox], once; run it from cron.

    JSON: {read}
    """
    from digest import returning

    me = context.of(ctx)
    with me.app() as app:
        count = returning.visit_mailbox(app)
    me.out.result({"read": count}, f"{count:,} messages read; 'digest subscriber show' has details")


def listen(ctx: typer.Context) -> None:
    """Take mail from this machine's mail server by LMTP until stopped; see [bounces] lmtp_port.

    JSON: {stopped}
    """
    from digest import returning

    me = context.of(ctx)
    with me.app() as app:
        host = app.config.bounces.lmtp_host
        returning.listen(app, ready=lambda port: me.out.say(f"LMTP on {host}:{port}; Ctrl-C stops"))
    me.out.result({"stopped": True}, "stopped")


def _said(received: "Received") -> str:
    about = f" about letter {received.key}" if received.key else ""
    return f"{received.report.kind}{about}: {received.fate}"
