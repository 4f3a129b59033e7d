"""The command `check`: everything that is looked at before an issue leaves, with cures."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from digest.charts.words import counted
from digest.cli import context
from digest.cli.output import FAILED, NEEDS_PERSON, OK

if TYPE_CHECKING:
    from digest.checks.finding import Finding
    from digest.cli.context import Context
    from digest.planning import Plan

_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(check)


def check(
    ctx: typer.Context,
    period: Annotated[str | None, typer.Argument(help="As 2026-W24; default: what is next")] = None,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask neither the links nor DNS")
    ] = False,
    sent: Annotated[
        bool, typer.Option("--sent", help="Only: has the last issue reached its readers in time?")
    ] = False,
) -> None:
    """Run all checks on the next issue without sending.

    JSON: {period, passed, findings: [sentence], report: [{level, sentence, cure}]}; findings are
    the sentences of the report whose level is warning or error. With --sent: {late?: sentence},
    and exit code 1 when it is
    """
    from digest import outset, planning, questions
    from digest.checks.issue import examine
    from digest.checks.resolver import SystemResolver

    me = context.of(ctx)
    if sent:
        _look_back(me)
        return
    with me.app() as app:
        target = questions.period(app, period)
        plan = planning.complete(app, planning.plan(app, target))
        following = (None if plan.issue else outset.next_step(app)) or "digest fetch"
        report = list(examine(app, plan, resolver=None if offline else SystemResolver()))
    passed = plan.issue is not None and all(finding.level != "error" for finding in report)
    findings = [finding.sentence for finding in report if finding.level != "ok"]
    data = {
        "period": target.name,
        "passed": passed,
        "findings": findings,
        "report": [vars(finding) for finding in report],
    }
    if plan.issue is None and not findings:
        text = f"issue {target.name} has no posts yet: nothing to check\nNext: {following}"
        me.out.result(data, text)
        return
    code = OK if passed else NEEDS_PERSON
    me.out.result(data, _told(plan, report, passed=passed), code=code)
    raise typer.Exit(code)


def _told(plan: "Plan", report: "list[Finding]", *, passed: bool) -> str:
    """Write the report for people, with what to do next."""
    lines = in_lines(report)
    if plan.issue and all(finding.level == "ok" for finding in report):
        posts = counted(len(plan.issue.entries), "post")
        lines.append(f"issue {plan.period.name}: {posts}, all checks passed")
    following = "digest issue approve, or digest run" if passed else "digest issue show"
    return "\n".join([*lines, f"Next: {following}"])


def _look_back(me: "Context") -> None:
    """Say whether the last issue has reached enough readers, as ``[heartbeat]`` asks for."""
    from digest import heartbeat

    with me.app() as app:
        late = heartbeat.late_issue(app)
    code = FAILED if late else OK
    text = f"{late}\nNext: digest issue show" if late else "no issue is late"
    me.out.result({"late": late}, text, code=code)
    raise typer.Exit(code)


def in_lines(findings: "Iterable[Finding]") -> list[str]:
    """Write findings as people read them, each with its cure below."""
    lines = []
    for finding in findings:
        lines.append(f" {_MARKS[finding.level]} {finding.sentence}")
        lines += [f"     {finding.cure}"] if finding.cure else []
    return lines
