"""The commands about one issue: list, show, hold, approve, preview, check."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context
from digest.cli.context import NEEDS_PERSON, OK

if TYPE_CHECKING:
    from digest.app import App
    from digest.editions.store import Edition
    from digest.weekly import Plan

Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the one that is next")]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(no_args_is_help=True, help="List, show, hold or approve an issue")
    group.command("list")(list_)
    group.command()(show)
    group.command()(hold)
    group.command()(approve)
    app.add_typer(group, name="issue", rich_help_panel="Every week")
    app.command(rich_help_panel="Every week")(preview)
    app.command(rich_help_panel="Every week")(check)


def list_(ctx: typer.Context) -> None:
    """List all issues, newest first."""
    from digest import questions

    me = context.of(ctx)
    with me.app() as app:
        editions = questions.all_editions(app)
        rows = [
            (e.number or "-", e.period, e.state, app.local(e.due_at), e.reason or "")
            for e in editions
        ]
    text = context.table(rows, head=("issue", "period", "state", "due", "reason"))
    me.out.result([_facts(edition) for edition in editions], text)


def show(ctx: typer.Context, period: Name = None) -> None:
    """Show an issue: its posts, what was left out and why, and who was not served."""
    from digest import questions, weekly
    from digest.editions.state import OPEN

    me = context.of(ctx)
    with me.app() as app:
        edition = questions.edition(app, period)
        if edition and edition.state not in OPEN:
            data, text = _sealed(app, edition)
        else:
            target = questions.period(app, period)
            data, text = _planned(app, edition, weekly.plan(app, target))
    me.out.result(data, text)


def hold(
    ctx: typer.Context,
    period: Name = None,
    *,
    reason: Annotated[str, typer.Option(help="Why")] = "held by the operator",
) -> None:
    """Keep the schedule from sending an issue."""
    from digest import questions, weekly

    me = context.of(ctx)
    with me.app() as app:
        if me.options.dry_run:
            target = questions.period(app, period)
            me.out.result({"would_hold": target.name}, f"would hold issue {target.name}")
            return
        edition = weekly.hold(
            app, weekly.open_for_person(app, questions.period(app, period)), reason=reason
        )
    me.out.result(
        _facts(edition),
        f"issue {edition.period} is held: {edition.reason}\n"
        f"Next: digest issue approve {edition.period} lets it go",
    )


def approve(ctx: typer.Context, period: Name = None) -> None:
    """Let an issue go as it looks now; any later change takes the approval back."""
    from digest import questions, weekly

    me = context.of(ctx)
    with me.app() as app:
        if me.options.dry_run:
            target = questions.period(app, period)
            me.out.result({"would_approve": target.name}, f"would approve issue {target.name}")
            return
        edition = weekly.approve(app, weekly.open_for_person(app, questions.period(app, period)))
        due = app.local(edition.due_at)
    me.out.result(
        _facts(edition),
        f"issue {edition.period} is approved as it looks now; due {due}\n"
        f"Next: digest run sends it when it is due, digest send {edition.period} at once",
    )


def preview(
    ctx: typer.Context,
    period: Name = None,
    out: Annotated[Path | None, typer.Option(help="Write HTML there, and text beside it")] = None,
    language: Annotated[str | None, typer.Option(help="Which variant")] = None,
    *,
    opened: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser")] = True,
) -> None:
    """Render the issue with the real posts, as it would be sent now."""
    import tempfile

    from digest import questions

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        variant = questions.preview(app, target, language=language)
        path = out or Path(tempfile.mkdtemp(prefix="digest-")) / f"{target.name}.html"
        path.write_text(variant.html, encoding="utf-8")
        path.with_suffix(".txt").write_text(variant.text, encoding="utf-8")
    if opened and out is None:
        webbrowser.open(path.as_uri())
    data = {"period": target.name, "subject": variant.subject, "html": str(path)}
    me.out.result(data, f"{variant.subject}\n{path}\nNext: digest check, then digest issue approve")


def check(ctx: typer.Context, period: Name = None) -> None:
    """Run all checks on the next issue without sending."""
    from digest import questions, weekly

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        planned = weekly.plan(app, target)
    findings = [str(finding) for finding in planned.findings]
    passed = planned.issue is not None and not planned.errors
    data = {"period": target.name, "passed": passed, "findings": findings}
    if planned.issue is None:
        me.out.result(data, f"issue {target.name} has no posts yet: nothing to check")
        raise typer.Exit(OK)
    lines = findings or [
        f"issue {target.name}: {len(planned.issue.posts)} posts, all checks passed"
    ]
    me.out.result(data, "\n".join(lines))
    raise typer.Exit(OK if passed else NEEDS_PERSON)


def _facts(edition: "Edition") -> dict[str, Any]:
    return {
        "number": edition.number,
        "period": edition.period,
        "state": str(edition.state),
        "reason": edition.reason,
        "due_at": edition.due_at,
        "frozen_at": edition.frozen_at,
        "candidates": edition.candidates,
    }


def _sealed(app: "App", edition: "Edition") -> tuple[dict[str, Any], str]:
    from digest import questions

    account = questions.account(app, edition)
    titles = [post.title for post in account.issue.posts] if account.issue else []
    lines = [
        f"issue {edition.number or '-'} ({edition.period})  {edition.state}"
        + (f": {edition.reason}" if edition.reason else ""),
        *(f"  {title}" for title in titles),
        *(f"{count:>9,}  {state}" for state, count in account.counts.items()),
        *(f"{count:>9,}  left out: {reason}" for reason, count in account.excluded.items()),
        *(
            f"  {one.email}  {one.state}  {one.code or ''} {one.reason or ''}".rstrip()
            for one in account.unserved
        ),
    ]
    data = _facts(edition) | {
        "posts": titles,
        "counts": {str(state): count for state, count in account.counts.items()},
        "excluded": account.excluded,
        "unserved": [
            {"email": o.email, "state": str(o.state), "code": o.code, "reason": o.reason}
            for o in account.unserved
        ],
    }
    return data, "\n".join(lines)


def _planned(app: "App", edition: "Edition | None", plan: "Plan") -> tuple[dict[str, Any], str]:
    state = str(edition.state) if edition else "draft"
    reason = f": {edition.reason}" if edition and edition.reason else ""
    chosen = [(post.title, post.source) for post in plan.selection.chosen]
    refused = [
        (r.post.title, f"{r.reason}{f' ({r.detail})' if r.detail else ''}")
        for r in plan.selection.refused
        if not r.post.baseline
    ]
    lines = [
        f"issue {plan.period.name}  {state}{reason}",
        (
            f"due {app.local(plan.period.due_at)}, posts of {plan.period.first_day:%d %b} up to,"
            f" but not on, {plan.period.end_day:%d %b %Y}"
        ),
        "",
        f"{len(chosen)} posts in it" + ("" if plan.issue else " (too few: it would be empty)"),
        *(f"  {title}  [{source}]" for title, source in chosen),
        *([f"{len(refused)} not in it"] if refused else []),
        *(f"  {title}  {why}" for title, why in refused),
        *(f"check: {finding}" for finding in plan.findings),
    ]
    data = {
        "period": plan.period.name,
        "state": state,
        "due_at": plan.period.due_at,
        "posts": [title for title, _ in chosen],
        "refused": [{"title": title, "reason": why} for title, why in refused],
        "findings": [str(finding) for finding in plan.findings],
    }
    return data, "\n".join(lines)
