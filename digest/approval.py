"""A person's word on whether an issue may go: approved as it looks, sent at once, or held."""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from digest import bestof, logbook, waiting
from digest.app import App
from digest.calendar import Period
from digest.editions import drafts
from digest.editions import store as editions
from digest.editions.best import best_series
from digest.editions.drafts import Approval, Departure
from digest.editions.state import OPEN, EditionState
from digest.editions.store import Edition
from digest.errors import PersonNeededError, UsageError
from digest.planning import Plan, awaited, complete, draw, period_of, plan

_ACTIONS = {
    EditionState.APPROVED: "approve issue",
    EditionState.HELD: "hold issue",
    EditionState.FROZEN: "seal issue",
    EditionState.EMPTY: "find issue empty",
    EditionState.SENDING: logbook.RESUME,
}


def approve(app: App, edition: Edition) -> Edition:
    """Let a draft or held edition go, as it looks now; a later change takes the approval back."""
    planned = agreeable(app, period_of(app, edition))
    return _agree(app, edition, planned, departure=_after_regrets(app))


def send_now(app: App, edition: Edition, *, people: int) -> Edition:
    """Approve an edition and let it leave before its slot, to exactly so many people.

    Raises `UsageError` naming the right number when it would go to another one.
    """
    planned = agreeable_to(app, period_of(app, edition), people=people)
    departure = replace(_after_regrets(app), at_once=True)
    return _agree(app, edition, planned, departure=departure)


def agreeable_to(app: App, period: Period, *, people: int) -> Plan:
    """Return what a person would agree to who says that it goes to so many people.

    Raises what `agreeable` does, and `UsageError` naming the right number.
    """
    planned = agreeable(app, period)
    found = sum((planned.asked or {}).values())
    if people != found:
        raise UsageError(waiting.miscounted(period.name, said=people, found=found))
    return planned


def agreeable(app: App, period: Period) -> Plan:
    """Return what a person would agree to, or raise `PersonNeededError` saying what is missing."""
    planned = complete(app, plan(app, period))
    if undecided := awaited(app, planned):
        raise PersonNeededError(waiting.undecided(undecided))
    if planned.issue is None:
        raise PersonNeededError(f"issue {period.name} has nothing to send: no post is in it")
    if planned.errors:
        raise PersonNeededError(waiting.failed(period.name, errors=planned.errors))
    return planned


def refuse_draft(edition: Edition) -> None:
    """Raise `PersonNeededError` when nobody has said yet that this issue may go."""
    if edition.state is EditionState.DRAFT:
        raise PersonNeededError(
            f"issue {edition.period} is a draft; 'digest issue approve {edition.period}' lets it go"
        )


def holds(edition: Edition, planned: Plan) -> bool:
    """Whether an approved issue has still the very words that a person agreed to."""
    return planned.issue is not None and planned.issue.seal == edition.approved_seal


def reconsider(app: App, edition: Edition) -> Edition:
    """Take an approval back where the issue is not any more what was approved."""
    if edition.state is not EditionState.APPROVED:
        return edition
    if holds(edition, draw(app, period_of(app, edition))):
        return edition
    return move(app, edition, to=EditionState.HELD, reason=waiting.CHANGED)


def reconsider_all(app: App) -> None:
    """Take back every approval that no longer holds, because a post was changed."""
    keys = (app.newsletter, best_series(app.newsletter))
    with app.database.read() as session:
        states = [EditionState.APPROVED]
        approved = [e for key in keys for e in editions.all_editions(session, key, states=states)]
    for edition in approved:
        reconsider(app, edition)


def hold(app: App, edition: Edition, *, reason: str) -> Edition:
    """Keep the schedule from taking an edition; before the freeze only."""
    if edition.state not in OPEN:
        raise UsageError(f"issue {edition.period} is {edition.state} and can no longer be held")
    return move(app, edition, to=EditionState.HELD, reason=reason)


def _agree(app: App, edition: Edition, planned: Plan, *, departure: Departure) -> Edition:
    """Approve the words of a plan, and say when they may leave."""
    assert planned.issue is not None  # noqa: S101 - nobody agrees to an empty plan
    now, seal = app.clock.now(), planned.issue.seal
    approval = Approval(issue=planned.issue, by=app.actor, at=now)
    with app.database.begin() as session:
        to = EditionState.APPROVED
        if editions.move(session, edition, to=to, approved_seal=seal, now=now):
            drafts.keep_approval(session, edition, approval, departure=departure)
            note(app, session, edition, to=to, seal=seal, at_once=departure.at_once)
        return editions.get(session, edition.id)


def _after_regrets(app: App) -> Departure:
    """Return a departure that leaves time to take an approval back, as ``[schedule]`` says."""
    undo = app.config.schedule.undo
    return Departure(leaves_at=app.clock.now() + undo if undo else None)


def move(app: App, edition: Edition, *, to: EditionState, reason: str | None = None) -> Edition:
    """Bring an edition to another state, unless somebody else has; returns it as it stands."""
    now = app.clock.now()
    with app.database.begin() as session:
        if editions.move(session, edition, to=to, reason=reason, now=now):
            drafts.forget_departure(session, edition)
            note(app, session, edition, to=to, reason=reason)
            if to is EditionState.EMPTY:
                bestof.open_after(app, session, period_of(app, edition))
        return editions.get(session, edition.id)


def note(app: App, session: Session, edition: Edition, *, to: EditionState, **facts: Any) -> None:
    """Put in the log who brought an edition from one state to another."""
    logbook.note(
        session,
        actor=app.actor,
        action=_ACTIONS[to],
        about=f"issue {edition.period}",
        now=app.clock.now(),
        before=str(edition.state),
        after=str(to),
        **facts,
    )
