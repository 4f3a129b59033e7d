"""The scorecard of a letter on its raw bytes: what providers, relays and mail programs are sent."""

import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader
from email.message import EmailMessage, Message
from functools import cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from newsroom import FRIDAY, MONDAY, newsroom
from people import KEYRING
from press import HOSTILE, composer, issue, personaliser, post, reader

from digest.editions.issue import Issue, NewsletterSettings
from digest.mail.dkim import DkimSettings, Signer
from digest.mail.keys import load_signer
from digest.mail.letter import Letter
from digest.mail.mime import SenderSettings
from digest.mail.returnpath import ReturnPath
from digest.providers.envelope import Envelope, Lines
from digest.render.composed import ComposedIssue
from digest.render.lint import lint

LONG_URL = "https://digest.example/u/" + "0123456789" * 27 + "abcde"  # 300 characters
SENDER = SenderSettings(bounce_domain="bounce.digest.example", reply_to="editor@digest.example")
NASTY = (
    "Ada " * 120, "Ünïcødé " * 90, "e\u0301" * 900, "مرحبا (بالعالم). " * 40, "x" * 2_000,
    "a\r\nBcc: evil@example.com\r\n\r\n.\r\nQUIT", ".\r.\n..",
    "=?utf-8?q?a=0D=0ABcc:_b?=", '"\\" <a@b>,',
    *(word for word in HOSTILE if "\r" in word or "\n" in word or "=?" in word),
)  # fmt: skip


@cache
def composed(newsletter: str) -> tuple[Issue, ComposedIssue]:
    of = issue(newsletter=NewsletterSettings(name=newsletter))
    return of, composer().compose(of, language="en")


def letter(
    *,
    subject: str | None = None,
    name: str = "Ada",
    newsletter: str = "The Weekly Dive",
    number: int = 1,
    sign: Callable[[bytes], bytes] | None = None,
    unsubscribe_url: str | None = LONG_URL,
) -> Letter:
    """Write a whole letter, whose subject and names are given."""
    of, said = composed(newsletter)
    said = replace(said, subject=said.subject if subject is None else subject)
    write = personaliser(said, of=of, sender=SENDER, sign=sign, unsubscribe_url=unsubscribe_url)
    return write.letter(reader(number, name=name), key=f"2026-w24.{number}")


def raw(message: bytes) -> Message:
    return message_from_bytes(message, policy=policy.compat32)


def relayed(message: bytes) -> bytes:
    """Send it through a relay: dots doubled and taken away again, a trace on top (RFC 5321 4.4)."""
    stuffed = re.sub(rb"(?m)^\.", b"..", message)
    unstuffed = re.sub(rb"(?m)^\.", b"", stuffed)
    return b"Received: from a by b; Fri, 12 Jun 2026 05:00:00 +0000\r\n" + unstuffed


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    path = tmp_path_factory.mktemp("keys") / "rsa.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return load_signer(DkimSettings(key_file=path), domain="digest.example")


def is_good(signer: Signer, message: bytes) -> bool:
    (_, record) = signer.keys[0].record
    published = "".join(re.findall(r'"([^"]*)"', record)).encode()
    try:
        return bool(dkim.verify(message, dnsfunc=lambda *_, **__: published))
    except dkim.DKIMException:
        return False


def test_d1_a_way_out_of_three_hundred_characters_is_written_whole(signer: Signer) -> None:
    assert len(LONG_URL) == 300
    message = letter(sign=signer.sign).message
    (line,) = re.findall(rb"(?m)^List-Unsubscribe: (.*)\r$", message)
    assert re.fullmatch(rb"<https://[^>\s]+>, <mailto:[^>\s]+>", line)
    assert f"<{LONG_URL}>".encode() in line
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in message
    parsed = message_from_bytes(message, policy=policy.default)
    assert str(parsed["List-Unsubscribe"]).startswith(f"<{LONG_URL}>, <mailto:")
    assert "=?" not in str(parsed["List-Unsubscribe"])


def test_d2_the_signature_covers_the_list_headers_and_outlives_a_relay(signer: Signer) -> None:
    message = letter(sign=signer.sign, name="Ünïcødé " * 20).message
    (covered,) = re.findall(rb"\bh=([^;]*);", message.partition(b"\r\nTo: ")[0])
    names = re.sub(rb"\s", b"", covered).split(b":")
    assert {b"List-Unsubscribe", b"List-Unsubscribe-Post", b"Feedback-ID"} <= set(names)
    assert names.count(b"From") == 2
    assert is_good(signer, message)
    assert is_good(signer, relayed(message))


