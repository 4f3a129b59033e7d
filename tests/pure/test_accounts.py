"""Roles, second factors, recovery codes, seals: what is decided about accounts."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from digest.accounts import tokens, totp
from digest.accounts.passwords import Passwords
from digest.accounts.roles import Role
from digest.accounts.seals import Seals
from digest.accounts.settings import ConsoleSettings
from digest.errors import UsageError
from digest.pages import WebSettings
from subscribers.tokens import Keyring

KEYRING = Keyring((b"the present secret of a test", b"the one before"))
# RFC 6238, appendix B, for SHA-1: of its eight digits the last six.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}
NOON = datetime(2026, 6, 12, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("second", "code"), RFC_CODES.items())
def test_the_codes_are_those_of_the_rfc(second: int, code: str) -> None:
    now = datetime.fromtimestamp(second, UTC)
    assert totp.code(RFC_SECRET, now=now) == code
    assert totp.step_of(code, secret=RFC_SECRET, now=now) == second // 30


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [(-31, False), (-30, True), (0, True), (29, True), (59, True), (60, False)],
)
def test_a_code_counts_in_its_own_half_minute_and_in_those_beside(
    seconds: int,
    counts: bool,  # noqa: FBT001 - a case of the table
) -> None:
    code = totp.code(RFC_SECRET, now=NOON)
    step = totp.step_of(code, secret=RFC_SECRET, now=NOON + timedelta(seconds=seconds))
    assert (step is not None) == counts


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-00001"])
def test_what_is_no_code_counts_never(typed: str) -> None:
    assert totp.step_of(typed, secret=RFC_SECRET, now=NOON) is None


def test_a_code_counts_no_second_time_nor_one_before_it() -> None:
    code = totp.code(RFC_SECRET, now=NOON)
    step = totp.step_of(code, secret=RFC_SECRET, now=NOON)
    assert step is not None
    assert totp.step_of(code, secret=RFC_SECRET, now=NOON, after=step) is None
    assert totp.step_of(code, secret=RFC_SECRET, now=NOON, after=step - 1) == step


def test_the_secret_needs_both_halves_and_survives_a_new_one_of_the_installation() -> None:
    new, old = totp.secrets_of(KEYRING, account_id=1, salt="a")
    [then] = totp.secrets_of(Keyring((b"the one before",)), account_id=1, salt="a")
    assert old == then
    others = [
        totp.secrets_of(KEYRING, account_id=account, salt=salt)[0]
        for account, salt in ((2, "a"), (1, "b"), (11, ""))
    ]
    assert len({new, old, *others}) == 5


def test_the_picture_names_newsletter_and_account_whatever_they_are_called() -> None:
    uri = totp.uri(RFC_SECRET, account="a&b?c", issuer="Dive: deep")
    assert uri == (
        "otpauth://totp/Dive%3A%20deep:a%26b%3Fc"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Dive%3A%20deep"
    )


def test_recovery_codes_are_typed_as_one_likes() -> None:
    codes = tokens.new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[2-9a-z]{4}(-[2-9a-z]{4}){2}", code) for code in codes)
    code = codes[0]
    kept = tokens.recovery_hash(code)
    assert {tokens.recovery_hash(one) for one in (code.upper(), code.replace("-", " "))} == {kept}
    assert tokens.recovery_hash(codes[1]) != kept


def test_each_role_may_do_what_those_before_it_may() -> None:
    roles = list(Role)
    for place, role in enumerate(roles):
        assert [role.reaches(needed) for needed in roles] == [n <= place for n in range(4)]


def test_a_seal_fits_one_text_and_one_use() -> None:
    form = Seals(keyring=KEYRING, use="form")
    before = Seals(keyring=Keyring((b"the one before",)), use="form")
    assert form.fits(form.seal("text"), "text")
    assert form.fits(before.seal("text"), "text")
    assert not before.fits(form.seal("text"), "text")
    for mark in ("", "é", form.seal("other"), Seals(keyring=KEYRING, use="said").seal("text")):
        assert not form.fits(mark, "text")


@pytest.mark.parametrize(
    "password", ["", "elevenchars", "aaaaaaaaaaaaaaaa", "x" * 1001, "anna likes cats"]
)
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(UsageError):
        Passwords(memory=64, passes=1).hash(password, name="Anna")


def test_a_password_is_the_same_from_every_keyboard() -> None:
    passwords = Passwords(memory=64, passes=1)
    kept = passwords.hash("a caf\u00e9 by the sea", name="anna")
    assert passwords.fits("a cafe\u0301 by the sea", kept)
    assert not passwords.fits("a cafe by the sea", kept)
    assert not passwords.fits("a caf\u00e9 by the sea", "no hash at all")


def test_a_page_is_named_by_the_address_at_which_it_can_be_reached() -> None:
    web = WebSettings(port=8026)
    shut, opened = ConsoleSettings(), ConsoleSettings(open=True)
    assert shut.url("/console/issues", web=web) == "http://127.0.0.1:8026/console/issues"
    assert opened.url("/console/issues", web=web) == "https://digest.example/console/issues"
