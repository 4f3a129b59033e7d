"""The commands that say how things stand: today, and the result of an issue."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context
from digest.cli.account import facts
from digest.delivery.state import DeliveryState

if TYPE_CHECKING:
    from digest.results import Missed

Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the newest")]


def add_to(app: typer.Typer) -> None:
    """Add the commands, one of them to the group that is there already."""
    for group in app.registered_groups:
        if group.name == "issue" and group.typer_instance:
            group.typer_instance.command()(result)
    app.command()(today)


def today(ctx: typer.Context) -> None:
    """Say what needs you, what comes next, and how the last issue went.

    JSON: {needs: [{kind, about, sentence, path, command}], next, last: {period, number?, state,
    outcome: [sentence]}?}
    """
    from digest import needs, outset, planning, questions, results

    me = context.of(ctx)
    with me.app() as app:
        plan = planning.plan(app, questions.current_period(app))
        found = needs.needs(app, plan=plan)
        last = needs.last_settled(app)
        went = results.outcome(results.result(app, last)) if last else []
        lines = [f"! {need.sentence}\n    {need.command}" for need in found]
        lines += [needs.coming(app) if found else needs.nothing(app)]
        data: dict[str, Any] = {
            "needs": [vars(need) for need in found],
            "next": needs.coming(app),
            "last": last and _last(last.period, last.number, str(last.state), went),
        }
        if last:
            lines += [f"{needs.called(last)} ({last.state})", *(f"  {line}" for line in went)]
        after = f"digest issue result {last.period}" if last else "digest fetch"
        after = outset.next_step(app) or after
    me.out.result(data, "\n".join([*lines, f"Next: {after}"]))


def result(
    ctx: typer.Context,
    period: Name = None,
    *,
    state: Annotated[
        DeliveryState | None, typer.Option(help="Name only those in this state")
    ] = None,
    after: Annotated[int, typer.Option(help="Go on behind this number")] = 0,
    most: Annotated[int, typer.Option(help="How many people to name", min=1, max=10_000)] = 50,
) -> None:
    """Say how an issue went, and name who did not get it, and why.

    JSON: {number?, period, state, reason?, due_at, frozen_at?, candidates?, outcome: [sentence],
    counts, excluded, left, complaints, bounces, votes,
    missed: [{number, email?, state, said, then}], after?}
    """
    from digest import questions, results

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition_named(app, period)
        done = results.result(app, edition)
        found = results.missed(app, edition, after=after, most=most + 1, state=state)
    named = found[:most]
    more = named[-1].number if len(found) > most else None
    lines = [
        f"issue {edition.number or '-'} ({edition.period})  {edition.state}",
        *(f"  {line}" for line in results.outcome(done)),
        *(f"  {count:,} left out: {reason}" for reason, count in done.excluded.items()),
        *(f"  {one.email or '(erased)'}  {one.state}  {one.said}; {one.then}" for one in named),
        f"Next: digest issue result {edition.period} --after {more}"
        if more
        else "Next: digest today",
    ]
    data = facts(edition) | {
        "outcome": results.outcome(done),
        "counts": {str(state): count for state, count in done.gauge.counts.items()},
        "excluded": dict(done.excluded),
        "left": done.left,
        "complaints": done.complaints,
        "bounces": done.bounces,
        "votes": {str(answer): count for answer, count in done.votes.items()},
        "missed": [_missed(one) for one in named],
        "after": more,
    }
    me.out.result(data, "\n".join(lines))


def _last(period: str, number: int | None, state: str, went: list[str]) -> dict[str, Any]:
    return {"period": period, "number": number, "state": state, "outcome": went}


def _missed(one: "Missed") -> dict[str, Any]:
    return {
        "number": one.number,
        "email": one.email,
        "state": str(one.state),
        "said": one.said,
        "then": one.then,
    }
