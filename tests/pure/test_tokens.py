"""Tokens: made by us, for one purpose, for one person, and working for ever."""

import hmac
import logging
import string
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.errors import ExpiredTokenError, TokenError
from subscribers.tokens import EXPIRING, Keyring, Purpose

RING = Keyring((b"the secret of the tests, long enough",))
OTHER = Keyring((b"another secret of the tests",))
END = datetime(2026, 6, 14, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
IDS = st.integers(min_value=1, max_value=2**63 - 1)


@given(IDS, st.sampled_from(sorted(set(Purpose) - EXPIRING)))
def test_a_token_names_its_subscriber(subscriber_id: int, purpose: Purpose) -> None:
    token = RING.sign(subscriber_id, purpose=purpose)
    assert RING.read(token, purpose=purpose) == subscriber_id
    assert token == RING.sign(subscriber_id, purpose=purpose)
    assert set(token) <= set(string.ascii_letters + string.digits + "._-")
    assert len(token) <= 36


def test_s5_a_token_holds_128_bits_that_nobody_can_guess() -> None:
    assert len(RING.sign(1, purpose=Purpose.UNSUBSCRIBE).partition(".")[2]) * 6 >= 128


@given(IDS, st.data())
def test_any_change_breaks_a_token(subscriber_id: int, data: st.DataObject) -> None:
    token = RING.sign(subscriber_id, purpose=Purpose.UNSUBSCRIBE)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[place]))
    with pytest.raises(TokenError):
        RING.read(token[:place] + other + token[place + 1 :], purpose=Purpose.UNSUBSCRIBE)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:0],
        lambda t: t[:-1],
        lambda t: t + "A",
        lambda t: t + "\n",
        lambda t: " " + t,
        lambda t: "0" + t,
        lambda t: "+" + t,
        lambda t: t.upper(),
        lambda t: t.replace(".", ""),
        lambda t: t * 1000,
        lambda t: "\u0661" + t[1:],
        lambda t: t[:3] + "\x00",
    ],
)
def test_a_damaged_token_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(TokenError, match="damaged"):
        RING.read(change(RING.sign(77, purpose=Purpose.UNSUBSCRIBE)), purpose=Purpose.UNSUBSCRIBE)


def test_s5_a_digest_link_opens_nothing_else() -> None:
    token = RING.sign(7, purpose=Purpose.UNSUBSCRIBE)
    with pytest.raises(TokenError, match="something else"):
        RING.read(token, purpose=Purpose.MANAGE)


def test_a_token_of_another_installation_is_refused() -> None:
    with pytest.raises(TokenError, match="not made here"):
        OTHER.read(RING.sign(7, purpose=Purpose.UNSUBSCRIBE), purpose=Purpose.UNSUBSCRIBE)


def test_an_error_never_repeats_the_token() -> None:
    token = OTHER.sign(7, purpose=Purpose.UNSUBSCRIBE)
    for bad in (token, token[:-3], token + "xyz"):
        with pytest.raises(TokenError) as error:
            RING.read(bad, purpose=Purpose.UNSUBSCRIBE)
        assert bad not in str(error.value)
        assert bad.partition(".")[2][:8] not in str(error.value)


def test_after_a_change_of_secret_old_links_still_work() -> None:
    old = RING.sign(7, purpose=Purpose.UNSUBSCRIBE)
    rotated = Keyring((b"the new secret", *RING.secrets))
    assert rotated.read(old, purpose=Purpose.UNSUBSCRIBE) == 7
    new = rotated.sign(7, purpose=Purpose.UNSUBSCRIBE)
    assert new != old
    with pytest.raises(TokenError):
        RING.read(new, purpose=Purpose.UNSUBSCRIBE)


