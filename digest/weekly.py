"""The story of a week: read the blogs, choose the posts, freeze the issue, serve every reader.

    poll the sources -> decide which posts make the issue -> freeze it -> one letter per reader

Cron, the scheduler and a person at the keyboard all come through here, in any number and at any
moment. None of them needs to know of the others: the unique key on (newsletter, period) decides
whose edition it is, the conditional updates decide who freezes it, and the ledger decides who
sends which letter.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest import bestof, calendar, dispatch, errands, printing, selection, waiting
from digest.app import App
from digest.calendar import Period
from digest.delivery import ledger
from digest.delivery.sender import SendReport
from digest.dispatch import Report
from digest.editions import store as editions
from digest.editions.best import pace_of
from digest.editions.cards import MOST_TEXTS, Card, arrange
from digest.editions.choices import Choice
from digest.editions.issue import Issue, write_issue
from digest.editions.state import GOING, OPEN, EditionState
from digest.editions.store import Edition, OwnWords
from digest.errors import PersonNeededError, UsageError
from digest.posts.post import Post
from digest.render.composed import ComposedIssue
from digest.render.lint import Finding
from digest.selection import Selection
from digest.sources.claim import being_read
from digest.sources.poll import PollResult
from digest.sources.quarantine import Quarantined, all_quarantined
from digest.tables import SourceRow

_REMEMBERED = timedelta(days=730)  # how long readers may remember a post


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the issue of a period would be at this moment; nothing is written yet.

    ``issue`` is None, and ``composed`` empty, when too few posts are in it. ``cards`` group the
    chosen posts by topic. A post seen after ``drawn_at`` is not in it, and has not had its chance.
    ``composed`` are the whole issues, and what readers of some topics get once it is `complete`.
    """

    drawn_at: datetime
    period: Period
    selection: Selection
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


