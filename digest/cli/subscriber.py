"""The commands about subscribers: add, list, show, remove."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context

if TYPE_CHECKING:
    from digest.cli.context import Context

Address = Annotated[str, typer.Argument(help="Email address")]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(no_args_is_help=True, help="Add, list, show or remove a subscriber")
    for command in (add, show, remove):
        group.command()(command)
    group.command("list")(list_)
    app.add_typer(group, name="subscriber", rich_help_panel="Look after it")


def add(
    ctx: typer.Context,
    addresses: Annotated[list[str] | None, typer.Argument(help="Email addresses")] = None,
    consent: Annotated[
        str, typer.Option(help="Where and when they agreed (kept as evidence)")
    ] = "",
    file: Annotated[
        Path | None, typer.Option(help="One address per line instead; - reads standard input")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Their name (one address only)")] = None,
    language: Annotated[str | None, typer.Option(help="As en or de")] = None,
    *,
    again: Annotated[
        bool, typer.Option("--again", help="They had left and have agreed anew")
    ] = False,
) -> None:
    """Record confirmed readers, with the source of their consent."""
    from digest import roster
    from digest.errors import UsageError

    me = context.of(ctx)
    wanted = list(addresses or []) + (_lines(file) if file else [])
    if not wanted:
        raise UsageError("name at least one address, or --file with one per line")
    if not consent.strip():
        raise UsageError("--consent is missing: say where and when these people agreed")
    if name and len(wanted) > 1:
        raise UsageError("--name goes with one address")
    with me.app() as app, me.out.progress("add", total=len(wanted)) as step:
        results = roster.add_subscribers(
            app,
            wanted,
            consent=consent,
            name=name,
            language=language,
            again=again,
            write=not me.options.dry_run,
            step=step,
        )
    _report(me, results)


def list_(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(help="How many")] = 100,
    after: Annotated[int, typer.Option(help="Go on after this id")] = 0,
) -> None:
    """List subscribers."""
    from digest import roster

    me = context.of(ctx)
    with me.app() as app:
        members = roster.members(app, after=after, limit=limit)
        rows = [
            (m.id, m.email or "(erased)", m.status, m.language, app.local(m.created_at))
            for m in members
        ]
    data = [
        {"id": m.id, "email": m.email, "status": str(m.status), "language": m.language}
        for m in members
    ]
    text = context.table(rows, head=("id", "address", "status", "language", "since"))
    if len(members) == limit:
        text += f"\nNext: digest subscriber list --after {members[-1].id}"
    me.out.result(data, text)


def show(ctx: typer.Context, address: Address) -> None:
    """Show one person: status, consent, and what became of each issue."""
    from digest import questions

    me = context.of(ctx)
    with me.app() as app:
        person = questions.person(app, address)
        lines = [
            f"{person.email}  {person.status}  {person.language}",
            *(f"  {app.local(at)}  {kind}: {source}" for at, kind, source in person.consent),
            *(
                f"  issue {period}: {state} {reason}".rstrip()
                for period, state, reason in person.issues
            ),
        ]
    data = {
        "email": person.email,
        "status": person.status,
        "language": person.language,
        "consent": [
            {"at": at, "kind": kind, "source": source} for at, kind, source in person.consent
        ],
        "issues": [
            {"period": period, "state": state, "reason": reason or None}
            for period, state, reason in person.issues
        ],
    }
    me.out.result(data, "\n".join(lines))


def remove(
    ctx: typer.Context,
    address: Address,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Take somebody off the list; the evidence of their consent stays."""
    from digest import questions, roster

    me = context.of(ctx)
    with me.app() as app:
        person = questions.person(app, address)
        if not me.options.dry_run:
            context.confirm(me, f"Remove {person.email}?", yes=yes)
            roster.remove_subscriber(app, address)
    word = "would be removed" if me.options.dry_run else "is removed and gets no more mail"
    me.out.result({"email": person.email, "removed": not me.options.dry_run}, f"{address} {word}")


def _lines(file: Path) -> list[str]:
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


def _report(me: "Context", results: "list[tuple[str, str]]") -> None:
    bad = [(address, fate) for address, fate in results if fate.startswith("refused")]
    good = len(results) - len(bad)
    word = "would be added" if me.options.dry_run else "added or known"
    lines = [f"{good:,} {word}", *(f"  {address}: {fate}" for address, fate in bad)]
    me.out.result([{"email": a, "outcome": fate} for a, fate in results], "\n".join(lines))
    if bad:
        raise typer.Exit(context.IN_PART if good else 1)
