"""What will become of the coming issue when its slot comes, and what stands in the way."""

from collections.abc import Sequence

from digest import approval, planning
from digest.app import App
from digest.delivery import flows
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.needs import Kind, Need
from digest.planning import Plan

_IN_THE_WAY = frozenset({Kind.RUN, Kind.DOMAIN})
"""Needs that are not of the issue itself, and may keep its letters from leaving or arriving."""


def will(app: App, plan: Plan, edition: Edition | None) -> str:
    """Say what happens in its slot, as a clause; asks in the order in which `weekly` settles it."""
    undecided = planning.awaited(app, plan)
    if edition and edition.state is EditionState.HELD:
        return "it is held, and nothing is sent until somebody approves it"
    if plan.issue is None and not undecided:
        return "nothing would be sent, as too few posts are in it yet"
    if edition and edition.state is EditionState.APPROVED:
        return _approved(edition, plan)
    return _obstacle(app, plan) or "sends by itself unless you stop it"


def _approved(edition: Edition, plan: Plan) -> str:
    if approval.holds(edition, plan):
        return "it leaves as it was approved, unless you hold it"
    return "it will be held, as it is not any more what was approved"


def _obstacle(app: App, plan: Plan) -> str | None:
    """Say what holds an issue that nobody has approved; None: nothing does."""
    mode, undecided = app.config.schedule.approval, planning.awaited(app, plan)
    if app.clock.now() - plan.period.due_at > app.config.schedule.lateness:
        return "its slot has passed, and it waits for approval"
    if mode == "manual":
        return "waits for approval; if nobody approves in time it is held and you get an email"
    if plan.errors and mode != "auto":
        more = f" and {len(plan.errors) - 1} more" if len(plan.errors) > 1 else ""
        return f"it will be held unless this is put right first: {plan.errors[0]}{more}"
    if undecided:
        what = "1 excerpt" if len(undecided) == 1 else f"{len(undecided)} excerpts"
        return f"it will be held unless you decide first about {what}"
    return None


def in_the_way(app: App, plan: Plan, needs: Sequence[Need]) -> list[str]:
    """Say what may keep its letters from leaving then, though the issue itself is fit to go."""
    then = max(plan.period.due_at, app.clock.now())
    with app.database.read() as session:
        shut = app.traffic.gate.refusal(session, now=then)
        resting = flows.resting(session, now=then)
    found = [need.sentence for need in needs if need.kind in _IN_THE_WAY]
    found += [f"Its letters wait: {shut}"] if shut else []
    for carrier, said in resting.items():
        found.append(f"The carrier {carrier or app.carrier.name} takes nothing then: {said}")
    return found
