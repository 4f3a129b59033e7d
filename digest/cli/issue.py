"""The commands about one issue: list, show, hold, approve, test."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from digest.cli import context, edit
from digest.cli.account import facts, planned, sealed
from digest.cli.context import Context
from digest.cli.help import HelpPage
from digest.cli.output import FAILED, NEEDS_PERSON, OK, table

if TYPE_CHECKING:
    from digest.app import App
    from digest.calendar import Period

Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the one that is next")]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage, no_args_is_help=True, help="List, show, edit, hold or approve an issue"
    )
    group.command("list")(list_)
    group.command()(show)
    edit.add_to(group)
    group.command()(hold)
    group.command()(approve)
    group.command("test")(send_test)
    app.add_typer(group, name="issue")


def list_(ctx: typer.Context) -> None:
    """List all issues, newest first.

    JSON: [{number?, period, state, reason?, due_at, frozen_at?, candidates?}]
    """
    from digest import questions

    me = context.of(ctx)
    with me.app() as app:
        editions = questions.all_editions(app)
        rows = [
            (e.number or "-", e.period, e.state, app.local(e.due_at), e.reason or "")
            for e in editions
        ]
    text = table(rows, head=("issue", "period", "state", "due", "reason"))
    text += "\nNext: digest issue show" + (f" {editions[0].period}" if editions else "")
    me.out.result([facts(edition) for edition in editions], text)


def show(ctx: typer.Context, period: Name = None) -> None:
    """Show an issue: its posts, what was left out and why, and who was not served.

    JSON before the freeze: {period, state, reason?, due_at, posts: [title],
    order: [{id, title, source}], refused: [{id, title, reason}], findings: [sentence]};
    JSON of a sealed one: {number?, period, state, reason?, due_at, frozen_at?, candidates?,
    posts: [title], counts, excluded, ring?, unserved: [{email, state, code?, reason?}]}
    """
    from digest import questions, weekly
    from digest.editions.state import OPEN

    me = context.of(ctx)
    with me.app() as app:
        name = period or questions.current_period(app).name
        edition = questions.edition(app, name)
        if edition and edition.state not in OPEN:
            data, text = sealed(app, edition)
        else:
            data, text = planned(app, edition, weekly.plan(app, questions.period(app, name)))
    me.out.result(data, text)


def hold(
    ctx: typer.Context,
    period: Name = None,
    *,
    reason: Annotated[str, typer.Option(help="Why")] = "held by the operator",
) -> None:
    """Keep the schedule from sending an issue.

    JSON: {number?, period, state, reason?, due_at, frozen_at?, candidates?}; with --dry-run:
    {would_hold}
    """
    from digest import questions, weekly

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        if me.options.dry_run:
            questions.refuse_sealed(app, target)
            text = f"would hold issue {target.name}\nNext: digest issue hold {target.name}"
            me.out.result({"would_hold": target.name}, text)
            return
        edition = weekly.hold(app, weekly.open_for_person(app, target), reason=reason)
    me.out.result(
        facts(edition),
        f"issue {edition.period} is held: {edition.reason}\n"
        f"Next: digest issue approve {edition.period} lets it go",
    )


def approve(ctx: typer.Context, period: Name = None) -> None:
    """Let an issue go as it looks now; any later change takes the approval back.

    JSON: {number?, period, state, reason?, due_at, frozen_at?, candidates?}; with --dry-run:
    {would_approve?, findings: [sentence]}
    """
    from digest import questions, weekly

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        questions.refuse_sealed(app, target)
        if me.options.dry_run:
            _try_approval(me, app, target)
        edition = weekly.approve(app, weekly.open_for_person(app, target))
        due = app.local(edition.due_at)
    me.out.result(
        facts(edition),
        f"issue {edition.period} is approved as it looks now; due {due}\n"
        f"Next: digest run sends it when it is due, digest send {edition.period} at once",
    )


def send_test(
    ctx: typer.Context,
    addresses: Annotated[
        list[str], typer.Argument(help="One to five addresses, subscribers or not")
    ],
    *,
    period: Annotated[str | None, typer.Option(help="As 2026-W24; default: what is next")] = None,
) -> None:
    """Send the issue as it looks now to a few addresses, with [Test] before its subject.

    Who is a subscriber gets it in their own language and topics. No delivery is written.

    JSON: [{email, accepted, said}]; with --dry-run accepted is always false
    """
    from digest import questions, testmail

    me = context.of(ctx)
    with me.app(may_send=True) as app:
        target = questions.period(app, period)
        tested = testmail.send_test(app, target, addresses, write=not me.options.dry_run)
    data = [{"email": t.email, "accepted": t.was_accepted, "said": t.sentence} for t in tested]
    word = "would have the test, " if me.options.dry_run else ""
    lines = [f"{one.email} {word}{one.sentence}" for one in tested]
    done = me.options.dry_run or all(one.was_accepted for one in tested)
    following = "Next: digest issue approve" if done else "Next: digest doctor"
    me.out.result(data, "\n".join([*lines, following]), code=OK if done else FAILED)
    raise typer.Exit(OK if done else FAILED)


def _try_approval(me: Context, app: "App", target: "Period") -> NoReturn:
    """Say whether an approval would be taken; opens nothing."""
    from digest import questions, weekly

    questions.refuse_sealed(app, target)
    plan = weekly.plan(app, target)
    passed = plan.issue is not None and not plan.errors and not weekly.awaited(app, plan)
    word = "would approve" if passed else "could not approve"
    data = {
        "would_approve": target.name if passed else None,
        "findings": [str(finding) for finding in plan.findings],
    }
    code = OK if passed else NEEDS_PERSON
    me.out.result(data, f"{word} issue {target.name}\nNext: digest check", code=code)
    raise typer.Exit(code)
