"""Pauses an issue in mid-send when too many servers refuse its letters for good."""

import logging
from collections import Counter
from collections.abc import Mapping

from digest import logbook
from digest.app import App
from digest.delivery.ring import FEWEST_BOUNCES, is_too_much, share
from digest.delivery.state import OPEN, DeliveryState, Report
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition

log = logging.getLogger(__name__)

ACTOR = "the brake"
"""Who pauses an issue whose letters come back, for the log."""

_NOT_OFFERED = OPEN | {DeliveryState.SKIPPED}


def watching(app: App, edition: Edition, *, report: Report) -> Report:
    """Return a report that also counts, and pauses the issue once `[reactions] bounces` is passed.

    What is counted is what this process has offered since it began: who resumes an issue says
    that those before are known.
    """
    seen: Counter[DeliveryState] = Counter()
    limit = app.config.reactions.bounces

    def watch(ends: Mapping[DeliveryState, int]) -> None:
        report(ends)
        seen.update({state: count for state, count in ends.items() if state not in _NOT_OFFERED})
        refused, offered = seen[DeliveryState.REJECTED], seen.total()
        if DeliveryState.REJECTED in ends and is_too_much(
            refused, of=offered, limit=limit, fewest=FEWEST_BOUNCES
        ):
            figures = f"{refused:,} of {offered:,} refused for good"
            _pause(app, edition, reason=f"{figures} ({share(refused, offered, limit)})")
            seen.clear()

    return watch


def _pause(app: App, edition: Edition, *, reason: str) -> None:
    now = app.clock.now()
    with app.database.begin() as session:
        edition = editions.get(session, edition.id)
        if edition.state is not EditionState.SENDING:
            return
        if editions.move(session, edition, to=EditionState.PAUSED, reason=reason, now=now):
            about = f"issue {edition.period}"
            logbook.note(
                session, actor=ACTOR, action=logbook.PAUSE, about=about, now=now, why=reason
            )
    log.error("issue %s paused: %s", edition.period, reason)
