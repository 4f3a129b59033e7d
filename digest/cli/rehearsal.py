"""Says what a run or a send would do, without a row written or a letter handed over."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from digest.charts.words import counted
from digest.cli.context import Context

if TYPE_CHECKING:
    from digest.app import App
    from digest.calendar import Period
    from digest.editions.store import Edition
    from digest.planning import Plan

_END = "Nothing was written and nothing was sent."


@dataclass(frozen=True, kw_only=True)
class _Rehearsal:
    """What would happen: as JSON, in words, and to whom."""

    data: dict[str, Any]
    text: list[str]
    people: Iterable[tuple[str, str]]


def rehearse_run(me: Context, app: "App") -> None:
    """Say what `digest run` would do with the issue whose turn it is."""
    from digest import questions

    target = questions.current_period(app)
    edition = questions.edition(app, target.name)
    found = _open(app, target, edition, is_run=True)
    following = "digest run" if target.due_at <= app.clock.now() else "digest issue show"
    _print(me, app, found, is_run=True, following=f"digest preview, then {following}")


def rehearse_send(me: Context, app: "App", period: str | None, *, names: bool) -> None:
    """Say what `digest send` would do; refuses what that refuses."""
    from digest import approval, planning, questions
    from digest.editions.state import OPEN

    edition = questions.edition_named(app, period)
    approval.refuse_draft(edition)
    target = planning.period_of(app, edition)
    found = _open(app, target, edition) if edition.state in OPEN else _sealed(app, edition)
    following = f"digest preview {target.name}, then digest send {target.name}"
    _print(me, app, found, names=names, following=following)


def rehearse_sending_now(
    me: Context, app: "App", period: str | None, *, people: int, names: bool
) -> None:
    """Say what `digest send --now` would do; refuses what that refuses."""
    from digest import approval, questions

    target = questions.period(app, period)
    questions.refuse_sealed(app, target)
    plan = approval.agreeable_to(app, target, people=people)
    found = _tell(app, plan, lead="would send")
    following = f"digest send {target.name} --now --people {people}"
    _print(me, app, found, names=names, following=following)


def _print(
    me: Context,
    app: "App",
    found: _Rehearsal,
    *,
    following: str,
    is_run: bool = False,
    names: bool = False,
) -> None:
    """Print what would happen; only a run reads the sources first."""
    from digest import roster

    sources = roster.count_sources(app, due_only=True)
    data, text = found.data | {"sources_due": sources}, list(found.text)
    if is_run:
        text.insert(0, f"would fetch {counted(sources, 'source')}")
    if names:
        people = list(found.people)
        data["list"] = [{"email": email, "fate": fate} for email, fate in people]
        text += [f"  {email}  {fate}" for email, fate in people]
    me.out.result(data, "\n".join([*text, _END, f"Next: {following}"]))


def _open(
    app: "App", target: "Period", edition: "Edition | None", *, is_run: bool = False
) -> _Rehearsal:
    """Tell of an issue that is not sealed: as it would be if it were frozen now.

    A run leaves alone what is not due; a send does not ask.
    """
    from digest import planning

    plan = planning.complete(app, planning.plan(app, target))
    lead, why = _outlook(app, plan, edition)
    if is_run and not _may_leave(app, plan):
        lead = f"nothing is due now; at its time it {lead}"
    return _tell(app, plan, lead=lead, why=why)


def _may_leave(app: "App", plan: "Plan") -> bool:
    return plan.decided.departure.at_once or plan.period.due_at <= app.clock.now()


def _outlook(app: "App", plan: "Plan", edition: "Edition | None") -> tuple[str, str | None]:
    """Say whether an issue would be sent, and else why not, in the order of `weekly.settle`."""
    from digest import planning, waiting, weekly
    from digest.editions.state import EditionState

    if edition and edition.state is EditionState.HELD:
        return "would not send", f"it is held: {edition.reason}"
    if plan.issue is None and not planning.awaited(app, plan):
        return "would not send", weekly.why_empty(app, plan)
    if why := weekly.obstacle(app, plan, edition=edition):
        return "would hold", why
    leaves_at = plan.decided.departure.leaves_at
    if leaves_at and leaves_at > app.clock.now():
        return "would not send", waiting.for_regrets(plan.period.name, until=app.local(leaves_at))
    return "would send", None


def _tell(app: "App", plan: "Plan", *, lead: str, why: str | None = None) -> _Rehearsal:
    """Tell of an issue that is not sealed, in words that begin with what would become of it."""
    from digest import questions
    from digest.editions.best import pace_of

    pace = pace_of(plan.period.name)
    people = questions.people(app, pace=pace)
    posts = [post.title for post in plan.issue.entries] if plan.issue else []
    data = {
        "period": plan.period.name,
        "due_at": plan.period.due_at,
        "posts": posts,
        "refused": len(plan.selection.refused),
        "findings": [str(finding) for finding in plan.findings],
        "readers": people.candidates,
        "excluded": people.excluded,
    }
    text = [
        (
            f"{lead} issue {plan.period.name}, due {app.local(plan.period.due_at)}:"
            f" {counted(len(posts), 'post')} to {counted(people.candidates, 'reader')}"
        ),
        *([f"  why: {why}"] if why else []),
        *(f"  {title}" for title in posts),
        *(f"  left out: {count:,} {reason}" for reason, count in people.excluded.items()),
        *(f"  check: {finding}" for finding in plan.findings),
    ]
    return _Rehearsal(data=data, text=text, people=questions.roll_call(app, pace=pace))


def _sealed(app: "App", edition: "Edition") -> _Rehearsal:
    """Tell of a sealed issue: its words stand, and only those not served yet are to come."""
    from digest import questions
    from digest.delivery.state import OPEN

    account = questions.account(app, edition)
    waiting = sum(count for state, count in account.counts.items() if state in OPEN)
    data = {
        "period": edition.period,
        "due_at": edition.due_at,
        "posts": [post.title for post in account.issue.entries] if account.issue else [],
        "refused": 0,
        "findings": [],
        "readers": waiting,
        "excluded": account.excluded,
    }
    people = (
        (one.email, f"{one.state} {one.reason or ''}".rstrip())
        for one in questions.unserved(app, edition)
    )
    text = [
        f"issue {edition.period} is {edition.state}, with {counted(waiting, 'letter')} still to go"
    ]
    return _Rehearsal(data=data, text=text, people=people)
