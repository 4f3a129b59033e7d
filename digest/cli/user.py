"""The commands about who may use the console: add, list, role, email, password, link and more."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context
from digest.cli.context import Context
from digest.cli.help import HelpPage
from digest.cli.output import table
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.accounts.record import Account
    from digest.accounts.roles import Role
    from digest.app import App

Name = Annotated[str, typer.Argument(help="Name of the account")]
RoleName = Annotated[str, typer.Option(help="viewer, editor, publisher or admin")]
ByPassword = Annotated[bool, typer.Option("--password-stdin", help="Read a password from stdin")]
ByLink = Annotated[bool, typer.Option("--link", help="Print a link that signs in once")]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage, no_args_is_help=True, help="Say who may use the console, and in which role"
    )
    group.command()(add)
    group.command("list")(list_)
    group.command()(role)
    group.command()(password)
    group.command()(link)
    group.command()(email)
    group.command("reset-factor")(reset_factor)
    group.command()(disable)
    group.command()(enable)
    app.add_typer(group, name="user")


def add(
    ctx: typer.Context,
    name: Name,
    role: RoleName = "editor",
    email: Annotated[str, typer.Option(help="Where to reach them")] = "",
    *,
    password_stdin: ByPassword = False,
    link: ByLink = False,
) -> None:
    """Add an account, with a password or with a link by which its owner sets one.

    JSON: {name, role, link?}
    """
    from digest import staff

    me, wanted = context.of(ctx), _role(role)
    if password_stdin == link:
        raise UsageError("say how its owner signs in first: --link, or --password-stdin")
    secret = _from_stdin() if password_stdin else ""
    url = None
    with me.app() as app:
        if not me.options.dry_run:
            staff.add(app, name, role=wanted, email=email)
            url = _first_way_in(app, name, password=secret)
    text = f"{name} is {wanted}" + (f"; to sign in, within 15 minutes:\n{url}" if url else "")
    if me.options.dry_run:
        text = f"would add {name} as {wanted}"
    me.out.result({"name": name, "role": wanted, "link": url}, text)


def list_(ctx: typer.Context) -> None:
    """List the accounts, those that are disabled too.

    JSON: [{name, role, email?, password, second_factor, created_at, disabled_at?}]
    """
    from digest import staff

    me = context.of(ctx)
    with me.app() as app:
        accounts = staff.everybody(app)
        rows = [
            (one.name, one.role, _proof(one), app.local(one.created_at), _state(one, app=app))
            for one in accounts
        ]
    me.out.result(
        [_data(one) for one in accounts],
        table(rows, head=("name", "role", "signs in by", "added", "state")),
    )


def role(
    ctx: typer.Context,
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer, editor, publisher or admin")],
) -> None:
    """Give somebody another role; their sessions end.

    JSON: {name, role, before}
    """
    from digest import staff

    me, wanted = context.of(ctx), _role(role)
    account, verb = _change(me, name, lambda app: staff.set_role(app, name, role=wanted))
    text = f"{account.name} {verb} {wanted}, and was {account.role}"
    me.out.result({"name": account.name, "role": wanted, "before": account.role}, text)


def password(ctx: typer.Context, name: Name) -> None:
    """Set a password, read from stdin or typed twice; every session of the account ends.

    JSON: {name}
    """
    from digest import staff
    from digest.accounts.passwords import Passwords

    def change(app: "App") -> "Account":
        staff.one(app, name)  # nobody is asked for the password of an account that is not there
        secret = _from_stdin() if not sys.stdin.isatty() else _typed()
        return staff.set_password(app, name, password=secret, passwords=Passwords())

    me = context.of(ctx)
    account, verb = _change(me, name, change)
    me.out.result({"name": account.name}, f"the password of {account.name} {verb} changed")


def link(ctx: typer.Context, name: Name) -> None:
    """Print a link that signs in once, within 15 minutes; it stands in for password and code.

    JSON: {name, link?}
    """
    from digest import staff

    me, url = context.of(ctx), None
    with me.app() as app:
        account = staff.one(app, name)
        if not me.options.dry_run:
            url = staff.make_link(app, name)
    text = url or f"would make a link for {account.name}"
    me.out.result({"name": account.name, "link": url}, text)


def email(
    ctx: typer.Context,
    name: Name,
    address: Annotated[str, typer.Argument(help="Where to reach them")],
) -> None:
    """Give an account another address; who owned it at the identity provider is forgotten.

    Whoever the provider vouches for next with this address owns it then. Every session ends.

    JSON: {name}
    """
    from digest import staff

    me = context.of(ctx)
    account, verb = _change(me, name, lambda app: staff.set_email(app, name, email=address))
    me.out.result({"name": account.name}, f"the address of {account.name} {verb} changed")


def reset_factor(ctx: typer.Context, name: Name) -> None:
    """Take away a second factor that was lost; every session of the account ends.

    JSON: {name}
    """
    from digest import staff

    me = context.of(ctx)
    account, verb = _change(me, name, lambda app: staff.reset_factor(app, name))
    me.out.result({"name": account.name}, f"{account.name} {verb} asked for no code any more")


def disable(ctx: typer.Context, name: Name) -> None:
    """Let nobody sign in to an account any more; its sessions end.

    JSON: {name}
    """
    from digest import staff

    me = context.of(ctx)
    account, verb = _change(me, name, lambda app: staff.disable(app, name))
    me.out.result({"name": account.name}, f"{account.name} {verb} disabled")


def enable(ctx: typer.Context, name: Name) -> None:
    """Let the owner of an account sign in again.

    JSON: {name}
    """
    from digest import staff

    me = context.of(ctx)
    account, verb = _change(me, name, lambda app: staff.enable(app, name))
    me.out.result({"name": account.name}, f"{account.name} {verb} enabled")


def _change(me: Context, name: str, change: "Callable[[App], Account]") -> "tuple[Account, str]":
    """Change an account, or only find it with --dry-run; return it and the verb that says so."""
    from digest import staff

    with me.app() as app:
        if me.options.dry_run:
            return staff.one(app, name), "would be"
        return change(app), "is"


def _first_way_in(app: "App", name: str, *, password: str) -> str | None:
    """Set the password, or return a link where there is none."""
    from digest import staff
    from digest.accounts.passwords import Passwords

    if not password:
        return staff.make_link(app, name)
    staff.set_password(app, name, password=password, passwords=Passwords())
    return None


def _role(word: str) -> "Role":
    from digest.accounts.roles import Role

    try:
        return Role(word)
    except ValueError:
        raise UsageError(f"a role is {', '.join(Role)}; {word!r} is none") from None


def _from_stdin() -> str:
    """Read one line; a password never stands on a command line, where everybody can see it."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise UsageError("there is no password on stdin; try: digest user password NAME < FILE")
    return line


def _typed() -> str:
    text: str = typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    return text


def _proof(account: "Account") -> str:
    if not account.has_password:
        return "link"
    return "password and code" if account.has_factor else "password"


def _state(account: "Account", *, app: "App") -> str:
    return f"disabled {app.local(account.disabled_at)}" if account.disabled_at else ""


def _data(account: "Account") -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "email": account.email,
        "password": account.has_password,
        "second_factor": account.has_factor,
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    }
