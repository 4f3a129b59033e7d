"""The commands about keys for the JSON interface: add, list, revoke."""

from typing import Annotated

import typer

from digest.cli import context
from digest.cli.help import HelpPage
from digest.cli.output import table
from digest.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage, no_args_is_help=True, help="Add, list or revoke keys for the JSON interface"
    )
    group.command()(add)
    group.command("list")(list_)
    group.command()(revoke)
    app.add_typer(group, name="apikey")


def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Who or what uses it")],
    scope: Annotated[
        list[str] | None, typer.Option(help="signup, read, write, erase or export; repeat it")
    ] = None,
) -> None:
    """Make a key and show it, once; only its hash is kept.

    JSON: {name, scopes: [scope], key?}
    """
    from digest import people
    from subscribers.keys import Scope

    me = context.of(ctx)
    known = [str(one) for one in Scope]
    if not scope or not set(scope) <= set(known):
        raise UsageError(f"--scope takes {', '.join(known)}; give it once for each that is needed")
    scopes = sorted(set(scope))
    key = None
    with me.app() as app:
        if not me.options.dry_run:
            key = people.add_key(app, name, scopes=[Scope(one) for one in scopes])
    text = f"{key}\nIt is shown only now. Send it as  Authorization: Bearer {key}"
    if key is None:
        text = f"would make a key named {name!r} for {', '.join(scopes)}"
    me.out.result({"name": name, "scopes": scopes, "key": key}, text)


def list_(ctx: typer.Context) -> None:
    """List the keys, the revoked ones too.

    JSON: [{name, scopes: [scope], created_at, used_at?, revoked_at?}]
    """
    from digest import people

    me = context.of(ctx)
    with me.app() as app:
        keys = people.all_keys(app)
        rows = [
            (
                key.name,
                " ".join(sorted(key.scopes)),
                app.local(key.used_at) if key.used_at else "never",
                app.local(key.revoked_at) if key.revoked_at else "",
            )
            for key in keys
        ]
    data = [
        {
            "name": key.name,
            "scopes": sorted(key.scopes),
            "created_at": key.created_at,
            "used_at": key.used_at,
            "revoked_at": key.revoked_at,
        }
        for key in keys
    ]
    me.out.result(data, table(rows, head=("name", "scopes", "last used", "revoked")))


def revoke(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The name it was given")],
) -> None:
    """Let a key open nothing any more, from the next request on.

    JSON: {name, revoked}
    """
    from digest import people

    me = context.of(ctx)
    is_new = False
    with me.app() as app:
        if not any(key.name == name for key in people.all_keys(app)):
            raise UsageError(f"no key is named {name!r}; 'digest apikey list' names them all")
        if not me.options.dry_run:
            is_new = people.revoke_key(app, name)
    word = "is revoked" if is_new else "was revoked before"
    text = f"{name} would be revoked" if me.options.dry_run else f"{name} {word}"
    me.out.result({"name": name, "revoked": is_new}, text)
