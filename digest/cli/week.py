"""The commands of every week: fetch, run, send."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context
from digest.cli.context import IN_PART, NEEDS_PERSON, OK, Context

if TYPE_CHECKING:
    from digest.app import App
    from digest.delivery.sender import SendReport
    from digest.editions.store import Edition
    from digest.sources.poll import PollResult
    from digest.weekly import Week


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command(rich_help_panel="Every week")(fetch)
    app.command(rich_help_panel="Every week")(send)
    app.command(rich_help_panel="Every week")(run)


def fetch(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Only these sources")] = None,
) -> None:
    """Read all sources now and store what is new."""
    from digest import roster, weekly

    me = context.of(ctx)
    with me.app() as app:
        if me.options.dry_run:
            due = roster.count_sources(app, names=names)
            me.out.result({"would_fetch": due}, f"would fetch {due} sources")
            return
        total = roster.count_sources(app, names=names)
        with me.out.progress("fetch", total=total) as step:
            results = weekly.fetch(app, names=names, due_only=False, report=lambda _r: step())
    rows = [(r.name, r.state, r.new, r.detail or "") for r in results]
    text = context.table(rows, head=("source", "state", "new", "detail"))
    me.out.result([_polled(r) for r in results], f"{text}\n\n{fetched(results)}")
    raise typer.Exit(IN_PART if any(r.state.is_error for r in results) else OK)


def run(ctx: typer.Context) -> None:
    """Do all that is due, in the right order; made for cron, safe to run again."""
    from digest import weekly

    me = context.of(ctx)
    with me.app(may_send=True) as app:
        if me.options.dry_run:
            _rehearse(me, app)
            return
        with me.out.progress("send", total=None) as step:
            done = weekly.run(app, report=lambda _state: step())
        code, lines = _account(app, done)
        me.out.result(_as_json(done), "\n".join(lines))
    raise typer.Exit(IN_PART if me.stop.is_set() and code == OK else code)


def send(
    ctx: typer.Context,
    period: Annotated[str | None, typer.Argument(help="As 2026-W24; default: what is due")] = None,
    *,
    names: Annotated[
        bool, typer.Option("--list", help="With --dry-run: name everybody, in and out")
    ] = False,
) -> None:
    """Send an approved or frozen issue; safe to run again, nobody gets it twice."""
    from digest import questions, weekly
    from digest.editions.state import GOING, EditionState

    me = context.of(ctx)
    with me.app(may_send=True) as app:
        if me.options.dry_run:
            _rehearse(me, app, period=period, names=names)
            return
        unknown = app.sender.recover()
        edition = questions.edition_named(app, period)
        if edition.state is EditionState.APPROVED:
            edition = weekly.settle(app, edition)
        if edition.state is EditionState.PAUSED:
            edition = weekly.resume(app, edition)
        reports = []
        if edition.state in GOING:
            with me.out.progress("send", total=edition.candidates) as step:
                reports = [(edition, weekly.deliver(app, edition, report=lambda _s: step()))]
        done = weekly.Week(
            polled=(),
            edition=questions.edition_named(app, edition.period),
            sent=tuple(reports),
            unknown=unknown,
        )
        code, lines = _account(app, done)
        me.out.result(_as_json(done), "\n".join(lines))
    raise typer.Exit(IN_PART if me.stop.is_set() and code == OK else code)


def fetched(results: "Iterable[PollResult]") -> str:
    """Say in one line how the sources were read."""
    results = list(results)
    failed = sum(r.state.is_error for r in results)
    new = sum(r.new for r in results)
    return f"fetch   {len(results)} sources, {new} new posts" + (
        f", {failed} failed (see 'digest source list')" if failed else ""
    )


def _account(app: "App", week: "Week") -> tuple[int, list[str]]:
    """Say what a run did, and what it means for whoever started it."""
    from digest import questions
    from digest.editions.state import EditionState

    code = IN_PART if any(r.state.is_error for r in week.polled) else OK
    lines = [fetched(week.polled)] if week.polled else []
    edition = week.edition
    if edition and edition.state in {EditionState.HELD, EditionState.EMPTY}:
        lines.append(f"issue   {edition.period} is {edition.state}: {edition.reason}")
        if edition.state is EditionState.HELD:
            lines.append(f"Next: digest preview, then digest issue approve {edition.period}")
            code = NEEDS_PERSON
    for sent, report in week.sent:
        lines += _sent_lines(sent, report)
        if report.state is EditionState.PAUSED:
            code = NEEDS_PERSON
        elif (report.waiting or report.unknown) and code == OK:
            code = IN_PART
    if week.elsewhere and edition and edition.state is EditionState.DRAFT:
        lines.append("in progress elsewhere: another process is reading the sources")
    elif not week.sent and not (edition and edition.state is EditionState.HELD):
        lines.append(questions.nothing_to_do(app, edition))
    return code, lines


def _sent_lines(edition: "Edition", report: "SendReport") -> list[str]:
    from digest.delivery.sender import tally

    lines = [
        f"issue   {edition.number} ({edition.period}), sealed for {edition.candidates:,} readers",
        f"send    {tally(report.counts)}",
    ]
    if report.trouble:
        lines.append(f"        {report.state}: {report.trouble}")
    if report.state == "paused":
        lines.append(f"Next: mend it, then digest send {edition.period}")
    elif report.unknown or report.waiting:
        lines.append(f"Next: digest issue show {edition.period} names everybody not served")
    return lines


def _rehearse(me: Context, app: "App", *, period: str | None = None, names: bool = False) -> None:
    """Say what would be sent to whom; touches no row and no carrier."""
    from digest import questions, roster, weekly

    target = questions.period(app, period)
    planned = weekly.plan(app, target)
    people = questions.people(app)
    posts = [post.title for post in planned.issue.posts] if planned.issue else []
    data: dict[str, Any] = {
        "period": target.name,
        "due_at": target.due_at,
        "posts": posts,
        "refused": len(planned.selection.refused),
        "findings": [str(finding) for finding in planned.findings],
        "readers": people.candidates,
        "excluded": people.excluded,
        "sources_due": roster.count_sources(app, due_only=True),
    }
    text = [
        f"would fetch {data['sources_due']} sources",
        (
            f"would send issue {target.name}, due {app.local(target.due_at)}:"
            f" {len(posts)} posts to {people.candidates:,} readers"
        ),
        *(f"  {title}" for title in posts),
        *(f"  left out: {count:,} {reason}" for reason, count in people.excluded.items()),
        *(f"  check: {finding}" for finding in planned.findings),
        "Nothing was written and nothing was sent.",
    ]
    if names:
        data["list"] = [{"email": e, "fate": fate} for e, fate in questions.roll_call(app)]
        text[2:2] = [f"  {item['email']}  {item['fate']}" for item in data["list"]]
    me.out.result(data, "\n".join(text))


def _polled(result: "PollResult") -> dict[str, Any]:
    return {
        "source": result.name,
        "state": str(result.state),
        "new": result.new,
        "detail": result.detail,
    }


def _as_json(week: "Week") -> dict[str, Any]:
    edition = week.edition
    return {
        "sources": [_polled(result) for result in week.polled],
        "edition": edition
        and {"period": edition.period, "state": str(edition.state), "reason": edition.reason},
        "sent": [
            {
                "period": sent.period,
                "number": sent.number,
                "state": str(report.state),
                "counts": {str(state): count for state, count in report.counts.items()},
                "trouble": report.trouble,
            }
            for sent, report in week.sent
        ],
        "became_unknown": week.unknown,
    }
