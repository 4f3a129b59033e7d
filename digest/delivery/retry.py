"""When to try a letter again, when to give up, and when the fault is not the reader's. Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.limits import Hours, Minutes
from digest.mail.outcome import Outcome, Stage, Verdict

_CONTENT = frozenset({Stage.DATA, Stage.TEXT, Stage.DOT, Stage.REQUEST})


@dataclass(frozen=True, kw_only=True)
class RetrySettings:
    """How patient we are with one recipient.

    The first wait is ``first_minutes`` and each next one twice as long, up to ``longest_minutes``;
    after ``deadline_hours`` since the freeze the delivery has failed. Greylisting servers ask for
    5 to 15 minutes (RFC 6647 section 5).
    """

    first_minutes: Minutes = 10.0
    longest_minutes: Minutes = 240.0
    deadline_hours: Hours = 48.0


def next_try(
    settings: RetrySettings,
    *,
    attempts: int,
    frozen_at: datetime,
    now: datetime,
    jitter: float,
    wait: float | None = None,
) -> datetime | None:
    """Return when to try again after ``attempts`` counted tries; None when it is time to give up.

    ``jitter`` in [0, 1) spreads the readers of one provider over a tenth of the wait. Where the
    other side named the ``wait`` in seconds, it is that, and at most one second more.
    """
    minutes = min(
        settings.first_minutes * 2 ** min(max(attempts, 1) - 1, 30), settings.longest_minutes
    )
    moment = now + timedelta(minutes=minutes * (1 + jitter / 10))
    if wait is not None:
        moment = now + timedelta(seconds=wait + jitter)
    deadline = frozen_at + timedelta(hours=settings.deadline_hours)
    return moment if moment <= deadline else None


class Doubt:
    """Whether refusals speak of the readers or of us.

    A server that refuses our content or our standing (5.7.x, or any 5xx to the text) says so to
    one reader after the other. So does an API, in words that we take for ones about a reader.
    Until it has taken one letter, such refusals put the letter off, and the same one ``most`` times
    stops the issue.
    """

    def __init__(self, *, most: int, is_cleared: bool) -> None:
        self._most = most
        self._is_cleared = is_cleared
        self._seen: Counter[str] = Counter()

    def falls_on(self, outcome: Outcome) -> bool:
        """Weigh an outcome; True for a refusal that may be ours."""
        if outcome.verdict is Verdict.ACCEPTED:
            self._is_cleared = True
        if self._is_cleared or not _is_about_us(outcome):
            return False
        self._seen[_reply(outcome)] += 1
        return True

    @property
    def verdict(self) -> str | None:
        """The reply that has come too often, with how often; None as long as none has."""
        if self._is_cleared:
            return None
        ((reply, count),) = self._seen.most_common(1) or [("", 0)]
        return (
            f"the first {count} letters were all refused: {reply}" if count >= self._most else None
        )


def _reply(outcome: Outcome) -> str:
    """Say what came; an API has one code for everything, so there it is the words that count."""
    words = outcome.text if outcome.stage is Stage.REQUEST else ""
    return f"{outcome.reply or ''} {words}".strip()


def _is_about_us(outcome: Outcome) -> bool:
    policy = (outcome.enhanced or "").startswith("5.7.")
    return outcome.verdict is Verdict.REFUSED and (policy or outcome.stage in _CONTENT)
