"""The bytes of a message: headers by our own encoder, bodies as quoted-printable, gaps filled."""

import quopri
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from press import HOSTILE

from digest.errors import ConfigurationError, UnfitError
from digest.mail import selftest
from digest.mail.headers import (
    clean,
    mailbox_line,
    structural_line,
    text_line,
    wire_address,
)
from digest.mail.mime import Mailing, Mould, SenderSettings
from digest.mail.quoted import encode, encode_line

WORDS = st.text(max_size=300) | st.sampled_from(HOSTILE)
HEADERS = [
    "To", "Message-ID", "List-Unsubscribe", "From", "Reply-To", "Subject", "Date", "List-Id",
    "List-Unsubscribe-Post", "List-Archive", "List-Help", "List-Owner", "Feedback-ID",
    "Precedence", "MIME-Version", "Content-Type",
]  # fmt: skip


def mailing(
    *, subject: str = "Cold reads", text: str = "Hi xSLOTx\n", newsletter: str = "The Weekly Dive"
) -> Mailing:
    return Mailing(
        newsletter=newsletter,
        slug="weekly-dive",
        period="2026-W24",
        subject=subject,
        text=text,
        html=f"<p>{text}</p>\n",
        date=datetime(2026, 6, 12, 5, 0, tzinfo=UTC),
        archive_url="https://digest.example/archive",
    )


def filled(
    common: Mailing,
    *,
    value: str = "",
    name: str | None = "Ada",
    sender: SenderSettings | None = None,
    url: str = "https://digest.example/u/1.abc",
) -> bytes:
    mould = Mould(common, sender=sender or SenderSettings(), slots={"slot": "xSLOTx"})
    parts = mould.fill(
        key="2026-w24.7",
        name=name,
        address="ada@example.org",
        unsubscribe_url=url,
        values={"slot": value},
    )
    return b"".join(parts)


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def decoded(line: bytes) -> str:
    """Read a header as RFC 2047 has it; the parser of some Pythons splits long names."""
    raw = message_from_bytes(line + b"\r\n", policy=policy.compat32)
    (value,) = raw.values()
    return str(make_header(decode_header(value.replace("\r\n", ""))))


@given(WORDS)
def test_a_subject_comes_back_as_it_was_cleaned(text: str) -> None:
    line = text_line("Subject", text)
    assert decoded(line) == clean(text, most=400)
    assert re.fullmatch(rb"(?:[ -~]{0,998}\r\n)+", line)
    assert all(part.startswith(b" ") for part in line.split(b"\r\n")[1:-1])


@given(WORDS)
def test_encoded_words_stay_within_75_octets(text: str) -> None:
    for line in text_line("Subject", text).split(b"\r\n"):
        assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?.*?\?=", line))
        if b"=?utf-8?" in line:
            assert len(line) <= 76


def test_plain_text_is_folded_at_blanks_and_never_encoded() -> None:
    line = text_line("Subject", "word " * 60)
    assert max(map(len, line.split(b"\r\n"))) <= 78
    assert b"=?" not in line


def test_text_that_looks_encoded_arrives_literally() -> None:
    title = "=?utf-8?q?hello=0D=0ABcc:_evil=40x?="
    message = read(filled(mailing(subject=title)))
    assert list(message.keys()) == HEADERS
    assert message["Subject"] == title


@given(WORDS)
def test_a_display_name_never_leaves_its_header(text: str) -> None:
    line = mailbox_line("To", display=text, address="ada@example.org")
    assert line.count(b"\r\n") == len(re.findall(rb"\r\n(?= |$)", line))
    message = message_from_bytes(line + b"\r\n", policy=policy.default)
    assert message.keys() == ["To"]
    (found,) = message["To"].addresses
    assert found.addr_spec == "ada@example.org"
    if "=?utf-8?" in line.decode():
        assert decoded(line) == f"{clean(text, most=400)} <ada@example.org>"
    else:
        assert found.display_name == clean(text, most=400)


@pytest.mark.parametrize("value", ["", "a\r\nBcc: x", "ü", "a\x00", " leading", "x" * 990])
def test_a_structural_header_takes_printable_ascii_only(value: str) -> None:
    with pytest.raises(UnfitError):
        structural_line("List-Owner", value)


