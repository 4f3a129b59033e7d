"""How mailbox providers take our mail now: complaints, who asked us to slow down, first rings."""

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest import complaints, rings
from digest.app import App
from digest.complaints import Complaints
from digest.delivery import flows
from digest.delivery.flows import ITSELF, Key
from digest.delivery.throttle import Flow, over_at, places_at, rate_at
from digest.editions import store as editions
from digest.editions.state import GOING, EditionState


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """A receiving provider that takes fewer letters than there are.

    ``receiver`` is None for the ``carrier`` itself. ``since`` is when it asked last; None where
    that was not kept. ``until`` is when the limit is lifted, if it does not ask again. Now it gets
    ``per_minute`` letters, and ``at_once`` under way from one process; None: any number. ``said``
    are its own words.
    """

    carrier: str
    receiver: str | None
    since: datetime | None
    until: datetime
    per_minute: int
    at_once: int | None
    said: str

    @property
    def pace(self) -> str:
        """What it takes now, in words."""
        if not self.per_minute:
            return "nothing now"
        words = f"{self.per_minute:,} letters a minute"
        return words if self.at_once is None else f"{words}, {self.at_once:,} at once"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How we stand; ``rings`` are the issues that wait for their first readers, by period."""

    complaints: Complaints
    held_back: tuple[HeldBack, ...]
    rings: dict[str, str]


def standing(app: App) -> Standing:
    """Look at what is kept; nothing is counted that grows with the list."""
    now = app.clock.now()
    with app.database.read() as session:
        told = complaints.running(session, app.newsletter, now=now)
        found = flows.held_back(session, now=now)
        going = _going(session, app)
    slow = tuple(_held_back(app, key, flow, now=now) for key, flow in found.items())
    words = {one.period: said for one in going if (said := rings.words(app, one))}
    return Standing(complaints=told, held_back=slow, rings=words)


def _going(session: Session, app: App) -> list[editions.Edition]:
    states = GOING | {EditionState.PAUSED}
    return editions.all_editions(session, app.newsletter, states=states)


def _held_back(app: App, key: Key, flow: Flow, *, now: datetime) -> HeldBack:
    carrier, receiver = key
    is_resting = receiver == ITSELF or now < flow.changed_at
    places = places_at(flow, now)
    return HeldBack(
        carrier=carrier or app.carrier.name,
        receiver=receiver or None,
        since=flow.asked_at,
        until=flow.next_at if receiver == ITSELF else over_at(flow),
        per_minute=0 if is_resting else math.floor(rate_at(flow, now)),
        at_once=math.floor(places) if math.isfinite(places) else None,
        said=flow.said,
    )
