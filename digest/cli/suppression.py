"""The commands about mailboxes that get no mail, whatever else says they may: of `suppression`."""

from typing import Annotated

import typer

from digest.cli import context
from digest.cli.help import HelpPage
from digest.cli.output import table

Address = Annotated[str, typer.Argument(help="Email address")]
_SHORT = 12  # characters of a hash that tell one from the others in a table


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage,
        no_args_is_help=True,
        help="List, add or remove mailboxes that get no mail",
    )
    group.command("list")(list_)
    group.command()(add)
    group.command()(remove)
    app.add_typer(group, name="suppression")


def list_(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many")] = 100,
    after: Annotated[str, typer.Option(help="Go on after this hash")] = "",
) -> None:
    """List mailboxes that get no mail, by hash: the addresses of the erased are not kept.

    JSON: [{mailbox_hash, reason, since, detail?}]
    """
    from digest import people

    me = context.of(ctx)
    with me.app() as app:
        known = people.suppressions(app, after=after, limit=limit + 1)
        found = known[:limit]
        rows = [
            (one.mailbox_key[:_SHORT], one.reason, app.local(one.since), one.detail or "")
            for one in found
        ]
    data = [
        {
            "mailbox_hash": one.mailbox_key,
            "reason": str(one.reason),
            "since": one.since,
            "detail": one.detail,
        }
        for one in found
    ]
    text = table(rows, head=("hash", "reason", "since", "detail"))
    if len(known) > limit:
        text += f"\nNext: digest suppression list --after {found[-1].mailbox_key}"
    me.out.result(data, text)


def add(
    ctx: typer.Context,
    address: Address,
    detail: Annotated[
        str | None, typer.Option(help="Why, in words and without the address")
    ] = None,
) -> None:
    """Send a mailbox no mail any more, known or not; only 'remove' takes it back.

    JSON: {email, suppressed}
    """
    from digest import people
    from subscribers.addresses import Mailbox

    me = context.of(ctx)
    with me.app() as app:
        if me.options.dry_run:
            Mailbox.parse(address)
            is_new = people.find_suppression(app, address) is None
        else:
            is_new = people.suppress(app, address, detail=detail)
    word = "would get" if me.options.dry_run else "gets"
    before = "" if is_new else ", as before"
    me.out.result({"email": address, "suppressed": is_new}, f"{address} {word} no mail{before}")


def remove(
    ctx: typer.Context,
    address: Address,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Let a mailbox be mailed again; whoever left or was erased is not brought back by this.

    JSON: {email, removed, reason?}
    """
    from digest import people

    me = context.of(ctx)
    with me.app() as app:
        found = people.find_suppression(app, address)
        if found is not None and not me.options.dry_run:
            question = f"{address} is suppressed ({found.reason}). Let it be mailed again?"
            context.confirm(me, question, yes=yes)
            people.lift(app, address)
    if found is None:
        text = f"{address} is not suppressed"
    elif me.options.dry_run:
        text = f"{address} would be mailed again (it was suppressed: {found.reason})"
    else:
        text = f"{address} may be mailed again (it was suppressed: {found.reason})"
    removed = found is not None and not me.options.dry_run
    reason = str(found.reason) if found else None
    me.out.result({"email": address, "removed": removed, "reason": reason}, text)
