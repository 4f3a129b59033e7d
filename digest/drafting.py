"""What people decide about an open issue: what is in it, in which order and in which words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from digest import approval, logbook, planning
from digest.app import App
from digest.calendar import Period, is_best_of
from digest.editions import drafts
from digest.editions import store as editions
from digest.editions.best import series
from digest.editions.difference import difference
from digest.editions.draft import Draft, ids_of
from digest.editions.drafts import OwnWords
from digest.editions.issue import Issue
from digest.editions.places import moved, places, put
from digest.editions.store import Edition
from digest.errors import UsageError
from digest.mail.headers import clean
from digest.planning import Plan
from digest.posts.post import Post
from digest.render.sentences import LONGEST_PREHEADER
from digest.render.titles import LONGEST_SHORT

LONGEST_NOTE = 600
"""Characters of a note under a post: a paragraph."""
LONGEST_INTRODUCTION = 4_000


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """What came of a decision: the issue's edition, the post, and what a person should hear.

    ``edition`` is None where nothing was written.
    """

    period: Period
    post: Post
    sentence: str
    edition: Edition | None = None
    has_changed: bool = True


def include(app: App, period: Period, name: str, *, write: bool = True) -> Drafted:
    """Put a post into the issue, whatever rule keeps it out; never one that was mailed."""
    plan, post = planning.draw(app, period), _post(app, period, name)
    if is_best_of(period.name) and post.id not in plan.decided.draft.skipped:
        raise UsageError("a best-of takes its posts from the issues of its weeks alone")
    if post.held:
        raise UsageError(
            f"{post.named} waits for you: {post.held}; 'digest post take {post.id}',"
            " or edit, makes it fit to mail"
        )
    if post.id in _in_issue(plan):
        return Drafted(
            period=period, post=post, sentence=f"{post.named} is in it", has_changed=False
        )
    step = _Step(action="include post", post=post, change=lambda draft: draft.including(post.id))
    return _decide(app, period, step, said=f"{post.named} will be in it", write=write)


def skip(app: App, period: Period, name: str, *, write: bool = True) -> Drafted:
    """Keep a post out of this issue; it does not come with a later one by itself."""
    post = _post(app, period, name)
    step = _Step(action="skip post", post=post, change=lambda draft: draft.skipping(post.id))
    return _decide(app, period, step, said=f"{post.named} stays out of it", write=write)


def lead(app: App, period: Period, name: str, *, write: bool = True) -> Drafted:
    """Let a post open the issue."""
    plan, post = planning.draw(app, period), _post(app, period, name)
    _require_in(plan, post)
    step = _Step(action="lead with post", post=post, change=lambda draft: draft.leading(post.id))
    return _decide(app, period, step, said=f"{post.named} opens it", write=write)


def move(
    app: App,
    period: Period,
    name: str,
    *,
    by: int | None = None,
    to: int | None = None,
    write: bool = True,
) -> Drafted:
    """Give a post another place: one up (``by`` -1), one down (1), or ``to`` a place from 1.

    The mail keeps the posts of a topic together: past its border a whole topic moves.
    """
    plan, post = planning.draw(app, period), _post(app, period, name)
    issue = _require_in(plan, post)
    row = places(issue, full=app.config.email.full_posts)
    (card,) = [place.post for place in row if post.id in ids_of(place.post)]
    if to is not None and not 1 <= to <= len(row):
        raise UsageError(f"there is no place {to}: the issue has places 1 to {len(row)}")
    order = (
        moved(row, post_id=card.post_id, by=by or 0)
        if to is None
        else put(row, post_id=card.post_id, place=to)
    )
    step = _Step(action="move post", post=post, change=lambda draft: draft.ordered(order))
    place = order.index(card.post_id) + 1
    said = f"{post.named} stands at place {place} of {len(order)}"
    return _decide(app, period, step, said=said, write=write)


def note(app: App, period: Period, name: str, words: str, *, write: bool = True) -> Drafted:
    """Write the editor's words under a post; empty words take them away."""
    plan, post, said = planning.draw(app, period), _post(app, period, name), clean(words)
    _require_in(plan, post)
    if len(said) > LONGEST_NOTE:
        raise UsageError(f"a note takes {LONGEST_NOTE} characters, and this has {len(said)}")
    step = _Step(action="note on post", post=post, change=lambda draft: draft.noting(post.id, said))
    outcome = f"under {post.named} stands: {said}" if said else f"{post.named} has no note"
    return _decide(app, period, step, said=outcome, write=write)


def leave_to_rules(app: App, period: Period, name: str, *, write: bool = True) -> Drafted:
    """Take back that a post was included or skipped."""
    post = _post(app, period, name)
    step = _Step(action="unskip post", post=post, change=lambda draft: draft.taking_back(post.id))
    return _decide(app, period, step, said=f"the rules decide about {post.named}", write=write)


