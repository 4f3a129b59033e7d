"""The best of four weeks: opened when its last week's issue is settled, written from sealed issues.

It is for the readers whose pace is monthly, and an edition like any other: it is sealed, held,
approved, sent and audited by the code of `weekly`. Only what stands in it is found here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest import calendar, printing
from digest.app import App
from digest.calendar import Period
from digest.editions import store as editions
from digest.editions.best import best_series, choose, pace_of
from digest.editions.issue import Issue
from digest.editions.state import SEALED, EditionState
from digest.editions.store import Edition
from digest.posts.post import Post
from digest.posts.store import posts_where
from digest.tables import PostRow

_SERVED = SEALED - {EditionState.WITHDRAWN}
_TO_SETTLE = (EditionState.DRAFT, EditionState.APPROVED)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a best-of would be at this moment; ``issue`` is None when no issue has a post for it.

    ``posts`` are those of the issue, as they are known today.
    """

    issue: Issue | None
    posts: tuple[Post, ...] = ()
    recent: frozenset[str] = frozenset()


def open_after(app: App, session: Session, period: Period) -> None:
    """Open the best-of that goes with this week's issue, if there is one and somebody wants it.

    Belongs into the transaction that seals the week's issue, or finds it empty: whoever it leaves
    out as a monthly reader is then served by the best-of, and nobody by both.
    """
    now = app.clock.now()
    best = calendar.best_of(app.config.schedule, period)
    if best and printing.asked_for(session, now=now, pace=pace_of(best.name)):
        editions.open_edition(session, app.newsletter, period=best, now=now)


def due(app: App) -> list[Edition]:
    """Return the best-of whose slot has come and that wait for no person, oldest first."""
    key = best_series(app.newsletter)
    with app.database.read() as session:
        waiting = editions.all_editions(session, key, states=_TO_SETTLE)
    return [edition for edition in waiting if edition.due_at <= app.clock.now()]


def beside(app: App, edition: Edition) -> Edition | None:
    """Return the best-of that was opened with this week's issue."""
    name = calendar.best_name(edition.period)
    with app.database.read() as session:
        return editions.find(session, app.newsletter, period=name)


def everything(
    session: Session, newsletter: str, *, states: Iterable[EditionState] = EditionState
) -> list[Edition]:
    """Return the editions of both kinds in these states, oldest first.

    A week's issue comes before the best-of that goes with it.
    """
    keys, wanted = (newsletter, best_series(newsletter)), tuple(states)
    both = [one for key in keys for one in editions.all_editions(session, key, states=wanted)]
    return sorted(both, key=lambda edition: edition.due_at)


def draft(app: App, period: Period) -> Draft:
    """Write the best-of as it would be now: from the sealed words of its weeks, not withdrawn."""
    with app.database.read() as session:
        chosen = choose(_issues(session, app, period), most=app.config.selection.best_of)
        if not chosen:
            return Draft(issue=None)
        known = {
            post.id: post
            for post in posts_where(session, PostRow.id.in_([one.post_id for one in chosen]))
        }
        key = best_series(app.newsletter)
        issue = Issue(
            newsletter=app.config.newsletter,
            period=period.name,
            number=editions.next_number(session, key),
            day=period.end_day,
            posts=chosen,
            is_best_of=True,
        )
        return Draft(
            issue=issue,
            posts=tuple(known[one.post_id] for one in chosen if one.post_id in known),
            recent=printing.recent_subjects(session, app.newsletter, period=period.name),
        )


def _issues(session: Session, app: App, period: Period) -> Sequence[Issue]:
    """Return the issues of its weeks that readers have, the newest first."""
    weeks = [
        editions.find(session, app.newsletter, period=week)
        for week in calendar.weeks_of(period.name)
    ]
    sealed = [one.id for one in weeks if one and one.state in _SERVED]
    return [issue for id_ in sealed if (issue := editions.issue_of(session, id_))]
