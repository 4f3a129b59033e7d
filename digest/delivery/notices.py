"""The post office: hands notices over, one at a time, and records each outcome in its own row.

The order of events is that of every letter: claimed, then the intent committed between the text and
the final dot, then the answer. A crash before the dot is a retry; a crash after it is one notice
nobody can know about, and it is named. Notices are few, and take no part in the pace of issues.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.clock import Clock
from digest.delivery import tray
from digest.delivery.quota import rest_of
from digest.delivery.retry import RetrySettings, next_try
from digest.delivery.state import DeliveryState
from digest.delivery.tray import Claimed
from digest.errors import DigestError
from digest.mail.letter import Letter
from digest.mail.notice import Notice
from digest.mail.outcome import Outcome, Verdict
from digest.providers.carrier import Carrier, Connection, deliver
from storage.database import Database

log = logging.getLogger(__name__)

_REST_SECONDS = 30.0


class Written(Protocol):
    """A notice as it is handed over, and what is kept of it as evidence."""

    @property
    def letter(self) -> Letter:
        """What is handed over."""

    @property
    def message_id(self) -> str:
        """The Message-ID, with its angle brackets."""

    @property
    def subject(self) -> str:
        """The subject as a reader sees it."""

    @property
    def copy(self) -> str:
        """The words, without link and code."""


@dataclass
class _Way:
    """One carrier, and until when it is left alone (on the monotonic clock)."""

    build: Callable[[], Carrier]
    rests_until: float = 0.0


class PostOffice:
    """Works off the tray with a carrier; any number of them may, on any machine.

    ``write`` makes the letter of a notice. ``build`` makes the carrier, when there is work, and
    ``stand_ins`` those that take over while it hands nothing over.
    """

    def __init__(
        self,
        database: Database,
        *,
        build: Callable[[], Carrier],
        write: Callable[[Notice], Written],
        retry: RetrySettings,
        clock: Clock,
        stop: threading.Event,
        stand_ins: Sequence[Callable[[], Carrier]] = (),
    ) -> None:
        self._database = database
        self._ways = [_Way(build), *map(_Way, stand_ins)]
        self._write = write
        self._retry = retry
        self._clock = clock
        self._stop = stop
        self._recovers_at = 0.0

    def work(self) -> Counter[DeliveryState]:
        """Hand over every notice whose turn it is; return what became of how many.

        Ends when none is left, when told to stop, and at a fault of ours or of the connection: then
        the next carrier goes on, and the one that failed does nothing for half a minute.
        """
        fates: Counter[DeliveryState] = Counter()
        now = self._clock.monotonic()
        ways = [way for way in self._ways if now >= way.rests_until]
        if ways:
            self._recover()
        for way in ways:
            claimed = self._claim()
            if claimed is None or self._work_off(claimed, way, fates):
                break
            way.rests_until = self._clock.monotonic() + _REST_SECONDS
        return fates

    def _work_off(self, claimed: Claimed, way: "_Way", fates: Counter[DeliveryState]) -> bool:
        """Hand over one notice after the other; False when this way takes none."""
        following: Claimed | None = claimed
        with closing(way.build().connect()) as connection:
            while following is not None:
                fate = self._hand_over(following, connection)
                fates[fate] += 1
                if fate is DeliveryState.PENDING:
                    return False
                following = self._claim()
        return True

    def _recover(self) -> None:
        """Take over what dead post offices held: at the start, and as often as a lease can end."""
        if self._clock.monotonic() < self._recovers_at:
            return
        self._recovers_at = self._clock.monotonic() + tray.LEASE.total_seconds()
        with self._database.begin() as session:
            lost = tray.recover(session, now=self._clock.now())
        if lost:
            log.warning("%d notices are unknown: their sender died after the final dot", lost)

    def _claim(self) -> Claimed | None:
        """Take the next notice; the first look takes no lock, for mostly there is none."""
        now = self._clock.now()
        if self._stop.is_set():
            return None
        with self._database.read() as session:
            if not tray.is_waiting(session, now=now):
                return None
        with self._database.begin() as session:
            return tray.claim(session, now=now)

    def _hand_over(self, claimed: Claimed, connection: Connection) -> DeliveryState:
        try:
            written = self._write(claimed.notice)
        except (DigestError, ValueError) as error:
            log.error("notice %d cannot be written: %s", claimed.notice.id, error)  # noqa: TRY400 - a fault of settings
            return self._close(claimed, f"it could not be written: {error}")
        outcome = deliver(connection, written.letter, intent=self._intent(claimed))
        return self._record(claimed, written, outcome)

    def _intent(self, claimed: Claimed) -> Callable[[], bool]:
        """Return what commits the intent, once; asked again it tells whether that still holds."""
        until: datetime | None = None

        def intend() -> bool:
            nonlocal until
            now = self._clock.now()
            if until is not None:
                return now < until
            with self._database.begin() as session:
                may_go = tray.intend(session, claimed, now=now)
            until = now + tray.LEASE if may_go else None
            return may_go

        return intend

    def _close(self, claimed: Claimed, reason: str) -> DeliveryState:
        with self._database.begin() as session:
            tray.close(session, claimed, reason=reason, now=self._clock.now())
        return DeliveryState.FAILED

    def _record(self, claimed: Claimed, written: Written, outcome: Outcome) -> DeliveryState:
        now = self._clock.now()
        next_at = self._next_try(claimed, outcome, now=now)
        with self._database.begin() as session:
            if outcome.verdict is Verdict.ACCEPTED:
                tray.keep_proof(
                    session,
                    claimed.notice,
                    proof={
                        "message_id": written.message_id,
                        "subject": written.subject,
                        "letter": written.copy,
                        "answer": f"{outcome.reply or ''} {outcome.text}".strip(),
                        "asked_at": claimed.notice.created_at.isoformat(),
                    },
                    now=now,
                )
            state = tray.settle(session, claimed, outcome, next_at=next_at, now=now)
        if state is DeliveryState.PENDING:
            log.warning("notices wait: %s at %s", outcome.text or "no answer", outcome.stage)
        return state

    def _next_try(self, claimed: Claimed, outcome: Outcome, *, now: datetime) -> datetime | None:
        """Return when a notice that was put off is tried again, while it is of any use."""
        moment = next_try(
            self._retry,
            attempts=claimed.attempts + 1,
            frozen_at=claimed.notice.created_at,
            now=now,
            jitter=0,
            wait=rest_of(outcome),
        )
        return moment if moment and moment < claimed.notice.expires_at else None
