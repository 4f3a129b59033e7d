"""The commands of every week: fetch, run, send."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest.charts.words import counted
from digest.cli import context, quarantine
from digest.cli.context import Context
from digest.cli.outcome import account, as_json, fetched, polled
from digest.cli.output import IN_PART, OK, table
from digest.cli.rehearsal import rehearse_run, rehearse_send, rehearse_sending_now
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.delivery.sender import SendReport
    from digest.editions.store import Edition
    from digest.weekly import Week


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (fetch, send, run):
        app.command()(command)


def fetch(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Only these sources")] = None,
) -> None:
    """Read all sources and store what is new.

    JSON: [{source, state, new, detail?}]
    """
    from digest import outset, roster, weekly

    me = context.of(ctx)
    with me.app() as app:
        total = roster.count_sources(app, names=names)
        if me.options.dry_run:
            text = f"would fetch {counted(total, 'source')}; nothing was read\nNext: digest fetch"
            me.out.result({"would_fetch": total}, text)
            return
        with me.out.progress("fetch", total=total) as step:
            results = weekly.fetch(
                app, names=names or None, due_only=False, report=lambda _r: step()
            )
        following = (None if results else outset.next_step(app)) or "digest issue show"
    rows = [(r.name, r.state, r.new, r.detail or "") for r in results]
    text = table(rows, head=("source", "state", "new", "detail"))
    in_part = me.stop.is_set() or any(r.state.is_error or r.alarm for r in results)
    code = IN_PART if in_part else OK
    summary = f"{text}\n\n{fetched(results)}\nNext: {following}"
    me.out.result([polled(r) for r in results], summary, code=code)
    raise typer.Exit(code)


def run(ctx: typer.Context) -> None:
    """Do all of it in the right order; made for cron, safe to run again.

    JSON: {sources: [{source, state, new, detail?}], edition: {period, state, reason?}?,
    best_of: {period, state, reason?}?, sent: [{period, number, state, counts, trouble?}],
    became_unknown, notes: [sentence],
    quarantined: [{source, alarm, reason, since, held}]}
    """
    from digest import heartbeat, weekly
    from digest.checks import receivers

    me = context.of(ctx)
    with me.app(may_send=True) as app:
        if me.options.dry_run:
            rehearse_run(me, app)
            return
        with me.out.progress("send", total=None) as step:
            done = weekly.run(app, report=lambda ends: step(sum(ends.values())))
        heartbeat.complete(app)
        receivers.look_up(app)
        _finish(me, app, done)


def send(
    ctx: typer.Context,
    period: Annotated[str | None, typer.Argument(help="As 2026-W24; default: what is due")] = None,
    *,
    names: Annotated[
        bool, typer.Option("--list", help="With --dry-run: name everybody, in and out")
    ] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Approve it and send it before its slot")
    ] = False,
    people: Annotated[
        int | None, typer.Option(metavar="N", help="With --now: to how many people it would go")
    ] = None,
) -> None:
    """Send an approved issue; safe to run again, nobody gets it twice.

    JSON: as `digest run`; with --dry-run: {period, due_at, posts: [title], refused,
    findings: [sentence], readers, excluded, sources_due}, and with --list also
    list: [{email, fate}]
    """
    from digest import questions

    me = context.of(ctx)
    if now != (people is not None):
        raise UsageError("--now and --people N go together: N is how many people would get it")
    if names and not me.options.dry_run:
        raise UsageError("--list goes with --dry-run; 'digest issue show' names who was not served")
    with me.app(may_send=True) as app:
        if me.options.dry_run and people is not None:
            rehearse_sending_now(me, app, period, people=people, names=names)
            return
        if me.options.dry_run:
            rehearse_send(me, app, period, names=names)
            return
        if people is not None:
            period = _approve_at_once(app, period, people=people)
        _finish(me, app, _send(me, app, questions.edition_named(app, period)))


def _send(me: Context, app: "App", edition: "Edition") -> "Week":
    """Deliver one edition, as a run would."""
    from digest import errands, questions, weekly

    unknown = app.sender.recover()
    errands.hand_over_notices(app)
    sent = _deliver(me, app, edition)
    edition = questions.edition_named(app, edition.period)
    return weekly.Week(polled=(), edition=edition, sent=sent, unknown=unknown)


def _approve_at_once(app: "App", period: str | None, *, people: int) -> str:
    """Approve what would go to so many people; returns the name of its period."""
    from digest import approval, questions, weekly

    target = questions.period(app, period)
    questions.refuse_sealed(app, target)
    approval.send_now(app, weekly.open_for_person(app, target), people=people)
    return target.name


def _deliver(
    me: Context, app: "App", edition: "Edition"
) -> "tuple[tuple[Edition, SendReport], ...]":
    """Seal an approved edition, wake a paused one, and hand over what is going."""
    from digest import approval, steering, weekly
    from digest.editions.state import GOING, EditionState

    approval.refuse_draft(edition)
    if edition.state is EditionState.APPROVED:
        edition = weekly.settle(app, edition, tell=me.out.say)
    if edition.state is EditionState.PAUSED:
        edition, _ = steering.resume(app, edition)
    if edition.state not in GOING:
        return ()
    with me.out.progress("send", total=edition.candidates) as step:
        report = weekly.deliver(app, edition, report=lambda ends: step(sum(ends.values())))
    return ((edition, report),)


def _finish(me: Context, app: "App", done: "Week") -> None:
    """Print what was done and leave with what it means for whoever started it."""
    from digest import alerts, errands

    errands.forget_expired(app)
    errands.catch_up(app)
    alerts.tell(app)
    code, lines = account(app, done)
    lines[1:1] = quarantine.notes(done.quarantined)
    # A new alarm is told even where success is silent; the runs after it only mention it.
    if code == OK and (me.stop.is_set() or any(result.alarm for result in done.polled)):
        code = IN_PART
    data = as_json(done) | {"quarantined": quarantine.as_json(done.quarantined)}
    me.out.result(data, "\n".join(lines), code=code)
    raise typer.Exit(code)
