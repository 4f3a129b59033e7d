"""How letters are handed over: what the operator may choose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from digest.delivery.retry import RetrySettings
from digest.errors import ConfigurationError
from digest.limits import Count, CountOrNone, Pause, Seconds, Workers


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """How letters are handed over.

    ``connections`` is how many conversations there are at once: those of all processes of a local
    engine together, or of each worker of a fleet. ``batch`` is the number of letters that a process
    claims at a time (fast ones are claimed as they leave), and ``window`` the most for each
    conversation that the database is told of before they leave: if the machine is lost, these are
    the letters nobody can know about.
    ``lease_seconds`` without a heartbeat frees a worker's letters on other machines.
    ``faults_in_a_row``: after so many broken conversations a thread leaves the rest to the next
    run, ``reconnect_seconds`` apart. ``record_tries``: how often answers are offered to a database
    that does not take them. ``same_refusals``: when the first so many letters are refused for our
    standing or our words, the issue is paused.
    """

    connections: Workers = 4
    batch: Count = 500
    window: Count = 200
    lease_seconds: Seconds = 60.0
    faults_in_a_row: Count = 3
    reconnect_seconds: Pause = 1.0
    record_tries: Count = 10
    same_refusals: Count = 20
    retry: RetrySettings = field(default_factory=RetrySettings)


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Who hands the letters over.

    ``kind`` is "local" (processes on this machine, SQLite or PostgreSQL) or "fleet" (`digest
    worker` on any number of machines, PostgreSQL only). Local: an issue with more than
    ``per_process`` letters is shared by up to ``processes``, 0 for one per core. Fleet: one job of
    the queue is ``job_letters`` letters.
    """

    kind: Literal["local", "fleet"] = "local"
    processes: CountOrNone = 0
    per_process: Count = 2000
    job_letters: Count = 2000


@dataclass(frozen=True, kw_only=True)
class PaceSettings:
    """How fast letters may leave: at most so many a minute from all senders together; 0: any.

    ``receivers`` says the same of single receiving providers, as { gmail = 600 }: by the names of
    `delivery/receivers.py`, or by domain. One that asks us to slow down gets fewer by itself.
    """

    letters_per_minute: CountOrNone = 0
    receivers: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a rate at which nothing would ever leave."""
        for name, most in self.receivers.items():
            if most < 1:
                raise ConfigurationError(
                    f"[pace] receivers: {name} = {most} is no rate; at least 1"
                )
