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
    flow = slowed(_locked(session, key, now=now), now=now, said=said, wait=wait)
    _keep(session, key, flow)
    return flow


def rest(session: Session, carrier: str, *, until: datetime, said: str, now: datetime) -> None:
    """Note that a carrier asked to be left alone until then."""
    key = (carrier, ITSELF)
    _locked(session, key, now=now)
    _keep(session, key, Flow(rate=1.0, changed_at=until, next_at=until, said=said, asked_at=now))


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
    flow = _locked(session, key, now=now)
    if is_over(flow, now) and math.isinf(cap):
        _forget(session, key)
        return letters, flow
    granted, flow = book(flow, letters, now=now, cap=cap, under_way=under_way)
    _keep(session, key, flow)
    return granted, flow


def _limits(key: Key, flow: Flow, now: datetime) -> bool:
    return flow.next_at > now if key[1] == ITSELF else not is_over(flow, now)


def _locked(session: Session, key: Key, *, now: datetime) -> Flow:
    """Return how a provider takes letters, for this transaction alone; whoever comes second waits.

    A row that is not there cannot be locked, so an unlimited one is written first. That and the
    lock are one step: between two another sender could forget the row.
    """
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = dialect.insert(FlowRow).values(carrier=key[0], receiver=key[1], **_values(unlimited(now)))
    kept = new.on_conflict_do_update(
        index_elements=[FlowRow.carrier, FlowRow.receiver], set_={"carrier": key[0]}
    )
    return _flow(session.execute(kept.returning(*FlowRow.__table__.columns)).one())


def _keep(session: Session, key: Key, flow: Flow) -> None:
    """Write a flow whose row is locked."""
    session.execute(
        update(FlowRow)
        .where(FlowRow.carrier == key[0], FlowRow.receiver == key[1])
        .values(_values(flow))
        .execution_options(synchronize_session=False)
    )


def _values(flow: Flow) -> dict[str, Any]:
    return {
        "rate": flow.rate,
        "changed_at": flow.changed_at,
        "next_at": flow.next_at,
        "said": flow.said,
        "at_once": flow.at_once if math.isfinite(flow.at_once) else None,
        "asked_at": flow.asked_at,
    }


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