def own_words(
    app: App,
    period: Period,
    *,
    subject: str | None = None,
    preheader: str | None = None,
    introduction: str | None = None,
) -> OwnWords:
    """Return a person's words for an issue with these changes; None keeps what was there.

    Raises `UsageError` for words that are too long, and for a subject that readers had of late.
    """
    plan = planning.draw(app, period)
    before = plan.decided.words
    _refuse_long(subject, "subject", most=LONGEST_SHORT)
    _refuse_long(preheader, "preheader", most=LONGEST_PREHEADER)
    _refuse_long(introduction, "introduction", most=LONGEST_INTRODUCTION)
    if subject and clean(subject).casefold() in {one.casefold() for one in plan.recent}:
        raise UsageError(
            f"{clean(subject)!r} was the subject of one of the last eight issues; readers would"
            " take it for the old one"
        )
    return OwnWords(
        subject=before.subject if subject is None else clean(subject) or None,
        preheader=before.preheader if preheader is None else clean(preheader) or None,
        introduction=before.introduction if introduction is None else introduction.strip() or None,
    )


def keep_own_words(app: App, period: Period, words: OwnWords) -> Edition:
    """Keep a person's words for an issue whose own words are not sealed yet."""
    now = app.clock.now()
    with app.database.begin() as session:
        edition = _opened(app, session, period)
        before = drafts.decided(session, app.newsletter, period=period.name).words
        if before == words:
            return edition
        drafts.keep_words(session, edition, words)
        logbook.note(
            session,
            actor=app.actor,
            action="write words",
            about=f"issue {period.name}",
            now=now,
            before=vars(before),
            after=vars(words),
        )
    return approval.reconsider(app, edition)


def changes(period: Period, *, plan: Plan) -> tuple[str, ...]:
    """Say what is different from what was approved last; raises `UsageError` when nothing was."""
    agreed = plan.decided.approval
    if agreed is None:
        raise UsageError(f"issue {period.name} was not approved yet: there is nothing to compare")
    if plan.issue is None:
        return ("there is no issue any more: too few posts are in it",)
    return difference(agreed.issue, plan.issue)


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One decision about one post."""

    action: str
    post: Post
    change: Callable[[Draft], Draft]


def _decide(app: App, period: Period, step: _Step, *, said: str, write: bool) -> Drafted:
    """Make a decision, and note it, in one transaction; see whether an approval still holds."""
    if not write:
        return Drafted(period=period, post=step.post, sentence=said)
    with app.database.begin() as session:
        edition = _opened(app, session, period)
        before = drafts.decided(session, app.newsletter, period=period.name).draft
        after = step.change(before)
        if has_changed := after != before:
            drafts.keep(session, edition, after)
            logbook.note(
                session,
                actor=app.actor,
                action=step.action,
                about=f"issue {period.name}",
                now=app.clock.now(),
                post=step.post.id,
                title=step.post.title,
                **_difference(before, after),
            )
    return Drafted(
        period=period,
        post=step.post,
        sentence=said,
        edition=approval.reconsider(app, edition) if has_changed else edition,
        has_changed=has_changed,
    )


def _difference(before: Draft, after: Draft) -> dict[str, Any]:
    """Return, for the log, what was before and after, of what has changed."""
    old, new = before.to_json(), after.to_json()
    changed = [name for name in old if old[name] != new[name]]
    return {
        "before": {name: old[name] for name in changed},
        "after": {name: new[name] for name in changed},
    }


def _opened(app: App, session: Session, period: Period) -> Edition:
    """Open the edition of a period before its time, and have it to oneself."""
    now = app.clock.now()
    opened = editions.open_edition(session, app.newsletter, period=period, now=now)
    return drafts.take_up(session, opened)


def _post(app: App, period: Period, name: str) -> Post:
    """Return a post that no issue of this kind has carried."""
    with app.database.read() as session:
        kept = series(app.newsletter, period=period.name)
        return planning.open_post(session, kept, name)


def _in_issue(plan: Plan) -> frozenset[int]:
    return frozenset(entry.post_id for entry in plan.issue.entries) if plan.issue else frozenset()


def _require_in(plan: Plan, post: Post) -> Issue:
    if plan.issue is None or post.id not in _in_issue(plan):
        raise UsageError(
            f"{post.named} is not in issue {plan.period.name};"
            f" 'digest issue include {post.id}' puts it there"
        )
    return plan.issue


def _refuse_long(words: str | None, what: str, *, most: int) -> None:
    if words and len(words.strip()) > most:
        long = len(words.strip())
        raise UsageError(f"a {what} takes {most:,} characters, and this has {long:,}")
