"""The return path: an address that names a delivery, and that only we can have written."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import KEYRING

from digest.mail.returnpath import LONGEST_LOCAL, ReturnPath
from subscribers.tokens import Keyring

OURS = ReturnPath(domain="bounce.digest.example", keyring=KEYRING)
KEYS = st.from_regex(r"(202[6-9]-w[0-5][0-9]|n)\.[1-9][0-9]{0,18}", fullmatch=True)


@given(KEYS)
def test_r21_an_address_names_its_delivery_and_is_short_enough(key: str) -> None:
    address = OURS.address(key)
    local, _, domain = address.partition("@")
    assert re.fullmatch(r"b\+[a-z0-9.-]+-[a-z2-7]{16}", local)
    assert len(local) <= LONGEST_LOCAL
    assert domain == "bounce.digest.example"
    assert OURS.key_of(address) == key
    assert address == OURS.address(key)


@pytest.mark.parametrize(
    "change",
    [str.upper, str.title, lambda a: f"<{a}>", lambda a: f" {a} ", lambda a: f"{a[:-4]}.other"],
)
def test_what_relays_do_to_an_address_does_not_matter(change: Callable[[str], str]) -> None:
    assert OURS.key_of(change(OURS.address("2026-w24.123"))) == "2026-w24.123"


@given(KEYS, st.data())
def test_d6_any_change_makes_an_address_a_strangers(key: str, data: st.DataObject) -> None:
    address = OURS.address(key)
    place = data.draw(st.integers(0, address.index("@") - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c.lower() != address[place]))
    assert OURS.key_of(address[:place] + other + address[place + 1 :]) is None


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "b+@x", "b+-@x", "b+2026-w24.123@bounce.digest.example",
        "b+2026-w24.123-@bounce.digest.example", "b+2026-w24.123-aaaaaaaaaaaaaaaa@x",
        f"b+-{KEYRING.marker('')}@x", "b+" + "9" * 100_000 + "@x",
        ReturnPath(domain="x", keyring=Keyring((b"another secret",))).address("2026-w24.123"),
    ],
)  # fmt: skip
def test_a_forged_address_names_nothing(address: str) -> None:
    assert OURS.key_of(address) is None


@given(st.text(max_size=80))
def test_no_text_whatever_is_taken_for_an_address_of_ours(text: str) -> None:
    assert OURS.key_of(text) is None


def test_after_a_change_of_secret_bounces_of_old_letters_are_still_known() -> None:
    renewed = ReturnPath(domain="x.example", keyring=Keyring((b"a new secret", *KEYRING.secrets)))
    assert renewed.key_of(OURS.address("2026-w24.123")) == "2026-w24.123"
    assert OURS.key_of(renewed.address("2026-w24.123")) is None
