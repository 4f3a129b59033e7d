"""One rehearsal: senders that die, a mail server that fails, and a count of what came of it."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from digest.app import App
from digest.calendar import Period
from digest.config import FAILPOINT, environment
from digest.delivery import duty, ledger
from digest.delivery.audit import audit
from digest.delivery.state import OPEN, DeliveryState
from digest.editions.issue import Issue
from digest.errors import DigestError, UsageError
from digest.failpoint import Failpoint, Step
from digest.processes import Processes
from digest.rehearsal.faults import Fault
from digest.rehearsal.sink import Sink, sink
from digest.rehearsal.stage import Stage, stage
from digest.tables import DeliveryRow, SubscriberRow

_SEED = 1
_MOST_RUNS = 100  # without a death, to bring an issue to its end
_ONCE = {Step.BEFORE_CLAIM}  # which a sender passes once


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a rehearsal has shown.

    ``lost`` readers stand in the ledger as served, and the server has nothing for them; or they
    have no end at all. ``doubled`` readers have more than one letter. ``states`` is the ledger's
    count of all readers. ``findings`` are what does not add up in the books.
    """

    readers: int
    states: Counter[DeliveryState]
    lost: int
    doubled: int
    kills: int
    faults: Counter[Fault]
    seconds: float
    findings: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nobody was lost and nobody got two."""
        return not (self.lost or self.doubled or self.findings)

    @property
    def rate(self) -> float:
        """Letters per second, with all the deaths and fresh starts."""
        return self.states[DeliveryState.ACCEPTED] / self.seconds


def rehearse(
    app: App, issue: Issue, *, period: Period, readers: int, fail: float, kills: int
) -> Score:
    """Send the issue to readers who do not exist; ``fail`` is the share of letters that fail once.

    ``kills`` senders die, one after the other, each at the next of the eight steps of a letter.
    """
    if app.path is None:
        raise UsageError("a rehearsal starts senders of its own, and needs a configuration file")
    with stage(app, issue, period=period, readers=readers) as where:
        with sink(fail=fail, seed=_SEED) as server:
            play = _Play(app=app, stage=where, port=server.port)
            began = app.clock.monotonic()
            play.run(deaths(kills, letters=readers))
            seconds = app.clock.monotonic() - began
        return _count(where, server, kills=play.killed, seconds=seconds)


def deaths(kills: int, *, letters: int) -> list[Failpoint]:
    """Spread deaths over the letters of an issue, each at another step than the one before."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    most = max(letters // (kills + 1), 1)
    steps = [list(Step)[number % len(Step)] for number in range(kills)]
    return [Failpoint(step, turn=1 if step in _ONCE else chance.randint(1, most)) for step in steps]


@dataclass(kw_only=True)
class _Play:
    app: App
    stage: Stage
    port: int
    killed: int = 0

    def run(self, failpoints: Sequence[Failpoint]) -> None:
        """Let one sender after the other work and die; then others, until no letter is open."""
        for failpoint in failpoints:
            if not self._is_open():
                return
            self.killed += self._send({FAILPOINT: str(failpoint)}) < 0
        for _ in range(_MOST_RUNS):
            if not self._is_open():
                return
            self._send({})
        raise DigestError(
            f"the rehearsal did not come to its end: after {_MOST_RUNS} runs letters are open"
        )

    def _send(self, variables: dict[str, str]) -> int:
        """Run one sender to its end or death, and take over what it left; return its exit code."""
        command = ["worker", "--edition", self.stage.edition.period]
        options = ["--config", str(self.app.path), "--json", "--at", self._now()]
        ended = subprocess.run(  # noqa: S603 - our own program with our own options
            [sys.executable, "-m", "digest", *options, *command],
            env=environment(self.stage.variables(port=self.port) | variables),
            check=False,
            capture_output=True,
            text=True,
        )
        duty.take_over(
            self.stage.database,
            processes=Processes(self.stage.state / "processes"),
            lease=self.app.config.delivery.lease_seconds,
            clock=self.app.clock,
        )
        if ended.returncode not in {0, 4} and ended.returncode >= 0:
            raise DigestError(f"a sender of the rehearsal stopped: {ended.stderr.strip()}")
        return ended.returncode

    def _now(self) -> str:
        return self.app.clock.now().isoformat()

    def _is_open(self) -> bool:
        """Whether letters are left; raises when we are to stop: half a play proves nothing."""
        if self.app.stop.is_set():
            raise DigestError("the rehearsal was stopped before its end, and shows nothing")
        with self.stage.database.read() as session:
            return bool(OPEN & ledger.counts(session, self.stage.edition.id).keys())


def _count(where: Stage, server: Sink, *, kills: int, seconds: float) -> Score:
    """Compare the ledger with what the server has truly taken."""
    with where.database.read() as session:
        findings = tuple(found.sentence for found in audit(session))
        rows: list[tuple[Any, Any]] = [
            (row.email, row.state)
            for row in session.execute(
                select(SubscriberRow.email, DeliveryRow.state).outerjoin(
                    DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id
                )
            )
        ]
    return Score(
        readers=len(rows),
        states=Counter(DeliveryState(state) for _, state in rows if state),
        lost=sum(
            state is None or (state == DeliveryState.ACCEPTED and not server.taken[email])
            for email, state in rows
        ),
        doubled=sum(copies > 1 for copies in server.taken.values()),
        kills=kills,
        faults=server.faults,
        seconds=seconds,
        findings=findings,
    )
