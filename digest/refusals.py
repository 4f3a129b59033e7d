"""Takes a mail server's "no" to one reader for what it is: a bounce that came at once.

A relay sends such an answer back by mail, a server that is asked directly gives it at RCPT. Both
are kept as events and have the same consequences (rule R27), once the issue is no longer paused:
a server that refuses everybody says nothing about anybody.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from digest import brake, logbook, reactions, rings
from digest.app import App
from digest.bounces.judge import judge
from digest.delivery import sender
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.events import AT_ONCE
from digest.mail.event import Kind, MailEvent
from digest.tables import DeliveryRow, EventRow

_ENDED = (DeliveryState.REJECTED.value, DeliveryState.FAILED.value)
_MACHINES = frozenset({brake.ACTOR, reactions.ACTOR, rings.ACTOR, sender.ACTOR})
_MOST = 500  # in one transaction
_ENTRIES = 50  # of an issue, among which its last stop stands
_ALWAYS = datetime.min.replace(tzinfo=UTC)


def take(app: App, edition: Edition) -> int:
    """Do what follows from the answers to an issue's letters; return how many were new.

    What was answered before the issue stopped by itself is left alone: then it was about us, and
    whoever let it go on knows of it. Nothing is done while it is paused.
    """
    with app.database.read() as session:
        stands = editions.get(session, edition.id)
        since = counts_from(session, stands)
    if stands.state is EditionState.PAUSED:
        return 0
    taken = 0
    while some := _take_some(app, edition, since=since):
        taken += some
    return taken


def counts_from(session: Session, edition: Edition) -> datetime:
    """Return since when an issue's refusals count: since it stopped by itself, or always."""
    noted = logbook.entries(session, most=_ENTRIES, about=f"issue {edition.period}")
    stops = (one.at for one in noted if one.action == logbook.PAUSE and one.actor in _MACHINES)
    return next(stops, _ALWAYS)


def kind_of(row: DeliveryRow) -> Kind:
    """Return what an answer says about the mailbox, as a bounce with the same words would."""
    return judge(f"{row.code} {row.reason or ''}", status=row.code or "")


def _take_some(app: App, edition: Edition, *, since: datetime) -> int:
    now = app.clock.now()
    with app.database.begin() as session:
        rows = _unheard(session, edition.id, since=since)
        told = [_event(row, period=edition.period) for row in rows]
        heard = reactions.take(
            session, told, now=now, settings=app.config.reactions, may_pause=False
        )
    return len(heard)


def _unheard(session: Session, edition_id: int, *, since: datetime) -> Sequence[DeliveryRow]:
    """Return letters that were refused with a code, and of which no event tells yet."""
    is_heard = exists().where(
        EventRow.subscriber_id == DeliveryRow.subscriber_id,
        EventRow.delivery_id == DeliveryRow.id,
        EventRow.source == AT_ONCE,
    )
    return session.scalars(
        select(DeliveryRow)
        .where(
            DeliveryRow.edition_id == edition_id,
            DeliveryRow.state.in_(_ENDED),
            DeliveryRow.code.is_not(None),
            DeliveryRow.ended_at > since,
            ~is_heard,
        )
        .order_by(DeliveryRow.id)
        .limit(_MOST)
    ).all()


def _event(row: DeliveryRow, *, period: str) -> MailEvent:
    return MailEvent(
        kind=kind_of(row),
        source=AT_ONCE,
        delivery_key=f"{period.lower()}.{row.id}",
        event_id=str(row.id),
        at=row.ended_at,
        code=row.code,
        detail=row.reason,
    )
