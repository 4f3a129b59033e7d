"""What the answers of an issue's first readers mean for all others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.delivery.ring import (
    Answers,
    RingSettings,
    Stop,
    Wait,
    Widen,
    is_too_much,
    judge,
    share,
    size,
)

NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
RING = RingSettings(share=0.01)
OVER = NOW - timedelta(minutes=30)
WELL = Answers(people=200)


@pytest.mark.parametrize(
    ("candidates", "settings", "people"),
    [
        (1_000_000, RING, 10_000),
        (20_001, RING, 201),  # one in a hundred, rounded up
        (4_892, RING, 200),  # the least
        (201, RING, 200),
        (200, RING, 0),  # the whole list: no ring
        (3, RING, 0),
        (0, RING, 0),
        (1_000_000, RingSettings(), 0),  # off
        (1_000, RingSettings(share=1.0), 0),
        (50, RingSettings(share=0.1, least=1), 5),
    ],
)
def test_the_first_are_a_share_of_all_but_never_all(
    candidates: int, settings: RingSettings, people: int
) -> None:
    assert size(candidates, settings=settings) == people


def test_the_others_wait_until_the_first_are_served_and_the_time_is_over() -> None:
    asked = replace(WELL, in_hand=3)
    assert judge(asked, settings=RING, served_at=None, now=NOW) == Wait(None)
    begun = NOW - timedelta(minutes=29)
    assert judge(WELL, settings=RING, served_at=begun, now=NOW) == Wait(NOW + timedelta(minutes=1))
    assert judge(WELL, settings=RING, served_at=OVER, now=NOW) == Widen()


@pytest.mark.parametrize(
    ("answers", "limit_kept", "stops_at_once", "words"),
    [
        (replace(WELL, bounced=11), 10, True, "11 of 200 refused for good (5.5 %, limit 5 %)"),
        (replace(WELL, complained=1), 0, True, "1 of 200 called it spam (0.50 %, limit 0.1 %)"),
        (replace(WELL, left=5), 4, True, "5 of 200 left the list (2.5 %, limit 2 %)"),
        (replace(WELL, deferred=51), 50, False, "51 of 200 still put off (25.5 %, limit 25 %)"),
    ],
)
def test_more_than_a_limit_stops_the_issue_and_exactly_the_limit_does_not(
    *, answers: Answers, limit_kept: int, stops_at_once: bool, words: str
) -> None:
    stop = Stop(f"first ring: {words}")
    assert judge(answers, settings=RING, served_at=OVER, now=NOW) == stop
    during = judge(answers, settings=RING, served_at=None, now=NOW)
    assert during == (stop if stops_at_once else Wait(None))
    fewer = Answers(
        people=200, **{k: min(v, limit_kept) for k, v in vars(answers).items() if k != "people"}
    )
    assert judge(fewer, settings=RING, served_at=OVER, now=NOW) == Widen()


def test_every_limit_that_was_passed_is_named() -> None:
    answers = Answers(people=10_000, bounced=501, complained=11)
    judged = judge(answers, settings=RING, served_at=None, now=NOW)
    assert judged == Stop(
        "first ring: 501 of 10,000 refused for good (5.0 %, limit 5 %);"
        " 11 of 10,000 called it spam (0.11 %, limit 0.1 %)"
    )


def test_shares_are_cut_and_never_rounded_up() -> None:
    assert share(14, 200, 0.05) == "7.0 %, limit 5 %"
    assert share(1_999, 1_000_000, 0.003) == "0.19 %, limit 0.3 %"
    assert share(0, 0, 0.05) == "0.0 %, limit 5 %"


def test_a_few_letters_at_the_begin_stop_no_issue() -> None:
    assert not is_too_much(2, of=2, limit=0.003, fewest=3)
    assert is_too_much(3, of=999, limit=0.003, fewest=3)
    assert not is_too_much(3, of=1_000, limit=0.003, fewest=3)
