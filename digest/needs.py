"""What needs a person: each need in one sentence, with the page and the command that settle it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest import bestof, calendar, heartbeat, questions, rings, weekly
from digest.app import App
from digest.delivery import gauge
from digest.editions import store as editions
from digest.editions.state import GOING, SEALED, EditionState
from digest.editions.store import Edition
from digest.figures import findings
from digest.planning import Plan
from digest.sources.health import Word
from digest.tables import WAITING, DeliveryRow, EditionRow, SourceRow, WorkerRow
from storage.database import clock_of

PATIENCE = timedelta(minutes=30)
"""So late a run may be: cron may ring but twice an hour."""
_HANGS = timedelta(hours=2)  # after the freeze: by then some process should have served somebody
_WATCHED = GOING | {
    EditionState.DRAFT,
    EditionState.APPROVED,
    EditionState.HELD,
    EditionState.PAUSED,
}
_APPROVAL_DAYS = timedelta(days=1)


class Kind(StrEnum):
    """What sort of need it is; the most pressing stand first."""

    PAUSED = "paused"
    UNKNOWN = "unknown"
    RUN = "run"  # one that did not complete
    HELD = "held"
    CHECK = "check"
    APPROVAL = "approval"
    EXCERPT = "excerpt"
    SOURCE = "source"
    DOMAIN = "domain"  # a DNS record, as the last check-up found it
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that waits for a person.

    ``about`` names it while it lasts, as "issue 2026-W24". ``path`` is a page of the console below
    ``/console``.
    """

    kind: Kind
    about: str
    sentence: str
    path: str
    command: str


def needs(app: App, *, plan: Plan | None = None) -> list[Need]:
    """List what needs a person at this moment, the most pressing first; empty when all is well.

    With the ``plan`` of the coming issue it is told, too, which of its checks would stop it, and
    which posts it waits for.
    """
    with app.database.read() as session:
        found = [
            *_of_editions(app, session),
            *_of_unknown(session),
            *_of_missed_run(app, session),
            *_of_empty_week(app, session),
            *_of_check_up(session),
        ]
    found += [*_of_plan(app, plan), *_of_excerpts(plan), *_of_sources(app)]
    if all(need.kind is not Kind.RUN for need in found):
        found += _of_late_issue(app)
    return sorted(found, key=lambda need: [*Kind].index(need.kind))


def nothing(app: App) -> str:
    """Say that nothing needs a person, and what comes next."""
    return f"Nothing needs you. {coming(app)}"


def coming(app: App) -> str:
    """Say which issue comes next, and when."""
    now = app.clock.now()
    period = questions.current_period(app)
    with app.database.read() as session:
        number = editions.next_number(session, app.newsletter)
    if period.due_at <= now:
        return f"Next: issue {number}, with the next run."
    return f"Next: issue {number}, {_when(app, period.due_at)}."


def last_settled(app: App) -> Edition | None:
    """Return the newest issue that was sealed; it may be on its way."""
    with app.database.read() as session:
        return _newest(session, app, states=SEALED)


def sources_reached(app: App) -> str:
    """Say how many sources there are, and how many of them could not be read the last time."""
    with app.database.read() as session:
        return _reached(session)


def last_reading(app: App) -> str:
    """Say when sources were read last, and how many of them could be."""
    with app.database.read() as session:
        at = session.scalar(select(func.max(SourceRow.checked_at)))
        reached = _reached(session)
    return f"Read last {app.local(at)}: {reached}." if at else f"Nothing was read yet: {reached}."


def called(edition: Edition) -> str:
    """Name an issue for people: by its number once it has one."""
    return f"issue {edition.number}" if edition.number else f"issue {edition.period}"


