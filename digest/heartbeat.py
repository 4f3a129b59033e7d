"""Tells a monitor outside that all is well, and a person when an issue is late."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest import calendar, fence
from digest.app import App
from digest.calendar import Period
from digest.delivery import gauge
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import SEALED, EditionState
from digest.editions.store import Edition
from digest.errors import DigestError
from digest.http import Client
from digest.weekly import began_before

log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds for the whole request: nobody waits for a monitor that hangs
_OK = range(200, 300)


def complete(app: App) -> None:
    """Note that a run has come to its end, and tell the monitor, unless an issue is late.

    A monitor that does not answer is mentioned in the log, and stops nothing.
    """
    fence.ran(app)
    trouble = late_issue(app)
    if trouble:
        log.warning("%s", trouble)
    elif app.config.heartbeat.url:
        _beat(app)


def late_issue(app: App) -> str | None:
    """Say which issue has not reached enough readers by now; None when none is late.

    It is looked at from the time in ``[heartbeat] by`` until the next slot.
    """
    now = app.clock.now()
    if app.config.heartbeat.limit is None:
        return None
    period = calendar.latest_due(app.config.schedule, now)
    if now < deadline(app, period):
        return None
    with app.database.read() as session:
        edition = editions.find(session, app.newsletter, period=period.name)
        if edition is None and not began_before(session, period.due_at, now=now):
            return None
        why = _what_is_missing(session, edition, share=app.config.heartbeat.share)
    return _late(app, period, why, edition) if why else None


def deadline(app: App, period: Period) -> datetime:
    """Return when an issue has to be out: at the first such time of day at or after its slot."""
    limit = app.config.heartbeat.limit
    assert limit is not None  # noqa: S101 - whoever has no limit does not ask
    slot = period.due_at.astimezone(app.zone)
    at = datetime.combine(slot.date(), limit, tzinfo=app.zone)
    return at if at >= slot else at + timedelta(days=1)


def _what_is_missing(session: Session, edition: Edition | None, *, share: float) -> str | None:
    """Say what keeps an issue from its readers; None when it has reached enough of them."""
    if edition is None:
        return "it was never opened"
    if edition.state in {EditionState.EMPTY, EditionState.WITHDRAWN}:
        return None
    if edition.state not in SEALED:
        return f"it is {edition.state}" + (f" ({edition.reason})" if edition.reason else "")
    figures = gauge.read(session, edition.id, candidates=edition.candidates or 0)
    accepted = figures.of(DeliveryState.ACCEPTED)
    wanted = figures.candidates - figures.of(DeliveryState.SKIPPED)
    if accepted >= share * wanted:
        return None
    return f"{accepted:,} of {wanted:,} letters have been accepted"


def _late(app: App, period: Period, why: str, edition: Edition | None) -> str:
    name = f"{edition.number} ({period.name})" if edition and edition.number else period.name
    share = _in_percent(app.config.heartbeat.share)
    by = app.local(deadline(app, period))
    return f"issue {name} should have reached {share} of its readers by {by}: {why}"


def _in_percent(share: float) -> str:
    return f"{share * 100:.4g} %"


def _beat(app: App) -> None:
    settings = app.config.heartbeat
    patient = replace(app.config.http, deadline=min(app.config.http.deadline, _PATIENCE))
    try:
        answer = Client(patient, clock=app.clock).get(settings.url)
    except (DigestError, OSError) as error:
        log.warning("the heartbeat was not heard: %s", error)
        return
    if answer.status not in _OK:
        log.warning("the heartbeat was not heard: the answer was %d", answer.status)
