"""The command that plays an issue through with faults: nobody's mailbox, nobody's ledger."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context
from digest.cli.output import FAILED, OK
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.calendar import Period
    from digest.editions.issue import Issue
    from digest.rehearsal.play import Score

_PERCENT = 100


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rehearse)


def rehearse(
    ctx: typer.Context,
    period: Annotated[str | None, typer.Argument(help="The issue, as 2026-W24")] = None,
    readers: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many readers there are")
    ] = 1000,
    fail: Annotated[str, typer.Option(metavar="SHARE", help="How many letters fail once")] = "5%",
    kills: Annotated[
        int, typer.Option(min=0, max=1000, help="How many senders are killed on the way")
    ] = 8,
) -> None:
    """Send an issue to a built-in sink with faults, and count.

    The issue is the sealed one, or what it would be now. The readers do not exist, the database
    is made for it and removed, and the mail server is our own. Exit code 1: somebody was lost or
    served twice.

    JSON: {period, readers, accepted, unknown, lost, doubled, states, kills, faults, seconds,
    rate, findings}
    """
    from digest.rehearsal import play

    me = context.of(ctx)
    share = share_of(fail)
    with me.app() as app:
        target, issue = _issue(app, period)
        me.out.say(f"rehearsing issue {target.name} for {readers:,} readers who do not exist ...")
        score = play.rehearse(app, issue, period=target, readers=readers, fail=share, kills=kills)
    code = OK if score.is_good else FAILED
    me.out.result(_as_json(score, period=target.name), "\n".join(_lines(score)), code=code)
    raise typer.Exit(code)


def share_of(words: str) -> float:
    """Read ``5%`` or ``0.05``; raise `UsageError` for what is no share."""
    try:
        share = float(words.removesuffix("%")) / (_PERCENT if words.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UsageError(f"--fail {words!r} is no share of the letters; write it as 5% or 0.05")
    return share


def _issue(app: "App", period: str | None) -> "tuple[Period, Issue]":
    """Return the sealed issue, or what it would be if it were frozen now; writes nothing."""
    from digest import planning, questions
    from digest.editions import store as editions

    target = questions.period(app, period)
    edition = questions.edition(app, target.name)
    issue = None
    if edition is not None:
        with app.database.read() as session:
            issue = editions.issue_of(session, edition.id)
    issue = issue or planning.plan(app, target).issue
    if issue is None:
        raise UsageError(f"issue {target.name} has too few posts; there is nothing to rehearse")
    return target, issue


def _as_json(score: "Score", *, period: str) -> dict[str, Any]:
    from digest.delivery.state import DeliveryState

    return {
        "period": period,
        "readers": score.readers,
        "accepted": score.states[DeliveryState.ACCEPTED],
        "unknown": score.states[DeliveryState.UNKNOWN],
        "lost": score.lost,
        "doubled": score.doubled,
        "states": dict(score.states),
        "kills": score.kills,
        "faults": dict(score.faults),
        "seconds": round(score.seconds, 2),
        "rate": round(score.rate, 1),
        "findings": list(score.findings),
    }


def _lines(score: "Score") -> list[str]:
    from digest.delivery.sender import tally
    from digest.delivery.state import DeliveryState

    faults = ", ".join(f"{count} x {fault}" for fault, count in sorted(score.faults.items()))
    return [
        f"lost      {score.lost:,}",
        f"doubled   {score.doubled:,}",
        f"unknown   {score.states[DeliveryState.UNKNOWN]:,}",
        f"ledger    {tally(score.states)}",
        f"faults    {faults or 'none'}, and {score.kills} senders killed",
        f"rate      {score.rate:,.0f} letters/s, {score.seconds:.1f} s with every restart",
        *(f"audit     {finding}" for finding in score.findings),
    ]
