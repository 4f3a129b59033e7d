"""The states of one delivery, and what an outcome makes of it. Pure."""

from collections.abc import Callable, Mapping
from enum import StrEnum


class DeliveryState(StrEnum):
    """What has become of one issue for one reader."""

    PENDING = "pending"
    CLAIMED = "claimed"  # a worker holds it; nothing after the dot has happened
    COMMITTING = "committing"  # the intent is committed: the other side may have it from now on
    DEFERRED = "deferred"  # refused for now; another try is safe
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"  # nobody can know; never sent again by itself

    @property
    def word(self) -> str:
        """What people are told."""
        return "refused" if self is DeliveryState.REJECTED else self.value


OPEN = frozenset(
    {
        DeliveryState.PENDING,
        DeliveryState.CLAIMED,
        DeliveryState.COMMITTING,
        DeliveryState.DEFERRED,
    }
)
"""Not served yet; an edition is never "sent" while a row is in one of these."""

HELD = frozenset({DeliveryState.CLAIMED, DeliveryState.COMMITTING})
"""In the hands of a worker."""

Report = Callable[[Mapping[DeliveryState, int]], None]
"""Is told how many letters have come to each state since it was told before."""


def told_nobody(_ends: Mapping[DeliveryState, int]) -> None:
    """Stand for a report where nobody listens."""