def _of_editions(app: App, session: Session) -> Iterator[Need]:
    for edition in bestof.everything(session, app.newsletter, states=_WATCHED):
        about, page = f"issue {edition.period}", f"/issues/{edition.period}"
        name = _capital(called(edition))
        if edition.state is EditionState.PAUSED:
            yield Need(
                kind=Kind.PAUSED,
                about=about,
                sentence=f"{name} is paused: {edition.reason}",
                path=f"{page}/sending",
                command=f"digest issue resume {edition.period}",
            )
        elif edition.state is EditionState.HELD:
            yield Need(
                kind=Kind.HELD,
                about=about,
                sentence=f"{name} is held: {edition.reason}",
                path=page,
                command=f"digest issue approve {edition.period}",
            )
        elif edition.state in GOING and _hangs(app, session, edition):
            yield Need(
                kind=Kind.RUN,
                about=about,
                sentence=f"{name} is not complete, and no process is sending it",
                path=f"{page}/sending",
                command="digest run",
            )


def _of_unknown(session: Session) -> Iterator[Need]:
    for number, letters in gauge.unknown(session).items():
        edition = editions.get(session, number)
        many = f"{letters:,} letters are" if letters > 1 else "1 letter is"
        yield Need(
            kind=Kind.UNKNOWN,
            about=f"issue {edition.period}",
            sentence=f"{_capital(called(edition))}: {many} unknown, they may have arrived or not",
            path=f"/issues/{edition.period}/result",
            command=f"digest resolve {edition.period} --as sent, or --as resend",
        )


def _of_missed_run(app: App, session: Session) -> Iterator[Need]:
    """Tell of a slot that has passed without anybody taking it."""
    now = app.clock.now()
    period = calendar.latest_due(app.config.schedule, now)
    if now - period.due_at < PATIENCE or not weekly.began_before(session, period.due_at, now=now):
        return
    edition = editions.find(session, app.newsletter, period=period.name)
    if edition is None or edition.state in {EditionState.DRAFT, EditionState.APPROVED}:
        yield Need(
            kind=Kind.RUN,
            about=f"issue {period.name}",
            sentence=f"Issue {period.name} was due {app.local(period.due_at)}, and no run has come"
            " to its end since",
            path=f"/issues/{period.name}",
            command="digest run",
        )


def _hangs(app: App, session: Session, edition: Edition) -> bool:
    """Whether letters wait that nobody hands over, though nothing keeps them back."""
    frozen_at = edition.frozen_at
    if frozen_at is None or app.clock.now() - frozen_at < _HANGS:
        return False
    if app.config.hours.span or app.config.warmup.start:  # what waits may wait on purpose
        return False
    waiting = session.scalar(
        select(DeliveryRow.id)
        .where(
            DeliveryRow.edition_id == edition.id,
            WAITING,
            func.coalesce(DeliveryRow.next_at, frozen_at) < app.clock.now() - PATIENCE,
        )
        .limit(1)
    )
    if waiting is None or rings.delay(app, edition):
        return False
    beaten = clock_of(session) - app.config.delivery.lease_seconds
    return session.scalar(select(WorkerRow.id).where(WorkerRow.heartbeat > beaten).limit(1)) is None


def _of_late_issue(app: App) -> Iterator[Need]:
    """Tell of an issue that has not reached enough readers by the time in `[heartbeat] by`."""
    late = heartbeat.late_issue(app)
    if late:
        period = calendar.latest_due(app.config.schedule, app.clock.now())
        yield Need(
            kind=Kind.RUN,
            about=f"issue {period.name}",
            sentence=_capital(late),
            path=f"/issues/{period.name}/sending",
            command="digest run",
        )


def _of_excerpts(plan: Plan | None) -> Iterator[Need]:
    """Tell of posts that would be in the coming issue if a person let them."""
    waiting = plan.selection.awaited if plan else ()
    if plan and waiting:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        many = "1 excerpt" if len(waiting) == 1 else f"{len(waiting)} excerpts"
        yield Need(
            kind=Kind.EXCERPT,
            about=f"post {waiting[0].id}",
            sentence=f"{many} to check: “{waiting[0].title or waiting[0].url}”{more}",
            path=f"/issues/{plan.period.name}",
            command="digest post list",
        )


