"""The commands for an issue that is on its way: pause, cancel the rest, resolve the unknown."""

import getpass
from typing import Annotated

import typer

from digest.cli import context
from digest.cli.account import facts
from digest.errors import UsageError

Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the newest")]


def add_to(app: typer.Typer) -> None:
    """Add the commands, two of them to the group that is there already."""
    for group in app.registered_groups:
        if group.name == "issue" and group.typer_instance:
            group.typer_instance.command()(pause)
            group.typer_instance.command()(cancel)
    app.command()(resolve)


def pause(
    ctx: typer.Context,
    period: Name = None,
    *,
    reason: Annotated[str, typer.Option(help="Why")] = "paused by the operator",
) -> None:
    """Stop an issue in mid-send; 'digest send' goes on with the same readers.

    JSON: {number?, period, state, reason?, due_at, frozen_at?, candidates?}; with --dry-run:
    {would_pause}
    """
    from digest import questions, steering

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        if me.options.dry_run:
            me.out.result({"would_pause": edition.period}, f"would pause issue {edition.period}")
            return
        edition = steering.pause(app, edition, reason=reason)
    me.out.result(
        facts(edition),
        f"issue {edition.period} is paused\nNext: digest send {edition.period} goes on",
    )


def cancel(
    ctx: typer.Context,
    period: Name = None,
    *,
    readers: Annotated[
        int | None, typer.Option(help="How many have not been served; asks for this to be sure")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why")] = "cancelled by the operator",
) -> None:
    """Give up on the readers who have not been served yet; they stay named.

    JSON: {period, state, dropped}; with --dry-run: {period, would_drop}
    """
    from digest import questions, steering
    from digest.delivery.state import OPEN

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        counts = steering.counts(app, edition)
        waiting = sum(count for state, count in counts.items() if state in OPEN)
        if me.options.dry_run:
            text = f"would give up on {waiting} readers of issue {edition.period}"
            me.out.result({"period": edition.period, "would_drop": waiting}, text)
            return
        if readers != waiting:
            raise UsageError(
                f"{waiting} readers of issue {edition.period} have not been served; to give up on"
                f" them: digest issue cancel {edition.period} --readers {waiting}"
            )
        edition, dropped = steering.close(app, edition, reason=reason)
    me.out.result(
        {"period": edition.period, "state": edition.state, "dropped": dropped},
        f"issue {edition.period} is closed; {dropped} readers were not served\n"
        f"Next: digest issue show {edition.period} names them",
    )


def resolve(
    ctx: typer.Context,
    period: Name = None,
    *,
    take_as: Annotated[
        str | None, typer.Option("--as", help="sent: they have it; resend: hand it over again")
    ] = None,
    readers: Annotated[
        list[str] | None, typer.Option("--reader", help="Address of a reader (default: all)")
    ] = None,
) -> None:
    """Decide about letters whose outcome is unknown; who decided is noted.

    JSON: {period, decision, letters}; with --dry-run: {period, unknown}
    """
    from digest import questions, steering
    from digest.delivery.state import DeliveryState

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        if me.options.dry_run:
            unknown = steering.counts(app, edition).get(DeliveryState.UNKNOWN, 0)
            text = f"{unknown} letters of issue {edition.period} are unknown"
            me.out.result({"period": edition.period, "unknown": unknown}, text)
            return
        if take_as not in {"sent", "resend"}:
            raise UsageError("say --as sent (they have it) or --as resend (hand it over again)")
        decision: steering.Decision = "sent" if take_as == "sent" else "resend"
        by = getpass.getuser()
        count = steering.resolve(app, edition, decision=decision, by=by, emails=readers)
    after = f"digest send {edition.period}" if decision == "resend" else "digest audit"
    me.out.result(
        {"period": edition.period, "decision": decision, "letters": count},
        f"{count} letters of issue {edition.period}: {decision}\nNext: {after}",
    )