@dataclass(frozen=True, kw_only=True)
class Week:
    """How one run ended.

    ``edition`` is the due one, or None when no slot has come. ``sent`` has a report for every
    edition that was worked on, older ones first. ``unknown`` counts letters that a dead process
    left behind. ``elsewhere`` names the sources that another process is reading: it was left to
    that one to settle the issue. ``quarantined`` are the sources whose new posts wait. ``notes``
    are what the operator should know of an issue that was sealed in this run. ``best_of`` is what
    goes out beside the due issue, if anything.
    """

    polled: tuple[PollResult, ...]
    edition: Edition | None
    best_of: Edition | None = None
    sent: tuple[tuple[Edition, SendReport], ...] = ()
    unknown: int = 0
    elsewhere: tuple[str, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()


def run(app: App, *, report: Report = lambda _state: None) -> Week:
    """Do everything that is due: made for cron, safe at any moment, in any number."""
    unknown = app.sender.recover()
    errands.hand_over_notices(app)
    polled = fetch(app)
    edition = open_due(app)
    elsewhere = tuple(_read_elsewhere(app))
    notes: list[str] = []
    if edition and edition.state in {EditionState.DRAFT, EditionState.APPROVED} and not elsewhere:
        edition = settle(app, edition, tell=notes.append)
    for best in bestof.due(app):
        settle(app, best, tell=notes.append)
    sent = tuple((going, deliver(app, going, report=report)) for going in _going(app))
    if edition:
        with app.database.read() as session:
            edition = editions.get(session, edition.id)
    return Week(
        polled=polled,
        edition=edition,
        best_of=bestof.beside(app, edition) if edition else None,
        sent=sent,
        unknown=unknown,
        elsewhere=elsewhere,
        quarantined=quarantined(app),
        notes=tuple(notes),
    )


def fetch(
    app: App,
    *,
    names: Iterable[str] | None = None,
    due_only: bool = True,
    report: Callable[[PollResult], None] = lambda _result: None,
) -> tuple[PollResult, ...]:
    """Ask the sources for new posts; one bad blog hurts no other."""
    return tuple(app.poll(names=names, due_only=due_only, report=report))


def open_due(app: App) -> Edition | None:
    """Open the edition of the newest period whose slot has come, or find it opened.

    A slot from before the first source was added is none of ours.
    """
    now = app.clock.now()
    period = calendar.latest_due(app.config.schedule, now)
    with app.database.begin() as session:
        edition = editions.find(session, app.newsletter, period=period.name)
        if edition is None and not began_before(session, period.due_at, now=now):
            return None
        return edition or editions.open_edition(session, app.newsletter, period=period, now=now)


def open_for_person(app: App, period: Period) -> Edition:
    """Open the edition of a period before its time, for a person who holds or approves it."""
    with app.database.begin() as session:
        return editions.open_edition(session, app.newsletter, period=period, now=app.clock.now())


def plan(app: App, period: Period) -> Plan:
    """Choose the posts and render the issue as it would be now; writes nothing.

    A week that was not sent (held, too few posts) is taken over: the window reaches back to it.
    """
    drawn = (_draw_best if calendar.is_best_of(period.name) else _draw)(app, period)
    if drawn.issue is None:
        return drawn
    composed = app.compose(drawn.issue, recent=drawn.recent)
    findings = printing.look_at(app, drawn.issue, composed)
    return replace(drawn, composed=composed, findings=findings)


def complete(app: App, planned: Plan) -> Plan:
    """Add to a plan what readers get who chose topics, and what its checks find."""
    if planned.issue is None:
        return planned
    printed = printing.complete(app, planned.issue, planned.composed, recent=planned.recent)
    findings = dict.fromkeys((*planned.findings, *printed.findings))
    return replace(
        planned, asked=printed.asked, composed=printed.composed, findings=tuple(findings)
    )


def settle(
    app: App, edition: Edition, *, tell: Callable[[str], None] = lambda _note: None
) -> Edition:
    """Bring a due edition to its next state: frozen, empty, or held for a person.

    ``tell`` is called with what the operator should know of an issue that leaves.
    """
    planned = plan(app, period_of(app, edition))
    if planned.issue is None and not awaited(app, planned):
        return _move(app, edition, to=EditionState.EMPTY, reason=_why_empty(app, planned))
    planned = complete(app, planned)
    obstacle = _obstacle(app, edition, planned)
    if obstacle:
        return _move(app, edition, to=EditionState.HELD, reason=obstacle)
    for finding in planned.findings:
        tell(f"issue {edition.period}: {finding}")
    return freeze(app, edition, planned)


def freeze(app: App, edition: Edition, planned: Plan) -> Edition:
    """Seal the edition and write one delivery per reader, all in one transaction.

    From here on nothing in blogs, templates or configuration changes what is sent.
    """
    assert planned.issue is not None  # noqa: S101 - an empty plan is never frozen
    now = app.clock.now()
    with app.database.begin() as session:
        serving = printing.serving(app, planned.issue, planned.composed, asked=planned.asked or {})
        ids = editions.freeze(
            session,
            edition,
            issue=planned.issue,
            variants=serving.variants,
            now=planned.drawn_at,
        )
        if ids is not None:
            serving.keep(session, edition.id, ids)
            otherwise, pace = serving.otherwise(ids), pace_of(edition.period)
            ledger.write(session, edition.id, otherwise=otherwise, now=now, pace=pace)
            bestof.open_after(app, session, period_of(app, edition))
            if app.config.engine.kind == "fleet":
                app.fleet.enqueue(session, edition.id)
        return editions.get(session, edition.id)


def deliver(app: App, edition: Edition, *, report: Report = lambda _state: None) -> SendReport:
    """Have every letter of a frozen edition whose turn it is handed over; run again to go on."""
    return dispatch.deliver(app, edition, report=report)


def approve(app: App, edition: Edition) -> Edition:
    """Let a draft or held edition go, as it looks now; a later change takes the approval back."""
    planned = complete(app, plan(app, period_of(app, edition)))
    if planned.issue is None:
        raise PersonNeededError(f"issue {edition.period} has nothing to send: no post is in it")
    if planned.errors:
        raise PersonNeededError(waiting.failed(edition.period, errors=planned.errors))
    return _move(app, edition, to=EditionState.APPROVED, seal=planned.issue.seal)


def hold(app: App, edition: Edition, *, reason: str) -> Edition:
    """Keep the schedule from taking an edition; before the freeze only."""
    if edition.state not in OPEN:
        raise UsageError(f"issue {edition.period} is {edition.state} and can no longer be held")
    return _move(app, edition, to=EditionState.HELD, reason=reason)


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


def quarantined(app: App) -> tuple[Quarantined, ...]:
    """Name the sources whose new posts wait for a person, with the reason."""
    with app.database.read() as session:
        return tuple(all_quarantined(session))


def _draw_best(app: App, period: Period) -> Plan:
    """Take the posts of a best-of from the issues of its weeks."""
    draft = bestof.draft(app, period)
    chosen = Selection(chosen=draft.posts, refused=(), enough=draft.issue is not None)
    return Plan(
        drawn_at=app.clock.now(),
        period=period,
        selection=chosen,
        cards=tuple(Card(lead=post) for post in draft.posts),
        issue=draft.issue,
        recent=draft.recent,
    )


def _draw(app: App, period: Period) -> Plan:
    """Choose the posts, lay them out on cards, and write the words of the issue."""
    now = app.clock.now()
    with app.database.read() as session:
        own = editions.own_words(session, app.newsletter, period=period.name)
        recent = printing.recent_subjects(session, app.newsletter, period=period.name)
        period = _reaching_back(session, app, period)
        candidates = editions.candidates(session, app.newsletter)
        mailed = editions.mailed(session, app.newsletter, since=now - _REMEMBERED, most=MOST_TEXTS)
        chosen = selection.select(
            candidates,
            rules=app.config.selection,
            period=period,
            seen_since=editions.last_frozen_at(session, app.newsletter),
            topics=app.config.topics,
        )
        number = editions.next_number(session, app.newsletter)
    cards = arrange(
        chosen.chosen,
        others=[*mailed, *candidates],
        mailed={post.id for post in mailed},
        before=period.opens_at,
    )
    drawn = Plan(drawn_at=now, period=period, selection=chosen, cards=cards, recent=recent)
    return _written(app, drawn, number=number, own=own) if chosen.enough else drawn


def _written(app: App, drawn: Plan, *, number: int, own: OwnWords) -> Plan:
    issue = write_issue(
        drawn.cards,
        surplus=drawn.selection.surplus(),
        newsletter=app.config.newsletter,
        period=drawn.period,
        number=number,
        zone=app.config.schedule.zone,
        topics=app.config.topics,
    )
    issue = replace(issue, subject=own.subject, introduction=own.introduction)
    return replace(drawn, issue=issue)


def _read_elsewhere(app: App) -> list[str]:
    """Name the sources that another process is reading: an issue without them would lack posts."""
    with app.database.read() as session:
        return being_read(session, now=app.clock.now(), processes=app.processes)


def _going(app: App) -> list[Edition]:
    with app.database.read() as session:
        return bestof.everything(session, app.newsletter, states=GOING)


def _reaching_back(session: Session, app: App, period: Period) -> Period:
    """Open the window where the first week after the last frozen one opened."""
    missed = editions.first_unsent(session, app.newsletter, before=period.due_at)
    if missed is None or missed.opens_at >= period.opens_at:
        return period
    first_day = missed.opens_at.astimezone(app.zone).date()
    return replace(period, opens_at=missed.opens_at, first_day=first_day)


def _obstacle(app: App, edition: Edition, planned: Plan) -> str | None:
    """Say why a person has to look before this edition is sealed; None when nobody has to."""
    approval = app.config.schedule.approval
    if edition.state is EditionState.APPROVED:
        is_same = planned.issue and planned.issue.seal == edition.approved_seal
        return None if is_same else waiting.CHANGED
    late = app.clock.now() - edition.due_at
    if late > app.config.schedule.lateness:
        return waiting.missed(late)
    if approval == "manual":
        return waiting.BY_HAND
    if planned.errors and approval != "auto":
        return waiting.failed(edition.period, errors=planned.errors)
    undecided = awaited(app, planned)
    return waiting.undecided(undecided) if undecided else None


def awaited(app: App, planned: Plan) -> tuple[Post, ...]:
    """Return the posts that a person has to decide about before this issue may go."""
    waits = app.config.hygiene.held == "hold" and app.config.schedule.approval != "auto"
    return planned.selection.awaited if waits else ()


def _why_empty(app: App, planned: Plan) -> str:
    if calendar.is_best_of(planned.period.name):
        return waiting.NO_BEST
    found = len(planned.selection.chosen)
    return waiting.too_few(found, minimum=app.config.selection.minimum)


def _move(
    app: App,
    edition: Edition,
    *,
    to: EditionState,
    reason: str | None = None,
    seal: str | None = None,
) -> Edition:
    now = app.clock.now()
    with app.database.begin() as session:
        moved = editions.move(session, edition, to=to, reason=reason, approved_seal=seal, now=now)
        if moved and to is EditionState.EMPTY:
            bestof.open_after(app, session, period_of(app, edition))
        return editions.get(session, edition.id)


def began_before(session: Session, due_at: datetime, *, now: datetime) -> bool:
    """Whether this newsletter was there when the slot came.

    It began when its first source was added. A pretended ``now`` from before that (a rehearsal
    of an old week) counts as there.
    """
    began = session.scalar(select(func.min(SourceRow.added_at)))
    return began is not None and (began <= due_at or now < began)


def resume(app: App, edition: Edition) -> Edition:
    """Go on with a paused edition: the same rows, so only those not served yet."""
    return _move(app, edition, to=EditionState.SENDING)
