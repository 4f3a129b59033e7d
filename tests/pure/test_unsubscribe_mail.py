"""An unsubscribe by mail: whom it is from, and which mail is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import KEYRING

from subscribers.tokens import Keyring, Purpose
from subscribers.unsubscribe_mail import reader_of, subject_for

TOKEN = KEYRING.sign(42, purpose=Purpose.UNSUBSCRIBE)


def mail(subject: str, *headers: str, body: str = "") -> bytes:
    lines = (f"Subject: {subject}", "From: somebody@else.example", *headers, "", body)
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    "subject",
    [
        subject_for(TOKEN),
        f"  UNSUBSCRIBE   {TOKEN}  ",
        TOKEN,
        f"Re: unsubscribe {TOKEN}",
        f"unsubscribe\r\n {TOKEN}",
        f"=?utf-8?q?unsubscribe_{TOKEN.replace('_', '=5F')}?=",
    ],
)
def test_the_subject_of_the_mailto_link_names_the_reader(subject: str) -> None:
    assert reader_of(mail(subject), keyring=KEYRING) == 42


def test_what_a_mail_program_does_to_letters_is_no_matter_of_the_sender() -> None:
    message = mail(subject_for(TOKEN), "Auto-Submitted: no", "Precedence: bulk")
    assert reader_of(message, keyring=KEYRING) == 42


@pytest.mark.parametrize(
    "message",
    [
        mail(subject_for(TOKEN), "Auto-Submitted: auto-replied"),
        mail(subject_for(TOKEN), "Precedence: auto_reply"),
        mail("Great issue", body=f"https://digest.example/u/{TOKEN}"),
        mail("unsubscribe"),
        mail(subject_for(TOKEN[:-1])),
        mail(subject_for(f"{TOKEN}x")),
        mail(subject_for(KEYRING.sign(42, purpose=Purpose.PAUSE))),
        mail(subject_for(Keyring((b"another",)).sign(42, purpose=Purpose.UNSUBSCRIBE))),
        b"",
        b"\x00\xff",
        b"Subject: " + b"x" * 1_000_000,
    ],
)
def test_no_other_mail_takes_anybody_off_the_list(message: bytes) -> None:
    assert reader_of(message, keyring=KEYRING) is None


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_it(noise: bytes) -> None:
    assert reader_of(noise, keyring=KEYRING) is None
    assert reader_of(b"Subject: =?x?b?" + noise, keyring=KEYRING) is None
