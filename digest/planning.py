"""What the issue of a period would be at this moment: its posts, its words, its looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy.orm import Session

from digest import bestof, calendar, printing, selection
from digest.app import App
from digest.calendar import Period
from digest.editions import drafts
from digest.editions import store as editions
from digest.editions.cards import MOST_TEXTS, Card, arrange
from digest.editions.choices import Choice
from digest.editions.draft import lay_cards, lay_posts, noted
from digest.editions.drafts import Decided
from digest.editions.issue import Issue, write_issue
from digest.editions.store import Edition
from digest.errors import UsageError
from digest.posts import decisions
from digest.posts.post import Post
from digest.render.composed import ComposedIssue
from digest.render.lint import Finding
from digest.selection import Reason, Refusal, Selection
from digest.sources import mutes

_REMEMBERED = timedelta(days=730)  # how long readers may remember a post
_MARGIN = timedelta(days=1)  # a day that a blog names lies somewhere in two of ours


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the issue of a period would be at this moment; nothing is written yet.

    ``issue`` is None, and ``composed`` empty, when too few posts are in it. ``cards`` group the
    chosen posts by topic. A post seen after ``drawn_at`` is not in it, and has not had its chance.
    ``decided`` is what people decided about it by then. ``composed`` are the whole issues, and
    what readers of some topics get once it is `complete`.
    """

    drawn_at: datetime
    period: Period
    selection: Selection
    decided: Decided = field(default_factory=Decided)
    cards: tuple[Card, ...] = ()
    issue: Issue | None = None
    composed: tuple[ComposedIssue, ...] = ()
    findings: tuple[Finding, ...] = ()
    recent: frozenset[str] = frozenset()
    asked: Mapping[Choice, int] | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop an issue from being sealed."""
        return tuple(finding for finding in self.findings if finding.is_error)


def plan(app: App, period: Period) -> Plan:
    """Choose the posts and render the issue as it would be now; writes nothing.

    A week that was not sent (held, too few posts) is taken over: the window reaches back to it.
    """
    drawn = draw(app, period)
    if drawn.issue is None:
        return drawn
    composed = app.compose(drawn.issue, recent=drawn.recent)
    findings = printing.look_at(app, drawn.issue, composed)
    return replace(drawn, composed=composed, findings=findings)


def draw(app: App, period: Period, *, every: bool = False) -> Plan:
    """Do the same without rendering it: the words, and not yet their looks.

    Posts that were old when the week began are not among those refused, unless ``every`` one that
    was ever read is asked for.
    """
    is_best = calendar.is_best_of(period.name)
    drawn = _draw_best(app, period) if is_best else _draw(app, period, every=every)
    if drawn.issue is None:
        return drawn
    words = drawn.decided.words
    issue = replace(
        drawn.issue,
        posts=noted(drawn.issue.posts, draft=drawn.decided.draft),
        subject=words.subject,
        preheader=words.preheader,
        introduction=words.introduction,
    )
    return replace(drawn, issue=issue)


def complete(
    app: App,
    planned: Plan,
    *,
    asked: Mapping[Choice, int] | None = None,
    most: int | None = None,
) -> Plan:
    """Add to a plan what readers get who chose topics, and what its checks find.

    For a page: ``asked`` are the readers as they were counted of late, and at ``most`` so many of
    the contents are rendered. None counts them now, and renders all.
    """
    if planned.issue is None:
        return planned
    printed = printing.complete(
        app, planned.issue, planned.composed, recent=planned.recent, asked=asked, most=most
    )
    findings = dict.fromkeys((*planned.findings, *printed.findings))
    return replace(
        planned, asked=printed.asked, composed=printed.composed, findings=tuple(findings)
    )


def awaited(app: App, planned: Plan) -> tuple[Post, ...]:
    """Return the posts that a person has to decide about before this issue may go."""
    waits = app.config.hygiene.held == "hold" and app.config.schedule.approval != "auto"
    return planned.selection.awaited if waits else ()


def period_of(app: App, edition: Edition) -> Period:
    """Return the period of an edition as it was opened, whatever the schedule says today."""
    zone = app.zone
    return Period(
        name=edition.period,
        first_day=edition.opens_at.astimezone(zone).date(),
        end_day=edition.closes_at.astimezone(zone).date(),
        opens_at=edition.opens_at,
        closes_at=edition.closes_at,
        due_at=edition.due_at,
    )


def open_post(session: Session, newsletter: str, name: str) -> Post:
    """Return the post of this id or address that no issue of this series has carried yet."""
    post = decisions.named(session, name)
    if post is None:
        raise UsageError(f"no post is known as {name}; 'digest post list' names those that wait")
    place = editions.place_of(session, newsletter, post_id=post.id)
    if place:
        raise UsageError(f"{post.named} is in issue {place.number} already, and stays as it is")
    return post


def _draw_best(app: App, period: Period) -> Plan:
    """Take the posts of a best-of from the issues of its weeks."""
    best = bestof.draft(app, period)
    with app.database.read() as session:
        decided = drafts.decided(session, app.newsletter, period=period.name)
    printed = lay_posts(best.issue.posts if best.issue else (), draft=decided.draft)
    known = {post.id: post for post in best.posts}
    posts = tuple(known[one.post_id] for one in printed if one.post_id in known)
    skipped = [post for post in best.posts if post not in posts]
    return Plan(
        drawn_at=app.clock.now(),
        period=period,
        selection=Selection(
            chosen=posts,
            refused=tuple(Refusal(post=post, reason=Reason.SKIPPED) for post in skipped),
            enough=bool(printed),
        ),
        decided=decided,
        cards=tuple(Card(lead=post) for post in posts),
        issue=replace(best.issue, posts=printed) if best.issue and printed else None,
        recent=best.recent,
    )


def _draw(app: App, period: Period, *, every: bool) -> Plan:
    """Choose the posts, lay them out on cards, and write the words of the issue."""
    now = app.clock.now()
    with app.database.read() as session:
        decided = drafts.decided(session, app.newsletter, period=period.name)
        recent = printing.recent_subjects(session, app.newsletter, period=period.name)
        period = _reaching_back(session, app, period)
        seen_since = editions.last_frozen_at(session, app.newsletter)
        candidates = editions.candidates(
            session,
            app.newsletter,
            since=None if every else min(seen_since or period.opens_at, period.opens_at) - _MARGIN,
            also=decided.draft.included,
        )
        number = editions.next_number(session, app.newsletter)
        muted = mutes.muted(session, app.newsletter)
    rules = app.config.selection
    chosen = selection.overruled(
        selection.select(
            candidates,
            rules=rules,
            period=period,
            seen_since=seen_since,
            topics=app.config.topics,
            muted=muted,
        ),
        rules=rules,
        included=decided.draft.included,
        skipped=decided.draft.skipped,
    )
    cards = _cards(app, chosen.chosen, before=period.opens_at, now=now)
    drawn = Plan(
        drawn_at=now,
        period=period,
        selection=chosen,
        decided=decided,
        cards=lay_cards(cards, draft=decided.draft),
        recent=recent,
    )
    return replace(drawn, issue=_written(app, drawn, number=number)) if chosen.enough else drawn


@dataclass(frozen=True, kw_only=True)
class _Table:
    """What cards are laid out from; equal ones give equal cards."""

    database: str
    mark: tuple[object, ...]
    chosen: tuple[Post, ...]
    before: datetime
    app: App = field(compare=False)
    now: datetime = field(compare=False)


def _cards(
    app: App, chosen: tuple[Post, ...], *, before: datetime, now: datetime
) -> tuple[Card, ...]:
    if not chosen:
        return ()
    with app.database.read() as session:
        mark = editions.shelf_mark(session, app.newsletter)
    url = app.config.database.url
    return _laid_out(
        _Table(database=url, mark=mark, chosen=chosen, before=before, app=app, now=now)
    )


@lru_cache(maxsize=4)
def _laid_out(table: _Table) -> tuple[Card, ...]:
    """Lay cards out, and remember it: one page of the console asks for the same four times.

    All that was ever read is looked at, for the posts that those of this week go on from.
    """
    name, since = table.app.newsletter, table.now - _REMEMBERED
    with table.app.database.read() as session:
        mailed = editions.mailed(session, name, since=since, most=MOST_TEXTS)
        unread = editions.candidates(session, name)
    return arrange(
        table.chosen,
        others=(*mailed, *unread),
        mailed=frozenset(post.id for post in mailed),
        before=table.before,
    )


def _written(app: App, drawn: Plan, *, number: int) -> Issue:
    return write_issue(
        drawn.cards,
        surplus=drawn.selection.surplus(),
        newsletter=app.config.newsletter,
        period=drawn.period,
        number=number,
        zone=app.config.schedule.zone,
        topics=app.config.topics,
    )


def _reaching_back(session: Session, app: App, period: Period) -> Period:
    """Open the window where the first week after the last frozen one opened."""
    missed = editions.first_unsent(session, app.newsletter, before=period.due_at)
    if missed is None or missed.opens_at >= period.opens_at:
        return period
    first_day = missed.opens_at.astimezone(app.zone).date()
    return replace(period, opens_at=missed.opens_at, first_day=first_day)
