"""Mails to the operator: each thing is told once while it lasts, and stops nothing that is sent.

What is to be told is found out anew each time; the table `alert` only keeps what has been told. A
mail that no server took is tried again for an hour. One of which nobody can know counts as told.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest import needs, planning, questions, results
from digest.app import App
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.errors import DigestError
from digest.mail.outcome import Verdict
from digest.needs import Kind, Need
from digest.providers.carrier import Connection, deliver
from digest.render.alerts import AlertWriter, Message
from digest.tables import AlertRow, EditionRow
from subscribers.addresses import mask

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""The kind of an alert, and what it is about."""

READY, SENT = "ready", "sent"
ONCE = frozenset({READY, SENT, Kind.EMPTY})
"""What can happen only once to the same issue; everything else may come back."""

_TOLD = frozenset({Kind.PAUSED, Kind.RUN, Kind.HELD, Kind.SOURCE, Kind.EMPTY})
_NEWS = timedelta(days=1)  # who asks for mails today hears nothing of last year's issues
_TRIES = 4
_REST = timedelta(minutes=15)
_DONE = frozenset({Verdict.ACCEPTED, Verdict.REFUSED, Verdict.UNKNOWN})


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One thing that the operator is to hear of; ``kind`` and ``about`` name it."""

    kind: str
    about: str
    subject: str
    lines: Sequence[str]
    path: str
    command: str


def tell(app: App) -> int:
    """Send what has not been told yet; return how many things were told.

    Nothing that fails here may keep an issue from leaving: it is logged, and tried again.
    """
    if not app.config.alerts.to:
        return 0
    try:
        return _tell(app)
    except Exception as error:  # whatever it is, the readers come first
        log.error(  # noqa: TRY400 - the trace is for -v
            "mails to the operator failed (%s: %s); they are tried again",
            type(error).__name__,
            error,
            exc_info=log.isEnabledFor(logging.DEBUG),
        )
        return 0


def current(app: App, *, told: Collection[Key] = ()) -> list[Alert]:
    """List what is to be told at this moment; what happens only once, unless it is ``told``."""
    found = [_of_need(need) for need in needs.needs(app) if need.kind in _TOLD]
    found = [alert for alert in found if alert.kind != Kind.PAUSED or not _is_by_hand(app, alert)]
    return [*found, *_ready(app, told=told), *_sent(app, told=told)]


def _tell(app: App) -> int:
    now = app.clock.now()
    with app.database.read() as session:
        rows = session.scalars(select(AlertRow)).all()
    known = {(row.kind, row.about): row for row in rows}
    told = {key for key, row in known.items() if row.next_at is None}
    alerts = {(alert.kind, alert.about): alert for alert in current(app, told=told)}
    over = {key for key in known.keys() - alerts.keys() if key[0] not in ONCE}
    new = alerts.keys() - known.keys()
    if not (over or new or any(row.next_at and row.next_at <= now for row in rows)):
        return 0
    with app.database.begin() as session:
        for kind, about in over:
            session.execute(delete(AlertRow).where(AlertRow.kind == kind, AlertRow.about == about))
        for key in sorted(new):
            _enter(session, alerts[key], now=now)
        claimed = _claim(session, now=now)
    return sum(_mail(app, number, alerts[key]) for number, key in claimed if key in alerts)


def _enter(session: Session, alert: Alert, *, now: datetime) -> None:
    """Write it down; the unique key decides between two processes."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    values = {"kind": alert.kind, "about": alert.about, "since": now, "next_at": now, "tries": 0}
    session.execute(dialect.insert(AlertRow).values(values).on_conflict_do_nothing())


def _claim(session: Session, *, now: datetime) -> list[tuple[int, Key]]:
    """Take what is due, and leave it for a while to nobody else."""
    due = select(AlertRow).where(AlertRow.next_at <= now).order_by(AlertRow.id)
    taken = []
    for row in session.scalars(due.with_for_update(skip_locked=True)):
        row.tries += 1
        row.next_at = now + _REST if row.tries < _TRIES else None
        taken.append((row.id, (row.kind, row.about)))
    return taken


