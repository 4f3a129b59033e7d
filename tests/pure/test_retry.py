"""When a letter is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.retry import Doubt, RetrySettings, next_try
from digest.mail.outcome import Outcome, Stage, Verdict

FROZEN = datetime(2026, 6, 12, 5, 0, tzinfo=UTC)
PATIENCE = RetrySettings(first_minutes=10.0, longest_minutes=240.0, deadline_hours=48.0)


def wait(attempts: int, *, now: datetime = FROZEN, jitter: float = 0.0) -> timedelta | None:
    moment = next_try(PATIENCE, attempts=attempts, frozen_at=FROZEN, now=now, jitter=jitter)
    return moment - now if moment else None


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 240), (60, 240)]
)
def test_each_wait_is_twice_the_last_up_to_the_longest(attempts: int, minutes: int) -> None:
    assert wait(attempts) == timedelta(minutes=minutes)


def test_a_greylisting_server_is_asked_again_after_its_usual_wait() -> None:
    first = wait(1)
    assert first is not None
    assert timedelta(minutes=5) <= first <= timedelta(minutes=15)  # RFC 6647 section 5


def test_jitter_spreads_the_readers_over_a_tenth_of_the_wait() -> None:
    assert wait(1, jitter=0.5) == timedelta(minutes=10.5)


def test_the_last_moment_is_the_deadline_and_not_one_second_more() -> None:
    last = FROZEN + timedelta(hours=48) - timedelta(minutes=10)
    assert wait(1, now=last) == timedelta(minutes=10)
    assert wait(1, now=last + timedelta(seconds=1)) is None


@given(
    attempts=st.integers(0, 10_000),
    hours=st.floats(-48, 96, allow_nan=False),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_a_try_is_in_the_future_and_before_the_deadline_or_there_is_none(
    attempts: int, hours: float, jitter: float
) -> None:
    """Also when the clock jumped back to before the freeze."""
    now = FROZEN + timedelta(hours=hours)
    moment = next_try(PATIENCE, attempts=attempts, frozen_at=FROZEN, now=now, jitter=jitter)
    if moment is not None:
        assert now < moment <= FROZEN + timedelta(hours=48)
        assert moment - now <= timedelta(minutes=264)


def said(verdict: Verdict, stage: Stage, text: str = "") -> Outcome:
    return Outcome(verdict=verdict, stage=stage, code=400, text=text)


def test_an_api_that_refuses_one_letter_after_the_other_may_mean_us() -> None:
    """Its words may name the reader, and be said to everybody: of an account, or of our request."""
    doubt = Doubt(most=2, is_cleared=False)
    refusal = said(Verdict.REFUSED, Stage.REQUEST, "to is not valid in messageVersions")
    assert doubt.falls_on(refusal)
    assert doubt.falls_on(said(Verdict.REFUSED, Stage.REQUEST, "other words"))
    assert doubt.verdict is None
    assert doubt.falls_on(refusal)
    assert doubt.verdict == (
        "the first 2 letters were all refused: 400 to is not valid in messageVersions"
    )


def test_once_an_api_took_a_letter_a_refusal_is_about_its_reader() -> None:
    doubt = Doubt(most=1, is_cleared=False)
    assert not doubt.falls_on(said(Verdict.ACCEPTED, Stage.REQUEST))
    assert not doubt.falls_on(said(Verdict.REFUSED, Stage.REQUEST))
    assert not Doubt(most=1, is_cleared=False).falls_on(said(Verdict.REFUSED, Stage.RCPT))
