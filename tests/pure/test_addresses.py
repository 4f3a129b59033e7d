"""Addresses: what is refused and why, what is kept, and when two are one mailbox."""

import csv
import json
import re
import time
from pathlib import Path

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from subscribers.addresses import _PLAIN, Mailbox, mask
from subscribers.errors import AddressError
from subscribers.text import one_line

plainish = st.from_regex(
    r"[A-Za-z0-9._+'-]{1,70}@[A-Za-z0-9.-]{1,30}\.(com|org|test|local|ARPA|x|xn--p1ai|c0m)",
    fullmatch=True,
)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.Love+tag@Example.ORG ", "Ada.Love+tag@example.org"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("Ada L. <Ada@Example.org>", "Ada@example.org"),
        ("<ada@example.org>", "ada@example.org"),
        ("MAILTO:ada@example.org", "ada@example.org"),
        ("\u00a0ada@example.org", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ada@例え.jp", "ada@xn--r8jz45g.jp"),
        ("a!#$%&*/=?^_`{|}~@example.org", "a!#$%&*/=?^_`{|}~@example.org"),
        ("a@" + "b" * 63 + ".org", "a@" + "b" * 63 + ".org"),
        ("l" * 64 + "@example.org", "l" * 64 + "@example.org"),
    ],
)
def test_an_address_is_kept_as_it_goes_on_the_wire(typed: str, address: str) -> None:
    assert Mailbox.parse(typed).address == address


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("ada", "@"),
        ("ada@", "after the @"),
        ("@example.org", "before the @"),
        ("ada@localhost", "period"),
        ("ada@example", "period"),
        ("ada@host.local", "special-use"),
        ("ada@host.test", "special-use"),
        ("ada@127.0.0.1", "not valid"),
        ("ada@[127.0.0.1]", "IP address"),
        ("ada..l@example.org", "two periods"),
        (".ada@example.org", "period"),
        ("a b@example.org", "SPACE"),
        ('"a b"@example.org', "[Qq]uot"),
        ("Ada <ada@example.org> <eve@example.org>", "invalid"),
        ("Ada <>", "not an email"),
        ("Ada\r\nBcc: x <ada@example.org>", "line breaks"),
        ("ada@example.org, grace@example.org", "@"),
        ("ada@example.org\r\nBcc: eve@example.org", "line breaks"),
        ("ada\n@example.org", "line breaks"),
        ("ada@example.org\x00", "control"),
        ("ada\u2028@example.org", "line breaks"),
        ("ada\ud800@example.org", "control"),
        ("ada\u202e@example.org", "U\\+202E|unsafe|invalid"),
        ("l" * 65 + "@example.org", "too long"),
        ("a@" + "b" * 64 + ".org", "too many"),
        ("a@" + "b.c" * 90 + ".org", "too long"),
        ("ada@ex\u0430mple.org", "mixes alphabets"),
        ("ada@xn--exmple-4nf.org", "mixes alphabets"),
        ("ada@-example.org", "hyphen"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(AddressError) as error:
        Mailbox.parse(typed)
    assert re.search(why, str(error.value)), str(error.value)
    assert "ada" not in str(error.value)
    assert "eve@" not in str(error.value)


@pytest.mark.parametrize(
    "domain", ["東京タワーtokyo.jp", "한국abc.kr", "bücher.example", "россия.рф"]
)
def test_scripts_that_belong_together_may_stand_together(domain: str) -> None:
    assert Mailbox.parse(f"ada@{domain}").domain.startswith("xn--")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.org", "ada@example.ORG"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("e\u0301mile@example.org", "\u00c9mile@example.org"),
        ("stra\u00dfe@example.org", "STRASSE@example.org"),
    ],
)
def test_spellings_of_one_mailbox_share_a_canonical_form(one: str, other: str) -> None:
    assert Mailbox.parse(one).canonical == Mailbox.parse(other).canonical


def test_dots_and_tags_are_other_mailboxes() -> None:
    forms = {Mailbox.parse(a).canonical for a in ("a.b@x.org", "ab@x.org", "ab+c@x.org")}
    assert len(forms) == 3


def test_a_local_part_beyond_ascii_is_kept_and_flagged() -> None:
    assert Mailbox.parse("émile@example.org").needs_smtputf8
    assert not Mailbox.parse("emile@bücher.example").needs_smtputf8


def test_a_mask_shows_one_character_and_the_domain() -> None:
    assert Mailbox.parse("reader@example.org").masked == "r***@example.org"
    assert mask("r@example.org") == "r***@example.org"


@given(plainish)
def test_the_short_way_accepts_nothing_that_the_long_way_refuses(text: str) -> None:
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        with pytest.raises(AddressError):
            Mailbox.parse(text)
    else:
        assert Mailbox.parse(text).domain == found.ascii_domain


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        mailbox = Mailbox.parse(text)
    except AddressError:
        return
    assert Mailbox.parse(mailbox.address) == mailbox
    assert not re.search(r"[\s\x00-\x1f<>,]", mailbox.address)


@given(st.text())
def test_one_line_is_one_clean_line(text: str) -> None:
    line = one_line(text, limit=20)
    assert len(line) <= 20
    assert line == one_line(line, limit=20)
    assert len(line.splitlines()) <= 1
    assert "\x00" not in line
    line.encode()


def test_a_million_plain_addresses_need_seconds_not_minutes() -> None:
    addresses = [f"reader.{n}+tag@mail{n % 50}.example.org" for n in range(20_000)]
    assert all(_PLAIN.fullmatch(address) for address in addresses)
    began = time.perf_counter()
    for address in addresses:
        Mailbox.parse(address)
    short = time.perf_counter() - began
    began = time.perf_counter()
    for address in addresses[:200]:
        validate_email(address, check_deliverability=False)
    long = (time.perf_counter() - began) * 100
    assert short < long / 5


def test_odd_addresses_of_real_exports_are_judged_as_listed(shared_data: Path) -> None:
    folder = shared_data / "subscribers"
    wanted = json.loads((folder / "expected.json").read_text())["nasty_addresses.csv"]
    with (folder / "nasty_addresses.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["Name"]: row["Email"] for row in csv.DictReader(file)}
    for name, address in wanted["must_accept"].items():
        assert Mailbox.parse(rows[name]).canonical == address
    for name in wanted["must_reject"]:
        with pytest.raises(AddressError):
            Mailbox.parse(rows[name])
