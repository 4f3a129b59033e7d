"""The vocabulary of what comes back: its order, its keys, and what counts as whose fault."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.event import Kind, MailEvent, code_in, judged, key_of, standing
from digest.providers.hooks.hook import ForgedError, moment, refuse_stale

NOW = datetime(2026, 6, 12, 6, 0, tzinfo=UTC)


@given(st.lists(st.sampled_from(Kind), max_size=12), st.randoms())
def test_events_in_any_order_and_number_give_one_standing(kinds: list[Kind], dice: Random) -> None:
    again = kinds * 3
    dice.shuffle(again)
    assert standing(again) == standing(kinds)


def test_a_complaint_is_above_a_hard_bounce_above_delivered_above_soft_above_accepted() -> None:
    ladder = [
        Kind.COMPLAINED,
        Kind.HARD_BOUNCED,
        Kind.DELIVERED,
        Kind.SOFT_BOUNCED,
        Kind.DROPPED,
        Kind.REFUSED,
        Kind.DEFERRED,
        Kind.ACCEPTED,
    ]
    for depth in range(len(ladder)):
        for order in permutations(ladder[depth : depth + 4]):
            assert standing(order) is ladder[depth]
    assert standing([Kind.UNSUBSCRIBED, Kind.UNKNOWN]) is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2026-w24.17", "2026-w24.17"),
        ("<2026-w24.17@news.example>", "2026-w24.17"),
        ("2026-w24-17", "2026-w24.17"),
        ("2026-W24.17", "2026-w24.17"),
        ("n.5", "n.5"),
        ("", None),
        ("custom-message-ID", None),
        ("2026-w24.17.eml", None),
        ("2026-w24.17; DROP", None),
        ("2026-w24.\N{ARABIC-INDIC DIGIT ONE}", None),
        (17, None),
        (None, None),
    ],
)
def test_the_key_is_found_however_it_travelled(text: object, key: str | None) -> None:
    assert key_of(text) == key


@pytest.mark.parametrize(
    ("kind", "code", "detail", "counts_as"),
    [
        (Kind.HARD_BOUNCED, "550 5.1.1", "no such user", Kind.HARD_BOUNCED),
        (Kind.HARD_BOUNCED, "550 5.1.10", None, Kind.HARD_BOUNCED),
        (Kind.HARD_BOUNCED, None, None, Kind.HARD_BOUNCED),
        (Kind.HARD_BOUNCED, "550 5.7.1", "policy", Kind.REFUSED),
        (Kind.HARD_BOUNCED, "550", "550-5.7.26 not authenticated", Kind.REFUSED),
        (Kind.SOFT_BOUNCED, "451 4.7.650", None, Kind.REFUSED),
        (Kind.HARD_BOUNCED, "552 5.2.2", "mailbox full", Kind.SOFT_BOUNCED),
        (Kind.HARD_BOUNCED, "450 4.1.1", None, Kind.SOFT_BOUNCED),
        (Kind.HARD_BOUNCED, "452", "full", Kind.SOFT_BOUNCED),
        (Kind.HARD_BOUNCED, "554 5.4.4", None, Kind.SOFT_BOUNCED),
        (Kind.HARD_BOUNCED, "550", "host 10.5.7.1 said no such user", Kind.HARD_BOUNCED),
        (Kind.COMPLAINED, "550 5.7.1", None, Kind.COMPLAINED),
        (Kind.DEFERRED, "451 4.7.1", None, Kind.DEFERRED),
    ],
)
def test_r25_only_what_is_about_the_mailbox_is_a_hard_bounce(
    kind: Kind, code: str | None, detail: str | None, counts_as: Kind
) -> None:
    told = MailEvent(kind=kind, source="ses", code=code, detail=detail)
    assert judged(told).kind is counts_as


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("550 5.1.1 no such user", "550 5.1.1"),
        ("smtp; 550 5.1.1 <a@b.example> unknown", "550 5.1.1"),
        ("550-5.1.1 two lines", "550 5.1.1"),
        ("sent (250 2.0.0 OK)", "2.0.0"),
        ("no codes in 2026", None),
        (None, None),
    ],
)
def test_the_codes_of_a_reply_are_found(words: str | None, code: str | None) -> None:
    assert code_in(words) == code


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (1_780_000_000, datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)),
        ("1780000000.5", datetime(2026, 5, 28, 20, 26, 40, 500_000, tzinfo=UTC)),
        (
            "2026-05-28T20:26:40.1234567Z",
            datetime(2026, 5, 28, 20, 26, 40, 123_456, tzinfo=UTC),
        ),
        ("2026-05-28T22:26:40+02:00", datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)),
        ("2026-05-28T20:26:40", None),
        ("soon", None),
        ("nan", None),
        (10**30, None),
        (True, None),
        ([], None),
    ],
)
def test_times_are_read_in_every_form_and_never_guessed(told: object, at: datetime | None) -> None:
    assert moment(told) == at


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(-301, False), (-299, True), (0, True), (299, True), (301, False)]
)
def test_a_signature_counts_for_five_minutes_both_ways(seconds: int, *, fresh: bool) -> None:
    told = str((NOW + timedelta(seconds=seconds)).timestamp())
    window = timedelta(minutes=5)
    if fresh:
        refuse_stale(told, window=window, now=NOW)
    else:
        with pytest.raises(ForgedError):
            refuse_stale(told, window=window, now=NOW)
    with pytest.raises(ForgedError):
        refuse_stale("data timestamp", window=window, now=NOW)
