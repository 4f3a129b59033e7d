"""What large mailbox providers ask of bulk mail (R6-R22), rule by rule, on the bytes that leave."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from press import HOSTILE, MONDAY, issue, personaliser, reader

from digest.errors import UnfitError
from digest.mail.letter import Letter
from digest.mail.mime import SenderSettings, list_id_of
from digest.mail.single import Single, write_single
from digest.render.composed import ComposedIssue

WORDS = st.text(max_size=200) | st.sampled_from(HOSTILE)
SENDER = SenderSettings(
    from_name='Dive, "The"',
    from_address="news@bücher.example",
    reply_to="editor@digest.example",
    bounce_domain="bounce.digest.example",
)
TEXT = "Hello, Ünïcødé.\n.\n..\nFrom here on\n"


def letter(
    *, subject: str = "Cold reads", key: str = "2026-w24.7", number: int = 7,
    email: str = "ada@example.org", name: str | None = "Ada",
) -> Letter:  # fmt: skip
    composed = ComposedIssue(language="en", subject=subject, html=f"<p>{TEXT}</p>\n", text=TEXT)
    write = personaliser(composed, of=issue(), sender=SENDER)
    return write.letter(reader(number, email=email, name=name), key=key)


def notice(*, subject: str = "Please confirm", key: str = "n.5", name: str = "Ada") -> bytes:
    words = Single(newsletter="The Weekly Dive", subject=subject, text=TEXT, html=TEXT, date=MONDAY)
    return write_single(words, sender=SENDER, key=key, name=name, address="ada@example.org")


def raw(message: bytes) -> Message:
    return message_from_bytes(message, policy=policy.compat32)


def value(message: bytes, name: str) -> str:
    """Return the value of a header that must be there once."""
    (found,) = raw(message).get_all(name, [])
    return str(found)


def test_r6_the_way_out_is_one_https_address_and_then_one_mailto() -> None:
    found = value(letter().message, "List-Unsubscribe")
    assert re.fullmatch(r"<https://[^>\s]+>, <mailto:[^>\s]+>", found)
    assert "=?" not in found


@pytest.mark.parametrize(
    "url",
    ["", "digest.example/u", "javascript:x", "https://a b", "https://a>b", "https://ü.example/u",
     "https://a\r\nBcc: x", "https://" + "a" * 700],
)  # fmt: skip
def test_r6_an_address_that_would_break_the_header_is_refused(url: str) -> None:
    composed = ComposedIssue(language="en", subject="S", html=TEXT, text=TEXT)
    write = personaliser(composed, of=issue(), unsubscribe_url=url)
    with pytest.raises(UnfitError, match="public_url"):
        write.letter(reader(), key="k")


def test_r7_one_click_is_said_in_these_words_and_no_others() -> None:
    assert value(letter().message, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in letter().message


@given(WORDS)
def test_r13_the_list_is_named_by_the_same_ascii_identifier_in_every_issue(name: str) -> None:
    found = list_id_of(name, slug="weekly-dive", sender=SENDER)
    assert found.endswith("<weekly-dive.xn--bcher-kva.example>")
    assert re.fullmatch(r'("[ !#-\[\]-~]*" )?<[a-z0-9.-]+>', found)
    assert len(found) <= 255


def test_r14_the_feedback_id_has_four_fields_and_none_of_them_is_personal() -> None:
    one = value(letter().message, "Feedback-ID")
    other = value(letter(key="2026-w24.8", number=8, email="b@example.org").message, "Feedback-ID")
    assert one == other == "2026-W24:weekly-dive:digest:weekly-digest"
    assert 5 <= len(one.rpartition(":")[2]) <= 15


def test_r15_the_list_says_where_help_owner_and_archive_are() -> None:
    message = letter().message
    assert value(message, "List-Help") == value(message, "List-Owner")
    assert re.fullmatch(r"<mailto:[^>\s]+>", value(message, "List-Owner"))
    assert value(message, "List-Archive") == "<https://digest.example/archive>"
    assert "List-Post" not in raw(message)


def test_r16_notices_ask_for_no_automatic_answer_and_only_issues_are_bulk() -> None:
    assert value(notice(), "Auto-Submitted") == "auto-generated"
    assert value(notice(), "X-Auto-Response-Suppress") == "All"
    assert not {"Precedence", "List-Id", "List-Unsubscribe", "Feedback-ID"} & {*raw(notice())}
    assert value(letter().message, "Precedence") == "bulk"
    assert not {"Auto-Submitted", "X-Auto-Response-Suppress"} & {*raw(letter().message)}


@given(subject=WORDS, name=WORDS)
def test_r17_the_headers_that_must_be_there_are_there_once(subject: str, name: str) -> None:
    for message in (letter(subject=subject, name=name).message, notice(subject=subject, name=name)):
        for header in ("From", "Date", "Message-ID", "Subject", "To", "Reply-To", "MIME-Version"):
            assert value(message, header) or header == "Subject"
        assert parsedate_to_datetime(value(message, "Date")) == MONDAY


def test_r17_the_message_id_is_the_same_on_every_retry_and_else_nobodys() -> None:
    assert letter() == letter()
    assert value(letter().message, "Message-ID") == "<2026-w24.7@xn--bcher-kva.example>"
    others = {letter(key=f"2026-w24.{n}", number=n).message for n in range(20)}
    ids = {value(message, "Message-ID") for message in others}
    assert len(ids) == 20
    assert not any("ada" in found for found in ids)


@given(subject=WORDS, name=WORDS)
def test_r18_lines_are_short_end_in_crlf_and_begin_with_no_dot(subject: str, name: str) -> None:
    for message in (letter(subject=subject, name=name).message, notice(subject=subject, name=name)):
        assert message.isascii()
        assert b"\0" not in message
        assert message.endswith(b"\r\n")
        lines = message.split(b"\r\n")
        assert not any(set(line) & set(b"\r\n") for line in lines)
        assert not any(line.startswith(b".") for line in lines)
        assert max(map(len, lines)) <= 998
        body = message.partition(b"\r\n\r\n")[2].split(b"\r\n")
        assert max(map(len, body)) <= 76


@given(subject=WORDS, name=WORDS)
def test_r18_encoded_words_stand_where_they_may_and_stay_short(subject: str, name: str) -> None:
    head = letter(subject=subject, name=name).message.partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = head.replace("\r\n ", " ").split("\r\n")
    for line in unfolded:
        for word in re.findall(r"=\?utf-8\?[qb]\?[^? ]*\?=", line):
            assert len(word) <= 75
            assert line.startswith(("Subject: ", "To: "))
    (to,) = (line for line in unfolded if line.startswith("To: "))
    assert "=?" not in to.rpartition(" ")[2]  # never in the address itself (RFC 2047 5)


def test_r19_text_is_quoted_printable_and_domains_are_a_labels() -> None:
    sent = letter(email="ada@bücher.example")
    message = message_from_bytes(sent.message, policy=policy.default)
    assert isinstance(message, EmailMessage)
    parts = [*message.iter_parts()]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert message["From"].addresses[0].addr_spec == "news@xn--bcher-kva.example"
    assert message["To"].addresses[0].addr_spec == sent.recipient == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize("message", [letter().message, notice()], ids=["letter", "notice"])
def test_r20_text_stands_before_html_and_both_are_utf8(message: bytes) -> None:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed.get_content_type() == "multipart/alternative"
    parts = [*parsed.iter_parts()]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    assert parts[0].get_content().replace("\r\n", "\n") == TEXT
    assert not parsed.defects


def test_r21_a_bounce_comes_back_to_an_address_that_names_the_delivery() -> None:
    key = "2026-w24." + "9" * 36
    sent = letter(key=key)
    local, _, domain = sent.sender.partition("@")
    assert re.fullmatch(rf"b\+{re.escape(key)}-[a-z2-7]{{16}}", local)
    assert domain == "bounce.digest.example"
    assert len(local) == 64
    assert len(sent.sender) <= 254
    with pytest.raises(UnfitError):
        letter(key=key + "9")


@given(name=WORDS)
def test_r22_each_letter_is_for_one_person_only(name: str) -> None:
    sent = letter(name=name)
    parsed = message_from_bytes(sent.message, policy=policy.default)
    assert [one.addr_spec for one in parsed["To"].addresses] == [sent.recipient]
    assert not {"Cc", "Bcc", "Resent-To"} & {*parsed}
