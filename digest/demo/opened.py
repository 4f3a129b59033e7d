"""A message as a mail program shows it: its line in the inbox, its two bodies, its headers."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import Header, decode_header, make_header
from email.message import Message as Parsed
from email.utils import parseaddr
from typing import Any, Literal

from digest.demo.mailbox import Message
from digest.sources.text import body_text, clean, cut

LINE_LENGTH = 140  # characters; a phone shows no more of a preheader
_SPACER = "\N{COMBINING GRAPHEME JOINER}"  # what newsletters put behind their preheader
_HEAD = re.compile(r".*?<body\b[^>]*>", re.IGNORECASE | re.DOTALL)
_HEAD_TAG = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width:0)", "(max-width:0)"

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What can be seen of a message; all of it is raw and has to be escaped in a page."""

    number: int
    sender: str
    sender_address: str
    recipients: str
    subject: str
    preheader: str
    html: str | None
    text: str | None
    headers: tuple[tuple[str, str], ...]
    source: str

    @property
    def size(self) -> int:
        """How many bytes the HTML body has; Gmail cuts it off after 102 KB."""
        return len((self.html or "").encode())

    def in_scheme(self, scheme: Scheme) -> str:
        """Return the HTML body as a mail program in light or in dark colours shows it.

        What this computer prefers plays no part. Links open outside of the page.
        """

        def answer(question: re.Match[str]) -> str:
            return _ALWAYS if question[1].lower() == scheme else _NEVER

        html = _SCHEME.sub(answer, self.html or "")
        extra = (
            f'<base target="_blank"><style>:root{{color-scheme:only {scheme}!important}}</style>'
        )
        head = _HEAD_TAG.search(html)
        place = head.end() if head else len(html)  # both work in a body too
        return html[:place] + extra + html[place:]


def open_message(message: Message) -> Opened:
    """Return what can be seen of a message, however broken it is."""
    parsed = message_from_bytes(message.content)
    name, address = parseaddr(str(parsed["from"] or ""))
    html, text = _body(parsed, "text/html"), _body(parsed, "text/plain")
    return Opened(
        number=message.number,
        sender=_readable(name) or clean(address) or "(no sender)",
        sender_address=clean(address),
        recipients=clean(", ".join(message.recipients)),
        subject=_readable(parsed["subject"] or "") or "(no subject)",
        preheader=_preheader(html, text=text),
        html=html,
        text=text,
        headers=tuple((clean(name), _readable(value)) for name, value in parsed.items()),
        source=message.content.decode("utf-8", "replace"),
    )


def _readable(value: str | Header) -> str:
    """Decode encoded words (RFC 2047); what cannot be decoded is shown as it came."""
    try:
        return clean(str(make_header(decode_header(value))))
    except (MessageError, LookupError, ValueError):
        return clean(str(value))


def _body(parsed: "Parsed[Any, Any]", content_type: str) -> str | None:
    """Return the first part of this type, as text."""
    for part in parsed.walk():
        if part.get_content_type() == content_type and not part.is_multipart():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return _decode(content, charset=part.get_content_charset("utf-8"))
    return None


def _decode(content: bytes, *, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _preheader(html: str | None, *, text: str | None) -> str:
    """Return the line that a phone shows under the subject: where the body begins."""
    line = body_text(_HEAD.sub("", html, count=1)) if html else clean(text or "")
    return cut(line.split(_SPACER)[0].strip(), length=LINE_LENGTH)