def test_a_long_unsubscribe_address_is_neither_folded_nor_encoded() -> None:
    url = "https://digest.example/u/" + "0123456789" * 30
    message = filled(mailing(), url=url)
    by_mail = "mailto:digest@digest.example?subject=unsubscribe%20" + url.rpartition("/")[2]
    want = f"List-Unsubscribe: <{url}>, <{by_mail}>\r\n"
    assert want.encode() in message


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("o'brien+news@EXAMPLE.org", "o'brien+news@EXAMPLE.org"),
    ],
)
def test_a_domain_goes_out_as_a_label(address: str, wire: str) -> None:
    assert wire_address(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        "", "ada", "@example.org", "ada@", "jörg@example.org", "a b@example.org",
        "a..b@example.org",         "ada@exa mple.org", "ada@example.org\r\nBcc: x",
        "<ada>@example.org", "ada@-example.org",
        "a" * 65 + "@example.org", "ada@" + "a" * 64 + ".org", "ada@example..org",
        '"a b"@example.org',
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_written_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(UnfitError) as caught:
        wire_address(address)
    assert not address or address not in str(caught.value)


@given(WORDS)
def test_a_body_comes_back_and_keeps_its_lines_short(text: str) -> None:
    text = text.replace("\r", "").encode("utf-8", "replace").decode()
    body = encode(text)
    assert (
        quopri.decodestring(body).decode().replace("\r\n", "\n") == text.removesuffix("\n") + "\n"
    )
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert re.fullmatch(rb"[\t -~]*", line)
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


@pytest.mark.parametrize("width", range(70, 80))
def test_a_dot_that_wrapping_brings_to_the_front_is_encoded(width: int) -> None:
    wrapped = encode_line("x" * width + "." * 80 + "From x")
    assert quopri.decodestring(wrapped).decode() == "x" * width + "." * 80 + "From x"
    assert not re.search(rb"^\.", wrapped, re.MULTILINE)


@given(WORDS)
def test_a_value_in_a_gap_is_cleaned_and_breaks_nothing(value: str) -> None:
    message = filled(mailing(text="Hi xSLOTx!\n.xSLOTx\nxSLOTx\n"), value=value)
    parsed = read(message)
    text, html = (part.get_content() for part in parsed.iter_parts())
    shown = clean(value)
    assert text.replace("\r\n", "\n") == f"Hi {shown}!\n.{shown}\n{shown}\n"
    assert ("<" in shown) == ("&lt;" in html)
    assert parsed.keys() == HEADERS
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert not re.search(rb"(?m)^\.", message)
    body = message.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76


def test_text_stands_before_html_and_both_are_utf8_quoted_printable() -> None:
    parts = list(read(filled(mailing())).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert {part.get_content_charset() for part in parts} == {"utf-8"}


def test_the_headers_are_those_that_bulk_mail_needs() -> None:
    sender = SenderSettings(
        from_name='Dive, "The"',
        from_address="news@bücher.example",
        reply_to="editor@digest.example",
        owner_address="owner@digest.example",
        unsubscribe_address="leave@digest.example",
        list_id="dive.lists.digest.example",
    )
    message = read(filled(mailing(), sender=sender))
    assert message["From"].addresses[0].display_name == 'Dive, "The"'
    assert message["From"].addresses[0].addr_spec == "news@xn--bcher-kva.example"
    wanted = {
        "Reply-To": "editor@digest.example",
        "Message-ID": "<2026-w24.7@xn--bcher-kva.example>",
        "List-Id": '"The Weekly Dive" <dive.lists.digest.example>',
        "List-Unsubscribe": "<https://digest.example/u/1.abc>,"
        " <mailto:leave@digest.example?subject=unsubscribe%201.abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Archive": "<https://digest.example/archive>",
        "List-Help": "<mailto:owner@digest.example>",
        "Feedback-ID": "2026-W24:weekly-dive:digest:weekly-digest",
        "Precedence": "bulk",
        "Date": "Fri, 12 Jun 2026 05:00:00 +0000",
    }  # fmt: skip
    assert {name: str(message[name]) for name in wanted} == wanted


@given(newsletter=WORDS, subject=WORDS, name=WORDS)
def test_whatever_a_name_says_the_header_set_is_the_same(
    newsletter: str, subject: str, name: str
) -> None:
    message = read(filled(mailing(newsletter=newsletter, subject=subject), name=name))
    assert message.keys() == HEADERS
    assert message["To"].addresses[0].addr_spec == "ada@example.org"
    assert message["From"].addresses[0].addr_spec == "digest@digest.example"


@pytest.mark.parametrize("key", ["", "a b", "a@b", "a..b", ".a", "a.", "ä", "x" * 46, "a\r\nb"])
def test_a_key_that_cannot_stand_in_a_return_path_is_refused(key: str) -> None:
    mould = Mould(mailing(), sender=SenderSettings(), slots={"slot": "xSLOTx"})
    with pytest.raises(UnfitError):
        mould.fill(
            key=key,
            name=None,
            address="ada@example.org",
            unsubscribe_url="https://digest.example/u",
            values={"slot": ""},
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_address": ""},
        {"from_address": "nobody"},
        {"reply_to": "a b@example.org"},
        {"bounce_domain": "exa mple.org"},
        {"list_id": "a:b"},
        {"feedback_sender": "four"},
        {"feedback_sender": "has a blank"},
    ],
)
def test_settings_that_no_letter_could_carry_are_refused_by_name(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=rf"\[sender\] {next(iter(wrong))}"):
        SenderSettings(**wrong)


def test_the_self_test_passes_on_this_python() -> None:
    selftest.self_test()


def test_the_self_test_notices_a_header_that_got_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(name: str, text: str) -> bytes:
        return f"{name}: {text}\r\nBcc: evil@example.com\r\n".encode()

    monkeypatch.setattr("digest.mail.mime.text_line", careless)
    with pytest.raises(selftest.UnsafeMailError, match="header names"):
        selftest.self_test()
