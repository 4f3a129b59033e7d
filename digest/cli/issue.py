"""The commands about one issue: list, show, duplicate, hold, approve, test."""

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
    group.command()(duplicate)
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


def show(
    ctx: typer.Context,
    period: Name = None,
    *,
    after: Annotated[
        int, typer.Option(metavar="DELIVERY", help="Go on behind this one, as the last page says")
    ] = 0,
    most: Annotated[int, typer.Option(min=1, help="Name so many who were not reached")] = 50,
) -> None:
    """Show an issue: its posts, what was left out and why, and who was not reached.

    Those whose turn is still to come are counted, not named.

    JSON before the freeze: {period, state, reason?, due_at, posts: [title],
    order: [{id, title, source}], refused: [{id, title, reason}], findings: [sentence]};
    JSON of a sealed one: {number?, period, state, reason?, due_at, frozen_at?, candidates?,
    posts: [title], counts, excluded, ring?,
    unserved: [{delivery, email, state, code?, reason?}], next_after?}
    """
    from digest import planning, questions
    from digest.editions.state import OPEN

    me = context.of(ctx)
    with me.app() as app:
        name = period or questions.current_period(app).name
        edition = questions.edition(app, name)
        if edition and edition.state not in OPEN:
            data, text = sealed(app, edition, after=after, most=most)
        else:
            data, text = planned(app, edition, planning.plan(app, questions.period(app, name)))
    me.out.result(data, text)


def duplicate(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="PERIOD", help="The one to copy, as 2026-W24")],
    *,
    to: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="As 2026-W25; default: the one after")
    ] = None,
) -> None:
    """Begin an issue with the words of another one, and the decisions about its posts.

    A post is mailed once: decisions come along from an issue only that was not sent.

    JSON: {period, source, said, subject?, preheader?, introduction?, state?}; with --dry-run also
    would_change
    """
    from digest import duplicating, questions

    me = context.of(ctx)
    dry = me.options.dry_run
    with me.app() as app:
        edition = questions.edition_named(app, source)
        target = questions.period(app, to) if to else duplicating.next_after(app, edition)
        made = duplicating.duplicate(app, edition, target, write=not dry)
    data = {
        "period": target.name,
        "source": edition.period,
        "said": made.sentence,
        **vars(made.words),
        "state": made.edition and str(made.edition.state),
    }
    if dry:
        data["would_change"] = True
    lines = [made.sentence, *(["nothing was changed: this was a dry run"] if dry else [])]
    me.out.result(data, "\n".join([*lines, f"Next: digest issue show {target.name}"]))


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
    from digest import approval, questions, weekly

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        if me.options.dry_run:
            questions.refuse_sealed(app, target)
            text = f"would hold issue {target.name}\nNext: digest issue hold {target.name}"
            me.out.result({"would_hold": target.name}, text)
            return
        edition = approval.hold(app, weekly.open_for_person(app, target), reason=reason)
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
    from digest import approval, questions, weekly

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        questions.refuse_sealed(app, target)
        if me.options.dry_run:
            _try_approval(me, app, target)
        edition = approval.approve(app, weekly.open_for_person(app, target))
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
    from digest import planning, questions

    questions.refuse_sealed(app, target)
    plan = planning.plan(app, target)
    passed = plan.issue is not None and not plan.errors and not planning.awaited(app, plan)
    word = "would approve" if passed else "could not approve"
    data = {
        "would_approve": target.name if passed else None,
        "findings": [str(finding) for finding in plan.findings],
    }
    code = OK if passed else NEEDS_PERSON
    me.out.result(data, f"{word} issue {target.name}\nNext: digest check", code=code)
    raise typer.Exit(code)
