"""Says what a run would send to whom, without a row written or a letter handed over."""

from typing import TYPE_CHECKING, Any

from digest.cli.context import Context

if TYPE_CHECKING:
    from digest.app import App
    from digest.calendar import Period
    from digest.editions.store import Edition

_END = ("Nothing was written and nothing was sent.", "Next: digest preview, then digest run")


def rehearse(me: Context, app: "App", *, period: str | None = None, names: bool = False) -> None:
    """Say what would be sent to whom; touches no row and no carrier."""
    from digest import questions, roster
    from digest.editions.state import SEALED

    target = questions.period(app, period)
    edition = questions.edition(app, target.name)
    if edition and edition.state in SEALED:
        data, text, people = _sealed(app, edition, target)
    else:
        data, text, people = _open(app, target)
    data["sources_due"] = roster.count_sources(app, due_only=True)
    if names:
        data["list"] = [{"email": email, "fate": fate} for email, fate in people]
        text += [f"  {email}  {fate}" for email, fate in people]
    lines = [f"would fetch {data['sources_due']} sources", *text, *_END]
    me.out.result(data, "\n".join(lines))


def _open(app: "App", target: "Period") -> tuple[dict[str, Any], list[str], list[tuple[str, str]]]:
    """Tell of an issue that is not sealed: as it would be if it were frozen now."""
    from digest import planning, questions
    from digest.editions.best import pace_of

    plan = planning.plan(app, target)
    pace = pace_of(target.name)
    people = questions.people(app, pace=pace)
    posts = [post.title for post in plan.issue.entries] if plan.issue else []
    data = {
        "period": target.name,
        "due_at": target.due_at,
        "posts": posts,
        "refused": len(plan.selection.refused),
        "findings": [str(finding) for finding in plan.findings],
        "readers": people.candidates,
        "excluded": people.excluded,
    }
    text = [
        (
            f"would send issue {target.name}, due {app.local(target.due_at)}:"
            f" {len(posts)} posts to {people.candidates:,} readers"
        ),
        *(f"  {title}" for title in posts),
        *(f"  left out: {count:,} {reason}" for reason, count in people.excluded.items()),
        *(f"  check: {finding}" for finding in plan.findings),
    ]
    return data, text, list(questions.roll_call(app, pace=pace))


def _sealed(
    app: "App", edition: "Edition", target: "Period"
) -> tuple[dict[str, Any], list[str], list[tuple[str, str]]]:
    """Tell of a sealed issue: its words stand, and only those not served yet are to come."""
    from digest import questions
    from digest.delivery.state import OPEN

    account = questions.account(app, edition)
    waiting = sum(count for state, count in account.counts.items() if state in OPEN)
    data = {
        "period": edition.period,
        "due_at": target.due_at,
        "posts": [post.title for post in account.issue.entries] if account.issue else [],
        "refused": 0,
        "findings": [],
        "readers": waiting,
        "excluded": account.excluded,
    }
    text = [f"issue {edition.period} is {edition.state}: {waiting:,} letters are still to go"]
    people = [
        (one.email, f"{one.state} {one.reason or ''}".rstrip())
        for one in questions.unserved(app, edition)
    ]
    return data, text, people
