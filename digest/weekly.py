"""The story of a week: read the blogs, choose the posts, freeze the issue, serve every reader.

    fetch -> open_due -> settle (plan, wait for a person, or freeze) -> deliver

Read `run` first: it is the whole of it, and each step below it names the room where the details
are. `sources.poll` reads the blogs, `planning` says what an issue would be, `approval` what a
person has said about it, `printing` and `editions.store` put it down as it will be sent,
`delivery.ledger` writes one row per reader, and `dispatch` has the letters handed over.

Cron, the scheduler and a person at the keyboard all come through here, in any number and at any
moment. None of them needs to know of the others: the unique key on (newsletter, period) decides
whose edition it is, the conditional updates decide who freezes it, and the ledger decides who
sends which letter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest import (
    approval,
    bestof,
    calendar,
    clicks,
    dispatch,
    errands,
    fence,
    headcount,
    planning,
    printing,
    waiting,
)
from digest.app import App
from digest.calendar import Period
from digest.delivery import ledger
from digest.delivery.rest import Rest, rest
from digest.delivery.sender import SendReport
from digest.delivery.state import Report, told_nobody
from digest.editions import drafts
from digest.editions import store as editions
from digest.editions.best import best_series, pace_of
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition
from digest.planning import Plan
from digest.sources.claim import being_read
from digest.sources.poll import PollResult
from digest.sources.quarantine import Quarantined, all_quarantined
from digest.tables import SourceRow

Tell = Callable[[str], None]
"""Is called with what the operator should know of an issue that leaves."""


@dataclass(frozen=True, kw_only=True)
class Week:
    """How one run ended.

    ``edition`` is the due one, or None when no slot has come. ``sent`` has a report for every
    edition that was worked on, older ones first. ``unknown`` counts letters that a dead process
    left behind. ``elsewhere`` names the sources that another process is reading: it was left to
    that one to settle the issue. ``quarantined`` are the sources whose new posts wait. ``notes``
    are what the operator should know of an issue that was sealed in this run. ``best_of`` is what
    goes out beside the due issue, if anything. ``resting`` are those of ``sent``, by id, of which
    no letter's turn had come: nothing was done about them, and nothing needs anybody.
    """

    polled: tuple[PollResult, ...]
    edition: Edition | None
    best_of: Edition | None = None
    sent: tuple[tuple[Edition, SendReport], ...] = ()
    unknown: int = 0
    elsewhere: tuple[str, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()
    resting: Mapping[int, Rest] = field(default_factory=dict)


def run(app: App, *, report: Report = told_nobody) -> Week:
    """Do everything that is due: made for cron, safe at any moment, in any number."""
    fence.require(app)
    unknown = app.sender.recover()
    rested = _at_rest(app)
    errands.hand_over_notices(app)
    polled = fetch(app)
    edition = open_due(app)
    elsewhere = _read_elsewhere(app)
    notes: list[str] = []
    for due in _to_settle(app, edition, elsewhere=elsewhere):
        settle(app, due, tell=notes.append)
    headcount.refresh_all(app)
    sent = tuple((going, deliver(app, going, report=report)) for going in _going(app))
    edition = _as_it_stands(app, edition)
    return Week(
        polled=polled,
        edition=edition,
        best_of=bestof.beside(app, edition) if edition else None,
        sent=sent,
        unknown=unknown,
        elsewhere=elsewhere,
        quarantined=quarantined(app),
        notes=tuple(notes),
        resting=_still_at_rest(app, sent, before=rested),
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


def settle(app: App, edition: Edition, *, tell: Tell = lambda _note: None) -> Edition:
    """Bring a due edition to its next state: frozen, empty, or held for a person.

    One whose approval can still be taken back stays as it is.
    """
    fence.require(app)
    planned = planning.plan(app, planning.period_of(app, edition))
    if planned.issue is None and not planning.awaited(app, planned):
        reason = why_empty(app, planned)
        return approval.move(app, edition, to=EditionState.EMPTY, reason=reason)
    planned = planning.complete(app, planned)
    if why := obstacle(app, planned, edition=edition):
        return approval.move(app, edition, to=EditionState.HELD, reason=why)
    leaves_at = planned.decided.departure.leaves_at
    if leaves_at and leaves_at > app.clock.now():
        tell(waiting.for_regrets(edition.period, until=app.local(leaves_at)))
        return edition
    for finding in planned.findings:
        tell(f"issue {edition.period}: {finding}")
    return freeze(app, edition, planned)


def freeze(app: App, edition: Edition, planned: Plan) -> Edition:
    """Seal the edition and write one delivery per reader, all in one transaction.

    From here on nothing in blogs, templates or configuration changes what is sent. Where somebody
    was faster, or has decided anew since it was planned, it stays as they left it.
    """
    assert planned.issue is not None  # noqa: S101 - an empty plan is never frozen
    with app.database.begin() as session:
        if not drafts.is_at(session, edition, revision=planned.decided.revision):
            return editions.get(session, edition.id)
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
            clicks.keep_links(session, edition.id, planned.issue, settings=app.config.clicks)
            _enqueue(app, session, edition, otherwise=serving.otherwise(ids))
            seal = planned.issue.seal
            approval.note(app, session, edition, to=EditionState.FROZEN, seal=seal)
            bestof.open_after(app, session, planning.period_of(app, edition))
        return editions.get(session, edition.id)


def deliver(app: App, edition: Edition, *, report: Report = told_nobody) -> SendReport:
    """Have every letter of a frozen edition whose turn it is handed over; run again to go on."""
    return dispatch.deliver(app, edition, report=report)


def open_for_person(app: App, period: Period) -> Edition:
    """Open the edition of a period before its time, for a person who holds or approves it."""
    with app.database.begin() as session:
        return editions.open_edition(session, app.newsletter, period=period, now=app.clock.now())


def quarantined(app: App) -> tuple[Quarantined, ...]:
    """Name the sources whose new posts wait for a person, with the reason."""
    with app.database.read() as session:
        return tuple(all_quarantined(session))


def began_before(session: Session, due_at: datetime, *, now: datetime) -> bool:
    """Whether this newsletter was there when the slot came.

    It began when its first source was added. A pretended ``now`` from before that (a rehearsal
    of an old week) counts as there.
    """
    began = session.scalar(select(func.min(SourceRow.added_at)))
    return began is not None and (began <= due_at or now < began)


def obstacle(app: App, planned: Plan, *, edition: Edition | None) -> str | None:
    """Say why a person has to look before this issue is sealed; None when nobody has to.

    ``edition`` is None where none was opened for it yet.
    """
    mode = app.config.schedule.approval
    if edition and edition.state is EditionState.APPROVED:
        return None if approval.holds(edition, planned) else waiting.CHANGED
    late = app.clock.now() - planned.period.due_at
    if late > app.config.schedule.lateness:
        return waiting.missed(late)
    if mode == "manual":
        return waiting.BY_HAND
    if planned.errors and mode != "auto":
        return waiting.failed(planned.period.name, errors=planned.errors)
    undecided = planning.awaited(app, planned)
    return waiting.undecided(undecided) if undecided else None


def why_empty(app: App, planned: Plan) -> str:
    """Say why there is no issue for this period."""
    if calendar.is_best_of(planned.period.name):
        return waiting.NO_BEST
    found = len(planned.selection.chosen)
    return waiting.too_few(found, minimum=app.config.selection.minimum)


def _read_elsewhere(app: App) -> tuple[str, ...]:
    """Name the sources that another process is reading: an issue without them would lack posts."""
    with app.database.read() as session:
        return tuple(being_read(session, now=app.clock.now(), processes=app.processes))


def _to_settle(app: App, edition: Edition | None, *, elsewhere: Iterable[str]) -> Iterator[Edition]:
    """Yield the due edition unless posts may still come, then the others whose time has come.

    The others are looked up when that one is settled: it may have opened a best-of.
    """
    is_open = edition and edition.state in {EditionState.DRAFT, EditionState.APPROVED}
    if edition and is_open and not elsewhere:
        yield edition
    yield from (*bestof.due(app), *_to_leave_at_once(app))


def _to_leave_at_once(app: App) -> list[Edition]:
    """Return what a person has approved to leave before its slot, and whose moment has come."""
    keys = (app.newsletter, best_series(app.newsletter))
    with app.database.read() as session:
        return drafts.to_leave_at_once(session, keys, now=app.clock.now())


def _going(app: App) -> list[Edition]:
    with app.database.read() as session:
        return bestof.everything(session, app.newsletter, states=GOING)


def _at_rest(app: App) -> dict[int, Rest]:
    """Return how issues rest that are on their way, by their id."""
    going, now = _going(app), app.clock.now()
    if not going:
        return {}
    with app.database.read() as session:
        shut = app.traffic.gate.refusal(session, now=now)
        found = {one.id: rest(session, one.id, shut=shut, now=now) for one in going}
    return {number: one for number, one in found.items() if one}


def _still_at_rest(
    app: App, sent: Iterable[tuple[Edition, SendReport]], *, before: Mapping[int, Rest]
) -> dict[int, Rest]:
    """Return those that a run has left as they were, and that wait for nothing but their time."""
    after = _at_rest(app) if before else {}
    return {
        edition.id: after[edition.id]
        for edition, report in sent
        if edition.id in after
        and after[edition.id] == before.get(edition.id)
        and report.trouble in {None, after[edition.id].shut}
        and not report.unknown
    }


def _as_it_stands(app: App, edition: Edition | None) -> Edition | None:
    if edition is None:
        return None
    with app.database.read() as session:
        return editions.get(session, edition.id)


def _enqueue(app: App, session: Session, edition: Edition, *, otherwise: Mapping[str, int]) -> None:
    """Write one delivery per reader, and have the workers know where there is a fleet."""
    ledger.write(
        session,
        edition.id,
        otherwise=otherwise,
        now=app.clock.now(),
        pace=pace_of(edition.period),
        ring=app.config.ring,
    )
    if app.config.engine.kind == "fleet":
        app.fleet.enqueue(session, edition.id)
