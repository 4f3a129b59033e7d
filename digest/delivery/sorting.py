"""Decides for letters that were claimed who carries each, and whether its turn has come."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from digest.delivery import domains, flows
from digest.delivery.batches import Claim
from digest.delivery.flows import Key
from digest.delivery.receivers import domain_of
from digest.delivery.routes import MAIN, Routing
from digest.delivery.throttle import Flow, turns
from subscribers import audience

_FORGOTTEN = timedelta(minutes=15)  # a letter that was never heard of is somebody else's by then
_STRANDED = timedelta(minutes=10)  # before a carrier that is down, and has no heir, is asked again


class Later(NamedTuple):
    """Letters whose turn comes later, and why."""

    claims: Sequence[Claim]
    until: datetime
    reason: str


@dataclass
class Sorted:
    """Letters by the name of their carrier, and those that have to wait."""

    portions: dict[str, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    later: list[Later] = field(default_factory=list)


class Sorter:
    """Sorts by the routes, and by what each receiving provider takes at this moment.

    ``caps`` are the most letters a minute for receiving providers, by name, that the settings
    allow. As long as nothing is routed, limited or down, no address is looked at.
    """

    def __init__(self, *, routing: Routing, caps: Mapping[str, int]) -> None:
        self._routing = routing
        self._caps = caps
        self._given_out: dict[int, tuple[Key, datetime]] = {}  # of limited providers alone

    def is_idle(self, session: Session, *, now: datetime) -> bool:
        """Whether no letter has to be sorted: all have one carrier, and none must wait."""
        return not self._has_rules(flows.limited(session, now=now))

    def _has_rules(self, limited: Collection[Key]) -> bool:
        return bool(limited or self._caps or self._routing.routes)

    def sort(
        self,
        session: Session,
        claims: Sequence[Claim],
        *,
        down: Mapping[str, str],
        now: datetime,
    ) -> Sorted:
        """Sort letters that this worker holds; ``down`` names carriers with the reason why."""
        limited = flows.limited(session, now=now)
        if not (down or self._has_rules(limited)):
            return Sorted(portions={MAIN: list(claims)})
        domain_by = self._domains(session, claims)
        receiver_by: Mapping[str, str] = {}
        if limited or self._caps:
            receiver_by = domains.receivers_of(session, set(domain_by.values()), now=now)
        found, queues = Sorted(), defaultdict[Key, list[Claim]](list)
        stranded = defaultdict[str, list[Claim]](list)
        for claim in claims:
            domain = domain_by.get(claim.subscriber_id, "")
            wanted = self._routing.carrier_of(domain)
            carrier = self._routing.in_place_of(wanted, down=down)
            key = (carrier or MAIN, receiver_by.get(domain, ""))
            if carrier is None:
                stranded[wanted].append(claim)
            elif key in limited or key[1] in self._caps:
                queues[key].append(claim)
            else:
                found.portions[carrier].append(claim)
        for name, some in stranded.items():
            found.later.append(Later(some, now + _STRANDED, f"its carrier is down: {down[name]}"))
        for key in sorted(queues):  # always in this order: two senders must not wait for each other
            self._grant(session, key, queues[key], found=found, now=now)
        return found

    def heard(self, claims: Iterable[Claim]) -> None:
        """Note that these letters are not under way any more."""
        if self._given_out:
            for claim in claims:
                self._given_out.pop(claim.delivery_id, None)

    def _under_way(self, key: Key, *, now: datetime) -> int:
        """Count the letters of one provider that this process has given out and not heard of."""
        return sum(one == key and at > now - _FORGOTTEN for one, at in self._given_out.values())

    def _grant(
        self, session: Session, key: Key, claims: list[Claim], *, found: Sorted, now: datetime
    ) -> None:
        """Give as many a turn as a provider takes now, and the others one later."""
        carrier, receiver = key
        cap = float(self._caps.get(receiver, math.inf))
        under_way = self._under_way(key, now=now)
        granted, flow = flows.take_turns(
            session, key, len(claims), now=now, cap=cap, under_way=under_way
        )
        if math.isfinite(flow.at_once):
            self._given_out |= {claim.delivery_id: (key, now) for claim in claims[:granted]}
        found.portions[carrier] = sorted([*found.portions[carrier], *claims[:granted]])
        found.later += _later(claims[granted:], flow, receiver=receiver, cap=cap, now=now)

    def _domains(self, session: Session, claims: Sequence[Claim]) -> dict[int, str]:
        ids = [claim.subscriber_id for claim in claims]
        people = audience.readers(session, subscriber_ids=ids)
        return {person.subscriber_id: domain_of(person.email) for person in people}


def _later(
    claims: Sequence[Claim], flow: Flow, *, receiver: str, cap: float, now: datetime
) -> Iterator[Later]:
    reason = (
        f"{receiver} asked us to slow down: {flow.said}"
        if flow.said
        else f"at most {cap:.0f} letters a minute for {receiver} ([pace.receivers])"
    )
    start = 0
    for count, until in turns(flow, len(claims), now=now, cap=cap):
        yield Later(claims[start : start + count], until, reason)
        start += count
