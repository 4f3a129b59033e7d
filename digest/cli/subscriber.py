"""The commands about single subscribers: add, list, show, remove."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context, people
from digest.cli.consent import consent
from digest.cli.given import content_of
from digest.cli.help import HelpPage
from digest.cli.output import FAILED, IN_PART, OK, table
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.cli.context import Context

Address = Annotated[str, typer.Argument(help="Email address")]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage,
        no_args_is_help=True,
        help="Add, list, show, remove, import, export or erase subscribers",
    )
    for command in (add, show, remove, consent):
        group.command()(command)
    group.command("list")(list_)
    people.add_to(group)
    app.add_typer(group, name="subscriber")


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
    """Record confirmed readers, with the source of their consent.

    JSON: [{email, outcome, doubts: [doubt]}]; outcome is added, known, returned or "refused: why"
    """
    from digest import roster

    me = context.of(ctx)
    wanted = [*(addresses or ()), *(_lines(file) if file else ())]
    _refuse_incomplete(wanted, consent=consent, name=name)
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
    limit: Annotated[int, typer.Option(min=1, help="How many")] = 100,
    after: Annotated[int, typer.Option(min=0, help="Go on after this id")] = 0,
) -> None:
    """List subscribers.

    JSON: [{id, email?, status, language}]
    """
    from digest import roster

    me = context.of(ctx)
    with me.app() as app:
        found = roster.members(app, after=after, limit=limit + 1)
        members = found[:limit]
        rows = [
            (m.id, m.email or "(erased)", m.status, m.language, app.local(m.created_at))
            for m in members
        ]
    data = [
        {"id": m.id, "email": m.email, "status": str(m.status), "language": m.language}
        for m in members
    ]
    text = table(rows, head=("id", "address", "status", "language", "since"))
    if len(found) > limit:
        text += f"\nNext: digest subscriber list --after {members[-1].id}"
    me.out.result(data, text)


def show(ctx: typer.Context, address: Address) -> None:
    """Show one person: status, consent, what became of each issue, and what came back.

    JSON: {email, status, language, consent: [{at, kind, source}],
    issues: [{period, state, reason?}], returned: [{at, what, decision?}]}
    """
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
            *(
                f"  {app.local(at)}  {what}" + (f": {decision}" if decision else "")
                for at, what, decision in person.returned
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
        "returned": [
            {"at": at, "what": what, "decision": decision or None}
            for at, what, decision in person.returned
        ],
    }
    me.out.result(data, "\n".join(lines))


def remove(
    ctx: typer.Context,
    address: Address,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Take somebody off the list; the evidence of their consent stays.

    JSON: {email, removed}
    """
    from digest import questions, roster

    me = context.of(ctx)
    with me.app() as app:
        person = questions.person(app, address)
        if not me.options.dry_run:
            context.confirm(me, f"Remove {person.email}?", yes=yes)
            roster.remove_subscriber(app, address)
    word = "would be removed" if me.options.dry_run else "is removed and gets no more mail"
    me.out.result({"email": person.email, "removed": not me.options.dry_run}, f"{address} {word}")


def _refuse_incomplete(wanted: Sequence[str], *, consent: str, name: str | None) -> None:
    if not wanted:
        raise UsageError("name at least one address, or --file with one per line")
    if not consent.strip():
        raise UsageError("--consent is missing: say where and when these people agreed")
    if name and len(wanted) > 1:
        raise UsageError("--name goes with one address")


def _lines(file: Path) -> list[str]:
    try:
        text = content_of(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text; nobody was added") from error
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


def _report(me: "Context", results: "list[tuple[str, str]]") -> None:
    from digest.roster import doubts_about

    bad = [(address, fate) for address, fate in results if fate.startswith("refused")]
    good = len(results) - len(bad)
    word = "would be added" if me.options.dry_run else "added or known"
    doubts = {
        address: doubts_about(address) for address, fate in results if (address, fate) not in bad
    }
    lines = [
        f"{good:,} {word}",
        *(f"  {address}: {fate}" for address, fate in bad),
        *(f"  {address}: {'; '.join(some)}" for address, some in doubts.items() if some),
    ]
    lines.append("Next: digest subscriber list")
    code = OK
    if bad:
        code = IN_PART if good else FAILED
    data = [
        {"email": address, "outcome": fate, "doubts": list(doubts.get(address, ()))}
        for address, fate in results
    ]
    me.out.result(data, "\n".join(lines), code=code)
    raise typer.Exit(code)
