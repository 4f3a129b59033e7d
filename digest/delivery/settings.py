"""How letters are handed over: what the operator may choose."""

from dataclasses import dataclass, field

from digest.delivery.retry import RetrySettings
from digest.limits import Count, Pause, Seconds, Workers


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """How letters are handed over.

    ``connections`` is the number of conversations of one process, ``batch`` the number of letters
    that it claims at a time, and ``window`` the most for each conversation that the database is
    told of before they leave: if the machine is lost, these are the letters nobody can know about.
    ``lease_seconds`` without a heartbeat frees a worker's letters on other machines.
    ``faults_in_a_row``: after so many broken conversations a thread leaves the rest to the next
    run, ``reconnect_seconds`` apart. ``record_tries``: how often answers are offered to a database
    that does not take them. ``same_refusals``: when the first so many letters are refused for our
    standing or our words, the issue is paused.
    """

    connections: Workers = 4
    batch: Count = 500
    window: Count = 64
    lease_seconds: Seconds = 60.0
    faults_in_a_row: Count = 3
    reconnect_seconds: Pause = 1.0
    record_tries: Count = 10
    same_refusals: Count = 20
    retry: RetrySettings = field(default_factory=RetrySettings)