def _of_plan(app: App, plan: Plan | None) -> Iterator[Need]:
    """Tell what would keep the coming issue from leaving."""
    if plan is None:
        return
    about, page = f"issue {plan.period.name}", f"/issues/{plan.period.name}"
    for finding in plan.errors[:1]:
        more = f" (and {len(plan.errors) - 1} more)" if len(plan.errors) > 1 else ""
        yield Need(
            kind=Kind.CHECK,
            about=about,
            sentence=f"A check of issue {plan.period.name} fails: {finding}{more}",
            path=page,
            command="digest check",
        )
    due_in = plan.period.due_at - app.clock.now()
    waits = app.config.schedule.approval == "manual" and timedelta() < due_in < _APPROVAL_DAYS
    edition = questions.edition(app, plan.period.name) if waits and plan.issue else None
    if waits and plan.issue and not (edition and edition.state is EditionState.APPROVED):
        yield Need(
            kind=Kind.APPROVAL,
            about=about,
            sentence=f"Issue {plan.period.name} waits for approval; if nobody approves by"
            f" {_when(app, plan.period.due_at)} it is held",
            path=page,
            command=f"digest issue approve {plan.period.name}",
        )


def _of_check_up(session: Session) -> Iterator[Need]:
    """Tell what the last check-up found wrong with what a send depends on."""
    last = findings.last(session)
    wrong = [one for one in last.findings if one.level == "error"] if last else []
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        yield Need(
            kind=Kind.DOMAIN,
            about="the last check-up",
            sentence=f"The last check-up found: {wrong[0].sentence}{more}",
            path="/deliverability",
            command="digest doctor",
        )


def _of_sources(app: App) -> Iterator[Need]:
    with app.database.read() as session:
        rows = session.execute(
            select(SourceRow.name, SourceRow.id).where(SourceRow.paused_at.is_(None))
        )
        numbers = {name: number for name, number in rows}  # noqa: C416 - rows are no pairs to mypy
    for name, health in questions.health_of(app).items():
        if name not in numbers or health.word in {Word.OK, Word.LATE}:
            continue
        is_shut = health.word in {Word.QUARANTINED, Word.DRIFTED}
        yield Need(
            kind=Kind.SOURCE,
            about=f"source {name}",
            sentence=f"“{name}” is {health.word}: {health.reason}",
            path=f"/sources/{numbers[name]}",
            command=f"digest {'source release' if is_shut else 'fetch'} {name!r}",
        )


def _of_empty_week(app: App, session: Session) -> Iterator[Need]:
    """Tell of the newest period when it closed without mail: nobody should take it for a fault."""
    period = calendar.latest_due(app.config.schedule, app.clock.now())
    edition = editions.find(session, app.newsletter, period=period.name)
    if edition and edition.state is EditionState.EMPTY:
        yield Need(
            kind=Kind.EMPTY,
            about=f"issue {edition.period}",
            sentence=f"Empty week: {edition.reason}; {_reached(session)}",
            path=f"/issues/{edition.period}",
            command=f"digest issue show {edition.period}",
        )


def _reached(session: Session) -> str:
    failures = session.scalars(select(SourceRow.failures).where(SourceRow.paused_at.is_(None)))
    failed = [number > 0 for number in failures]
    start = f"{len(failed)} source{'s' * (len(failed) != 1)}"
    return f"{start}, {sum(failed)} not reached" if any(failed) else f"{start}, all reached"


def _newest(session: Session, app: App, *, states: frozenset[EditionState]) -> Edition | None:
    number = session.scalar(
        select(EditionRow.id)
        .where(EditionRow.newsletter == app.newsletter, EditionRow.state.in_(sorted(states)))
        .order_by(EditionRow.due_at.desc())
        .limit(1)
    )
    return editions.get(session, number) if number is not None else None


def _when(app: App, moment: datetime) -> str:
    """Write a moment to come as people say it: tomorrow 07:00."""
    local, today = moment.astimezone(app.zone), app.clock.now().astimezone(app.zone).date()
    days = (local.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{local:%a} {local.day} {local:%b}")
    return f"{day} {local:%H:%M}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