def _mail(app: App, number: int, alert: Alert) -> bool:
    """Hand one alert over to everybody who gets them; whether it is told."""
    with closing(app.carrier.connect()) as connection:
        taken = [
            _hand_over(app, connection, alert, key=f"alert.{number}-{place}", to=address)
            for place, address in enumerate(app.config.alerts.to)
        ]
    if not all(taken):
        return False
    with app.database.begin() as session:
        session.execute(
            update(AlertRow)
            .where(AlertRow.id == number)
            .values(told_at=app.clock.now(), next_at=None)
        )
    return True


def _hand_over(app: App, connection: Connection, alert: Alert, *, key: str, to: str) -> bool:
    config = app.config
    writer = AlertWriter(
        newsletter=config.newsletter.name,
        sender=config.sender,
        keyring=app.keyring,
        folder=Path(config.app.templates) if config.app.templates else None,
        sign=app.signer.sign if app.signer else None,
    )
    message = Message(
        subject=alert.subject,
        lines=alert.lines,
        url=config.console.url(f"/console{alert.path}", web=config.web),
        command=alert.command,
        at=app.clock.now(),
    )
    outcome = deliver(connection, writer.write(message, key=key, to=to), intent=lambda: True)
    if outcome.verdict is not Verdict.ACCEPTED:
        log.warning(
            "the mail %r to %s is %s: %s", alert.subject, mask(to), outcome.verdict, outcome.text
        )
    return outcome.verdict in _DONE


def _of_need(need: Need) -> Alert:
    return Alert(
        kind=str(need.kind),
        about=need.about,
        subject=need.sentence.partition(":")[0],
        lines=[need.sentence + "."],
        path=need.path,
        command=need.command,
    )


def _is_by_hand(app: App, alert: Alert) -> bool:
    """Whether a person paused this issue, who knows of it."""
    with app.database.read() as session:
        return results.is_paused_by_hand(session, about=alert.about)


def _ready(app: App, *, told: Collection[Key]) -> Iterator[Alert]:
    """Tell of the coming issue once its time has come, and what in it needs a person."""
    period, now = questions.current_period(app), app.clock.now()
    ahead = timedelta(hours=app.config.alerts.ready_hours)
    about = f"issue {period.name}"
    if not period.due_at - ahead <= now < period.due_at or (READY, about) in told:
        return
    try:
        plan = planning.plan(app, period)
    except DigestError as error:
        yield Alert(
            kind=READY,
            about=about,
            subject=f"Issue {period.name} cannot be drawn up",
            lines=[f"{error}."],
            path=f"/issues/{period.name}",
            command="digest check",
        )
        return
    yield _ready_as(app, plan)


def _ready_as(app: App, plan: planning.Plan) -> Alert:
    found = needs.needs(app, plan=plan)
    posts = len(plan.selection.chosen)
    due = app.local(plan.period.due_at)
    mode = {"manual": f"waits for approval by {due}"}.get(
        app.config.schedule.approval, f"sends {due}"
    )
    who = "nothing needs you" if not found else f"{len(found)} need you"
    number = plan.issue.number if plan.issue else plan.period.name
    return Alert(
        kind=READY,
        about=f"issue {plan.period.name}",
        subject=f"Issue {number}: {posts} posts, {who}, {mode}",
        lines=[
            *(f"! {need.sentence}" for need in found),
            *(f"- {post.title} ({post.source})" for post in plan.selection.chosen),
        ],
        path=f"/issues/{plan.period.name}",
        command="digest preview",
    )


def _sent(app: App, *, told: Collection[Key]) -> Iterator[Alert]:
    for edition in _lately_sent(app):
        about = f"issue {edition.period}"
        if (SENT, about) in told:
            continue
        done = results.result(app, edition)
        name = needs.called(edition)
        yield Alert(
            kind=SENT,
            about=about,
            subject=f"{name[:1].upper()}{name[1:]} is sent: {results.headline(done.gauge)}",
            lines=[*results.outcome(done), needs.sources_reached(app)],
            path=f"/issues/{edition.period}/result",
            command=f"digest issue result {edition.period}",
        )


def _lately_sent(app: App) -> list[Edition]:
    with app.database.read() as session:
        numbers = session.scalars(
            select(EditionRow.id).where(
                EditionRow.state == EditionState.SENT,
                EditionRow.ended_at > app.clock.now() - _NEWS,
            )
        )
        return [editions.get(session, number) for number in numbers]
