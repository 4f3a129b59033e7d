"""How each receiving provider takes letters now: one row for all senders on all machines."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.delivery.throttle import Flow, book, is_over, slowed, unlimited
from digest.tables import FlowRow

Key = tuple[str, str]
"""The names of a carrier and of a receiving provider; "" is the carrier itself."""

ITSELF = ""
_KEPT = timedelta(days=1)


def limited(session: Session, *, now: datetime) -> frozenset[Key]:
    """Return what is limited at this moment: nothing, as a rule.

    What has not limited anything for a day is deleted on the way.
    """
    rows = session.connection().execute(_OF_RECEIVERS).all()
    if any(row.next_at < now - _KEPT for row in rows):
        session.execute(
            delete(FlowRow)
            .where(FlowRow.next_at < now - _KEPT)
            .execution_options(synchronize_session=False)
        )
    return frozenset((row.carrier, row.receiver) for row in rows if not is_over(_flow(row), now))


_OF_RECEIVERS = select(*FlowRow.__table__.columns).where(FlowRow.receiver != ITSELF)


def held_back(session: Session, *, now: datetime) -> Mapping[Key, Flow]:
    """Return who takes fewer letters than there may be at this moment, for people to read."""
    rows = session.scalars(select(FlowRow).order_by(FlowRow.carrier, FlowRow.receiver))
    flows = {(row.carrier, row.receiver): _flow(row) for row in rows}
    return {key: flow for key, flow in flows.items() if flow.said and _limits(key, flow, now)}


def slow_down(
    session: Session, key: Key, *, now: datetime, said: str, wait: float | None = None
) -> Flow:
    """Note that a provider asked us to slow down, in these words."""
    row = _locked(session, key)
    flow = slowed(_flow(row) if row else None, now=now, said=said, wait=wait)
    _keep(session, key, flow, is_new=row is None)
    return flow


def rest(session: Session, carrier: str, *, until: datetime, said: str, now: datetime) -> None:
    """Note that a carrier asked to be left alone until then."""
    key = (carrier, ITSELF)
    row = _locked(session, key)
    flow = Flow(rate=1.0, changed_at=until, next_at=until, said=said, asked_at=now)
    _keep(session, key, flow, is_new=row is None)


def resting(session: Session, *, now: datetime) -> Mapping[str, str]:
    """Return the carriers that want to be left alone, with their words."""
    rows = session.scalars(select(FlowRow).where(FlowRow.receiver == ITSELF, FlowRow.next_at > now))
    return {row.carrier: row.said for row in rows}


def take_turns(
    session: Session,
    key: Key,
    letters: int,
    *,
    now: datetime,
    cap: float = math.inf,
    under_way: int = 0,
) -> tuple[int, Flow]:
    """Book turns for so many letters; return how many may go now, and how the flow then stands.

    ``under_way`` is what this process has given out to the provider and not heard of.
    What has recovered is forgotten, unless the settings limit it in any case (``cap``).
    """
    row = _locked(session, key)
    flow = _flow(row) if row else unlimited(now)
    if is_over(flow, now) and math.isinf(cap):
        _forget(session, key)
        return letters, flow
    granted, flow = book(flow, letters, now=now, cap=cap, under_way=under_way)
    _keep(session, key, flow, is_new=row is None)
    return granted, flow


def _limits(key: Key, flow: Flow, now: datetime) -> bool:
    return flow.next_at > now if key[1] == ITSELF else not is_over(flow, now)


def _locked(session: Session, key: Key) -> FlowRow | None:
    """Return the row of a flow, kept for this transaction; whoever comes second waits here."""
    found = select(FlowRow).where(FlowRow.carrier == key[0], FlowRow.receiver == key[1])
    return session.scalars(
        found.with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def _keep(session: Session, key: Key, flow: Flow, *, is_new: bool) -> None:
    """Write a flow; where another sender was quicker to make the row, its own values win."""
    values = {
        "rate": flow.rate,
        "changed_at": flow.changed_at,
        "next_at": flow.next_at,
        "said": flow.said,
        "at_once": flow.at_once if math.isfinite(flow.at_once) else None,
        "asked_at": flow.asked_at,
    }
    if not is_new:
        session.execute(
            update(FlowRow)
            .where(FlowRow.carrier == key[0], FlowRow.receiver == key[1])
            .values(values)
            .execution_options(synchronize_session=False)
        )
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(FlowRow).values(carrier=key[0], receiver=key[1], **values)
    session.execute(row.on_conflict_do_nothing())


def _forget(session: Session, key: Key) -> None:
    session.execute(
        delete(FlowRow)
        .where(FlowRow.carrier == key[0], FlowRow.receiver == key[1])
        .execution_options(synchronize_session=False)
    )


def _flow(row: FlowRow | Row[Any]) -> Flow:
    return Flow(
        rate=row.rate,
        changed_at=row.changed_at,
        next_at=row.next_at,
        said=row.said,
        at_once=math.inf if row.at_once is None else row.at_once,
        asked_at=row.asked_at,
    )