@pytest.mark.parametrize("name", ["List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"])
def test_d2_a_list_header_that_was_altered_breaks_the_signature(signer: Signer, name: str) -> None:
    message = relayed(letter(sign=signer.sign).message)
    altered = re.sub(rf"(?m)^{name}: ".encode(), f"{name}: x".encode(), message)
    assert altered != message
    assert not is_good(signer, altered)
    assert not is_good(signer, message.replace(b"\r\nFrom: ", b"\r\nFrom: <a@b.example>\r\nFrom: "))


@pytest.mark.parametrize("words", NASTY, ids=lambda words: repr(words[:16]))
def test_d4_whatever_is_said_the_bytes_keep_to_the_rules(signer: Signer, words: str) -> None:
    message = letter(subject=words, name=words, newsletter=words, sign=signer.sign).message
    parsed = raw(message)
    for name in ("From", "To", "Date", "Message-ID", "Subject", "List-Id", "Feedback-ID", "Sender"):
        assert len(parsed.get_all(name, [])) == (name != "Sender"), name
    assert parsed["Bcc"] is None
    assert len(parsed["List-Id"]) <= 255
    assert re.fullmatch(r'("[^"\\]*" )?<[a-z0-9.-]+>', parsed["List-Id"])
    assert re.fullmatch(r"2026-W24:[a-z0-9-]+:digest:weekly-digest", parsed["Feedback-ID"])
    assert {parsed[name] for name in ("List-Help", "List-Owner")} == {
        "<mailto:digest@digest.example>"
    }
    assert_plain(message)
    assert is_good(signer, relayed(message))
    assert_read(message)


def assert_plain(message: bytes) -> None:
    """Printable ASCII in lines of at most 998 octets, none with a dot in front (R18)."""
    lines = message.split(b"\r\n")
    assert lines.pop() == b""
    assert all(re.fullmatch(rb"[\t -~]{0,998}", line) for line in lines)
    assert not any(line.startswith(b".") for line in lines)
    head = message.partition(b"\r\n\r\n")[0]
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ ]*\?=", head))


def assert_read(message: bytes) -> None:
    """Let the strict parser find one address in each place, and no defect."""
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    for name, address in (("To", "ada@example.org"), ("From", "digest@digest.example")):
        header = parsed[name]
        assert isinstance(header, AddressHeader)
        assert [one.addr_spec for one in header.addresses] == [address]
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


def test_d6_the_return_path_is_signed_and_names_the_delivery_and_reports_are_asked_for() -> None:
    returns = ReturnPath(domain="bounce.digest.example", keyring=KEYRING)
    first, second = letter(number=1), letter(number=2)
    for sent in (first, second):
        local, _, domain = sent.sender.partition("@")
        assert local.startswith("b+")
        assert len(local) <= 64
        assert domain == "bounce.digest.example"
        assert returns.key_of(sent.sender) == sent.key
        assert returns.key_of(sent.sender.replace("2026-w24", "2026-w25")) is None
        asked, unasked = Envelope({"DSN": ""}).write(sent), Envelope({}).write(sent)
        assert isinstance(asked, Lines)
        assert isinstance(unasked, Lines)
        assert f"RET=HDRS ENVID={sent.key}" in asked.mail
        assert "NOTIFY=FAILURE,DELAY ORCPT=rfc822;" in asked.rcpt
        assert (unasked.mail, unasked.rcpt) == (
            f"MAIL FROM:<{sent.sender}>",
            f"RCPT TO:<{sent.recipient}>",
        )
    assert first.sender != second.sender


def test_b10_of_sixty_posts_with_long_addresses_the_rest_is_one_link() -> None:
    tail = "part-of-a-path/" * 100
    of = issue(
        [
            post(
                n,
                title=f"Post {n} of many",
                url=f"https://blog.example/{n}/{tail}",
                summary="So. " * 60,
            )
            for n in range(60)
        ]
    )
    made = composer(full_posts=60).compose(of, language="en")
    assert made.folded > 0
    assert len(made.html.encode()) < 100_000
    assert re.search(
        rf'<a [^>]*href="https://digest.example/24#more"[^>]*>{made.folded} more posts online</a>',
        made.html,
    )
    assert [str(found) for found in lint(of, made) if found.is_error] == []


def test_b11_a_broken_template_is_named_before_anything_leaves(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure('[app]\ntemplates = "own"\n')
        broken = room.folder / "own" / "edition" / "weekly" / "footer.j2"
        broken.parent.mkdir(parents=True)
        broken.write_text("<p>\n{% if %}\n</p>", encoding="utf-8")
        room.call(capsys, "source", "add", room.blog("Counting"), "--at", MONDAY)
        room.call(capsys, "fetch", "--at", FRIDAY)
        shown = room.call(capsys, "preview", "--no-open", "--at", FRIDAY, code=3)
        checked = room.call(capsys, "check", "--offline", "--at", FRIDAY, code=None)
        for ended in (shown, checked):
            assert "edition/weekly/footer.j2:2" in ended.out
        assert room.mail.accepted == []
