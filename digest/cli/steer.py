"""The commands for an issue that is on its way: pause, resume, cancel the rest, resolve, resend."""

from typing import Annotated

import typer

from digest.cli import context
from digest.cli.account import facts
from digest.errors import UsageError

Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the newest")]
People = Annotated[
    int | None, typer.Option(help="How many people that is; asks for this to be sure")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands, most of them to the group that is there already."""
    for group in app.registered_groups:
        if group.name == "issue" and group.typer_instance:
            for command in (pause, resume, cancel, resend):
                group.typer_instance.command()(command)
    app.command()(resolve)


def pause(
    ctx: typer.Context,
    period: Name = None,
    *,
    reason: Annotated[str, typer.Option(help="Why")] = "paused by the operator",
) -> None:
    """Stop an issue in mid-send; 'digest issue resume' goes on with the same readers.

    JSON: {number?, period, state, reason?, due_at, frozen_at?, candidates?, to_go}; with
    --dry-run: {would_pause}
    """
    from digest import questions, results, steering

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        if me.options.dry_run:
            me.out.result({"would_pause": edition.period}, f"would pause issue {edition.period}")
            return
        edition, left = steering.pause(app, edition, reason=reason)
        said = results.paused(app, results.sending(app, edition))
    me.out.result(
        facts(edition) | {"to_go": left.to_go},
        f"issue {edition.period}: {said}\nNext: digest issue resume {edition.period}",
    )


def resume(ctx: typer.Context, period: Name = None) -> None:
    """Let a paused issue go on: to the people still to be served, and to nobody else.

    JSON: {number?, period, state, reason?, due_at, frozen_at?, candidates?, to_go}; with
    --dry-run: {would_resume, to_go}
    """
    from digest import questions, steering

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        if me.options.dry_run:
            left = steering.figures(app, edition)
            text = f"would resume issue {edition.period}: {left.to_go:,} people to go"
            me.out.result({"would_resume": edition.period, "to_go": left.to_go}, text)
            return
        edition, left = steering.resume(app, edition)
    me.out.result(
        facts(edition) | {"to_go": left.to_go},
        f"issue {edition.period} goes on: to {left.to_go:,} people still to be served, and to"
        f" nobody else\nNext: digest send {edition.period} hands them over at once",
    )


def cancel(
    ctx: typer.Context,
    period: Name = None,
    *,
    people: People = None,
    reason: Annotated[str, typer.Option(help="Why")] = "cancelled by the operator",
) -> None:
    """Give up on the people who have not been served yet; they stay named.

    JSON: {period, state, dropped}; with --dry-run: {period, would_drop}
    """
    from digest import questions, steering

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        if me.options.dry_run:
            waiting = steering.figures(app, edition).stoppable
            text = f"would give up on {waiting:,} people of issue {edition.period}"
            me.out.result({"period": edition.period, "would_drop": waiting}, text)
            return
        edition, dropped = steering.close(app, edition, people=people, reason=reason)
    me.out.result(
        {"period": edition.period, "state": edition.state, "dropped": dropped},
        f"issue {edition.period} is closed; {dropped:,} people were not served\n"
        f"Next: digest issue result {edition.period} names them",
    )


def resend(ctx: typer.Context, period: Name = None, *, people: People = None) -> None:
    """Try those once more whose servers put us off until the deadline.

    JSON: {period, people}; with --dry-run: {period, would_resend}
    """
    from digest import questions, steering
    from digest.delivery.state import DeliveryState

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        if me.options.dry_run:
            again = steering.figures(app, edition).of(DeliveryState.FAILED)
            text = f"would try {again:,} people of issue {edition.period} once more"
            me.out.result({"period": edition.period, "would_resend": again}, text)
            return
        again = steering.resend(app, edition, people=people)
    me.out.result(
        {"period": edition.period, "people": again},
        f"{again:,} people of issue {edition.period} are tried once more\n"
        f"Next: digest send {edition.period}",
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
            unknown = steering.figures(app, edition).of(DeliveryState.UNKNOWN)
            text = f"{unknown} letters of issue {edition.period} are unknown"
            me.out.result({"period": edition.period, "unknown": unknown}, text)
            return
        if take_as not in {"sent", "resend"}:
            raise UsageError("say --as sent (they have it) or --as resend (hand it over again)")
        decision: steering.Decision = "sent" if take_as == "sent" else "resend"
        chosen = steering.Chosen(emails=readers) if readers else steering.ALL
        count = steering.resolve(app, edition, decision=decision, chosen=chosen)
    after = f"digest send {edition.period}" if decision == "resend" else "digest audit"
    me.out.result(
        {"period": edition.period, "decision": decision, "letters": count},
        f"{count} letters of issue {edition.period}: {decision}\nNext: {after}",
    )