def test_mailboxes_are_hashed_under_every_secret_and_the_first_one_writes() -> None:
    rotated = Keyring((b"the new secret", *RING.secrets))
    keys = rotated.mailbox_keys("ada@example.org")
    assert keys[1:] == RING.mailbox_keys("ada@example.org")
    assert keys[0] != keys[1]
    assert all(len(key) == 20 for key in keys)
    assert keys != rotated.mailbox_keys("adb@example.org")


@pytest.mark.parametrize("secrets", [(), (b"",), (b"fine", b"")])
def test_a_ring_without_a_secret_is_refused(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="secret"):
        Keyring(secrets)


def test_a_ring_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("%r %s", RING, RING)
    assert "secret of the tests" not in caplog.text


@pytest.mark.parametrize("number", [0, -1])
def test_only_real_ids_are_signed(number: int) -> None:
    with pytest.raises(ValueError, match="no id"):
        RING.sign(number, purpose=Purpose.UNSUBSCRIBE)


@given(IDS, st.sampled_from(sorted(EXPIRING)))
def test_a_token_with_an_end_works_until_then(number: int, purpose: Purpose) -> None:
    token = RING.sign(number, purpose=purpose, until=END)
    assert RING.open(token, purpose=purpose, now=END - SECOND).until == END
    assert RING.read(token, purpose=purpose, now=END - SECOND) == number
    with pytest.raises(ExpiredTokenError) as error:
        RING.read(token, purpose=purpose, now=END)
    assert (error.value.number, error.value.until) == (number, END)


@pytest.mark.parametrize("purpose", sorted(EXPIRING))
def test_s5_what_must_end_is_not_signed_without_an_end(purpose: Purpose) -> None:
    with pytest.raises(ValueError, match="needs an end"):
        RING.sign(7, purpose=purpose)


def test_the_end_cannot_be_moved() -> None:
    token = RING.sign(7, purpose=Purpose.MANAGE, until=END)
    later = RING.sign(7, purpose=Purpose.MANAGE, until=END + SECOND)
    forged = f"{later.partition('.')[0]}.{token.partition('.')[2]}"
    for bad in (forged, f"7.{token.partition('.')[2]}"):
        with pytest.raises(TokenError):
            RING.read(bad, purpose=Purpose.MANAGE, now=END - SECOND)


def test_s5_no_purpose_opens_what_another_was_made_for() -> None:
    for made in Purpose:
        token = RING.sign(7, purpose=made, until=END)
        for asked in set(Purpose) - {made}:
            with pytest.raises(TokenError, match="something else"):
                RING.read(token, purpose=asked, now=END - SECOND)


@given(IDS)
def test_a_code_has_six_digits_and_belongs_to_one_request(number: int) -> None:
    code = RING.code(number, at=END)
    assert len(code) == 6
    assert code.isdecimal()
    assert RING.is_code(f" {code[:3]} {code[3:]} ", number, at=END)
    assert code == RING.code(number, at=END)
    assert not RING.is_code(code[:5], number, at=END)


def test_codes_differ_by_request_by_time_and_by_secret_and_outlive_a_change_of_secret() -> None:
    codes = {RING.code(n, at=END + n * SECOND) for n in range(1, 500)}
    assert len(codes) > 490
    assert OTHER.code(7, at=END) != RING.code(7, at=END)
    rotated = Keyring((b"the new secret", *RING.secrets))
    assert rotated.is_code(RING.code(7, at=END), 7, at=END)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "\u0661\u0662\u0663456", "x" * 100_000])
def test_what_is_no_code_never_fits(typed: str) -> None:
    assert not RING.is_code(typed, 7, at=END)


@given(IDS)
def test_the_signature_is_hmac_as_the_standard_library_makes_it(number: int) -> None:
    key = hmac.digest(RING.secrets[0], b"digest 1 token unsubscribe", "sha256")
    name, _, mac = RING.sign(number, purpose=Purpose.UNSUBSCRIBE).partition(".")
    expected = hmac.digest(key, name.encode(), "sha256")[:16]
    assert urlsafe_b64decode(mac + "==") == expected
