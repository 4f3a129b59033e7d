"""The start-up check that this Python writes and reads our letters as they are meant."""

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

from digest.errors import DigestError
from digest.mail.mime import Mailing, Mould, SenderSettings

_TOKEN = "0123456789" * 30
_LONG_ADDRESS = f"https://digest.example/u/{_TOKEN}"
# Some Pythons turn this title into a real Bcc line (CVE-2024-6923).
_INJECTION = "=?utf-8?q?hello=0D=0ABcc:_evil=40digest.example?="
_NEWSLETTER = 'Caf\u00e9, "the\r\nX-Evil: yes" =?utf-8?q?=0D=0ABcc:_a=40b?='
_BODY = ".one\nFrom here to \u00fc\nx0x <end>\n"
_SIGNATURE = "DKIM-Signature"
_HEADERS = (
    "To", "Message-ID", "List-Unsubscribe", "From", "Reply-To", "Subject", "Date", "List-Id",
    "List-Unsubscribe-Post", "List-Archive", "List-Help", "List-Owner", "Feedback-ID",
    "Precedence", "MIME-Version", "Content-Type",
)  # fmt: skip


class UnsafeMailError(DigestError):
    """This Python, or this build of Digest, does not write mail as it must be."""

    exit_code = 2


def self_test(*, sign: Callable[[bytes], bytes] | None = None) -> None:
    """Build a letter from hostile words, read it back, raise `UnsafeMailError` if it differs.

    ``sign`` is what signs letters here, if anything does.
    """
    letter = sign(_letter()) if sign else _letter()
    message = message_from_bytes(letter, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
    raw = message_from_bytes(letter, policy=policy.compat32)
    names = tuple(name for name in message if name != _SIGNATURE)
    text, html = (part.get_content() for part in message.iter_parts())
    wanted = {
        "header names": (names, _HEADERS),
        "subject": (message["Subject"], _INJECTION),
        "sender": (message["From"].addresses[0].addr_spec, "digest@digest.example"),
        "sender's name": (
            str(make_header(decode_header(raw["From"]))),
            'Caf\u00e9, "the X-Evil: yes" =?utf-8?q?=0D=0ABcc:_a=40b?= <digest@digest.example>',
        ),
        "unsubscribe address": (
            raw["List-Unsubscribe"],
            f"<{_LONG_ADDRESS}>, <mailto:digest@digest.example?subject=unsubscribe%20{_TOKEN}>",
        ),
        "text": (text.replace("\r\n", "\n"), _BODY.replace("x0x", "<ada>")),
        "markup": (html.replace("\r\n", "\n"), _BODY.replace("x0x", "&lt;ada&gt;")),
    }
    wrong = [name for name, (found, meant) in wanted.items() if found != meant]
    if wrong:
        raise UnsafeMailError(
            f"a test letter came out with another {', '.join(wrong)} than meant; nothing is sent."
            " Install the newest patch release of Python and run 'digest doctor'"
        )


def _letter() -> bytes:
    mailing = Mailing(
        newsletter=_NEWSLETTER,
        slug="self-test",
        period="2026-W01",
        subject=_INJECTION,
        text=_BODY,
        html=_BODY,
        date=datetime(2026, 1, 1, tzinfo=UTC),
        archive_url="https://digest.example/archive",
    )
    parts = Mould(mailing, sender=SenderSettings(), slots={"name": "x0x"}).fill(
        key="self-test.1",
        name=_INJECTION,
        address="ada@digest.example",
        unsubscribe_url=_LONG_ADDRESS,
        values={"name": "<ada>"},
    )
    return b"".join(parts)
