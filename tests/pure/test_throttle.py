"""The pace to one receiving provider: how it is asked, how it falls, and how it recovers."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.delivery.quota import is_spent, rest_of
from digest.delivery.throttle import (
    AT_ONCE,
    FIRST,
    FREE,
    FREE_AT_ONCE,
    LEAST,
    Flow,
    Sign,
    book,
    is_over,
    over_at,
    places_at,
    rate_at,
    sign_of,
    slowed,
    turns,
    unlimited,
)
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.reply import Reply, judge

NOW = datetime(2026, 6, 12, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def answer(words: str, *, stage: Stage = Stage.RCPT) -> Outcome:
    """Judge a reply as the carrier does, at this stage."""
    return judge(Reply(code=int(words[:3]), lines=(words[4:],)), stage=stage)


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        ("421 4.7.28 Our system has detected an unusual rate of mail", Sign.PLEA),
        ("421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume", Sign.PLEA),
        ("421 RP-001 the mail server IP has exceeded the rate limit", Sign.PLEA),
        ("451 4.7.650 the mail server has been temporarily rate limited", Sign.PLEA),
        ("450 4.7.1 too many connections from your host", Sign.PLEA),
        ("451 4.3.0 try again later", Sign.HINT),
        ("450 4.7.1 greylisted, come again", Sign.NONE),
        ("451 4.7.1 Greylisting in action, please come back later", Sign.NONE),
        ("452 4.2.2 mailbox full", Sign.NONE),
        ("550 5.1.1 no such user", Sign.NONE),
    ],
)
def test_a_refusal_is_read_for_what_it_says_about_the_pace(words: str, sign: Sign) -> None:
    assert sign_of(answer(words)) is sign


def test_what_is_said_before_a_reader_was_named_is_about_the_carrier() -> None:
    assert sign_of(answer("421 4.7.0 too many connections", stage=Stage.MAIL)) is Sign.NONE
    assert sign_of(answer("421 4.3.2 shutting down", stage=Stage.GREETING)) is Sign.NONE


def test_who_asks_gets_nothing_for_a_minute_then_half_and_each_minute_more() -> None:
    flow = slowed(None, now=NOW, said="421")
    assert book(flow, 500, now=NOW) == (0, flow)
    assert rate_at(flow, NOW + MINUTE) == FIRST
    assert rate_at(flow, NOW + 2 * MINUTE) > rate_at(flow, NOW + MINUTE)
    again = slowed(flow, now=NOW + MINUTE, said="421")
    assert again.rate == FIRST / 2


def test_letters_that_were_under_way_do_not_halve_it_again() -> None:
    flow = slowed(None, now=NOW, said="421")
    for second in range(30):
        flow = slowed(flow, now=NOW + timedelta(seconds=second), said="421")
    assert flow.rate == FIRST


def test_it_never_falls_below_the_least_and_is_lifted_in_the_end() -> None:
    flow = slowed(None, now=NOW, said="421")
    for turn in range(1, 20):
        flow = slowed(flow, now=NOW + turn * MINUTE, said="421")
    assert flow.rate >= LEAST
    assert not is_over(flow, flow.changed_at)
    assert is_over(flow, flow.changed_at + timedelta(minutes=FREE))


def test_a_named_wait_is_obeyed() -> None:
    flow = slowed(None, now=NOW, said="421", wait=300)
    assert book(flow, 1, now=NOW + timedelta(seconds=299))[0] == 0
    assert book(flow, 1, now=NOW + timedelta(seconds=300))[0] == 1


def test_no_minute_sees_more_letters_than_the_rate() -> None:
    flow, left = Flow(rate=30, changed_at=NOW, next_at=NOW), 0
    for second in range(0, 60, 5):  # senders that ask again and again
        granted, flow = book(flow, 100, now=NOW + timedelta(seconds=second), cap=30)
        left += granted
    assert 30 <= left <= 60  # the first minute ahead, and what its seconds have earned


def test_a_cap_of_the_settings_holds_for_one_that_never_asked() -> None:
    granted, flow = book(unlimited(NOW), 100, now=NOW, cap=7)
    assert granted == 7
    assert book(flow, 100, now=NOW, cap=7)[0] == 0


def test_who_got_no_turn_is_spread_over_the_next_minutes() -> None:
    flow = Flow(rate=10, changed_at=NOW, next_at=NOW + MINUTE)
    spread = list(turns(flow, 25, now=NOW, cap=10))
    assert [count for count, _ in spread] == [10, 10, 5]
    assert [moment - NOW for _, moment in spread] == [MINUTE, 2 * MINUTE, 3 * MINUTE]
    many = list(turns(flow, 10_000, now=NOW, cap=10))
    assert sum(count for count, _ in many) == 10_000
    assert many[-1][1] - NOW <= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("outcome", "spent"),
    [
        (answer("454 4.7.0 Throttling failure: Daily message quota exceeded"), True),
        (answer("454 4.7.0 Throttling failure: Maximum sending rate exceeded"), True),
        (answer("550 5.4.5 Daily user sending limit exceeded", stage=Stage.DOT), True),
        (answer("450 4.7.1 hourly limit reached for this account", stage=Stage.MAIL), True),
        (answer("552 5.2.2 mailbox quota exceeded"), False),
        (answer("552 message size exceeds fixed limit", stage=Stage.DATA), False),
        (answer("452 4.2.2 the recipient has exceeded the daily limit"), False),
        (answer("550 5.1.1 no such user"), False),
        (Outcome(verdict=Verdict.RETRY, stage=Stage.REQUEST, code=429), True),
        (Outcome(verdict=Verdict.UNKNOWN, stage=Stage.REQUEST, code=429), False),
        (Outcome(verdict=Verdict.RETRY, stage=Stage.REQUEST, code=503, retry_after=90), True),
        (Outcome(verdict=Verdict.RETRY, stage=Stage.REQUEST, code=408), False),
    ],
)
def test_the_quota_of_a_carrier_is_told_from_a_readers_full_mailbox(
    outcome: Outcome, *, spent: bool
) -> None:
    assert is_spent(outcome) is spent


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("421 4.7.0 try again in 90 seconds", 90.0),
        ("450 4.7.1 greylisted, retry after 5 minutes", 300.0),
        ("451 4.7.1 please wait 2 hours", 7200.0),
        ("451 4.3.0 try again later", None),
        ("550 5.1.1 do not try again for 90 seconds", None),
    ],
)
def test_a_wait_that_is_named_in_words_is_understood(words: str, seconds: float | None) -> None:
    assert rest_of(answer(words)) == seconds


CROWDED = "421 4.7.0 Too many concurrent SMTP connections from this host"


@pytest.mark.parametrize(
    ("said", "is_crowd"),
    [
        (CROWDED, True),
        ("421 4.3.2 Concurrent connections limit exceeded", True),
        ("421 Maximum number of simultaneous sessions reached", True),
        ("452 4.5.3 session limit reached, try later", True),
        ("421 4.7.28 Our system has detected an unusual rate of mail", False),
        ("450 4.7.1 too many messages in the last hour", False),
        ("421 closing connection, slow down", False),
    ],
)
def test_fewer_at_once_where_that_is_too_many_and_else_fewer_a_minute(
    said: str, *, is_crowd: bool
) -> None:
    flow = slowed(None, now=NOW, said=said)
    assert flow.at_once == (AT_ONCE / 2 if is_crowd else float("inf"))
    assert flow.rate == (FREE if is_crowd else FIRST)


def test_no_more_are_given_out_than_may_be_under_way() -> None:
    flow = slowed(None, now=NOW, said=CROWDED)
    then = flow.changed_at
    assert book(flow, 500, now=then)[0] == 2
    assert book(flow, 500, now=then, under_way=1)[0] == 1
    assert book(flow, 500, now=then, under_way=2)[0] == 0
    assert book(flow, 500, now=then, under_way=9)[0] == 0


def test_the_number_at_once_falls_to_one_and_recovers_by_and_by() -> None:
    flow = slowed(None, now=NOW, said=CROWDED)
    for _ in range(5):
        flow = slowed(flow, now=flow.changed_at, said=CROWDED)
    assert places_at(flow, flow.changed_at) == 1
    later = [places_at(flow, flow.changed_at + turn * MINUTE) for turn in range(60)]
    assert later == sorted(later)
    assert max(one for one in later if one != float("inf")) < FREE_AT_ONCE
    assert not is_over(flow, over_at(flow) - MINUTE)
    assert is_over(flow, over_at(flow) + MINUTE)
