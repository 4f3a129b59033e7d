"""A mail that came back, taken apart without trust: whatever its bytes are, this does not fail."""

import base64
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError, MissingHeaderBodySeparatorDefect
from email.header import decode_header
from email.message import Message
from html import unescape

LONGEST = 512_000  # bytes looked at; what a report says stands in front of the returned letter
_LONGEST_VALUE = 2_000  # characters of a header
_LONGEST_TEXT = 60_000  # characters of what is written for people
_MOST_PARTS = 40
_MOST_GROUPS = 50
_HIDDEN = re.compile(r"(?i)(<(?:style|script|head)\b|</(?:style|script|head)\b|<!--|-->)")
_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,200}>")
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+[=\s]*")

Fields = Mapping[str, str]
"""Header fields by their names in small letters; of a name that comes again, the first."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The parts of a mail that count.

    ``text`` is what is written for people. ``statuses`` are the groups of a delivery status
    (RFC 3464), the one about the message first; ``feedback`` the fields of a complaint (RFC 5965).
    ``returned`` is the begin of the letter that came back, as text, empty when it did not.
    """

    head: Fields
    content_type: str
    report_type: str
    text: str
    statuses: tuple[Fields, ...] = ()
    feedback: Fields | None = None
    returned: str = ""
    is_whole: bool = True


def open_mail(raw: bytes) -> Opened:
    """Take a mail apart; only the first `LONGEST` bytes are looked at."""
    begin = raw[:LONGEST].lstrip(b"\r\n")
    if b"\n" not in begin:  # some gateways end lines by CR alone
        begin = begin.replace(b"\r", b"\n")
    try:
        message = message_from_bytes(begin, policy=policy.compat32)
        return _opened(message, is_whole=len(raw) <= LONGEST)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # The standard parser gives up in all these ways on mail that was made to break it.
        return Opened(head={}, content_type="", report_type="", text="", is_whole=False)


def fields_of(text: str) -> Fields:
    """Read header fields out of text up to its first empty line, whatever else stands there."""
    found: dict[str, str] = {}
    name = ""
    for line in text.lstrip("\r\n").splitlines()[: _MOST_GROUPS * 10]:
        if not line.strip():
            break
        if line[0] in " \t":
            if name:
                found[name] = f"{found[name]} {line.strip()}"[:_LONGEST_VALUE]
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower() if colon else ""
        if name in found:
            name = ""
        elif name:
            found[name] = value.strip()[:_LONGEST_VALUE]
    return found


def _opened(message: Message, *, is_whole: bool) -> Opened:
    texts: list[str] = []
    pages: list[str] = []
    returned = ""
    statuses: tuple[Fields, ...] = ()
    feedback: Fields | None = None
    for part in _outer_parts(message):
        kind = part.get_content_type()
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            statuses = statuses or _groups(part)
        elif kind == "message/feedback-report":
            feedback = feedback or fields_of(_inner(part))
        elif kind.startswith("message/") or kind == "text/rfc822-headers":
            returned = returned or _inner(part)
        elif kind == "text/plain":
            texts.append(_text(part))
        elif kind == "text/html":
            pages.append(_without_tags(_text(part)))
    text = "\n".join(texts)
    return Opened(
        head=_head(message),
        content_type=message.get_content_type(),
        report_type=str(message.get_param("report-type") or "").lower(),
        text=(text if text.strip() else "\n".join(pages))[:_LONGEST_TEXT],
        statuses=statuses,
        feedback=feedback,
        returned=returned[:_LONGEST_TEXT],
        is_whole=is_whole,
    )


def _outer_parts(message: Message) -> Iterator[Message]:
    """Yield the leaves, but nothing out of a message within the message."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting[:0] = [child for child in payload if isinstance(child, Message)]
        else:
            yield part


def _groups(part: Message) -> tuple[Fields, ...]:
    """Return the groups of a delivery status; the parser makes a message of each (RFC 3464 2.1)."""
    blocks = re.split(r"\r?\n[ \t]*\r?\n", _inner(part).strip("\r\n"))
    found = [fields_of(block) for block in blocks[:_MOST_GROUPS]]
    return tuple(group for group in found if group)


def _inner(part: Message) -> str:
    """Return a part of fields or a message as text, whichever shape the parser gave it.

    The parser makes messages of what is in ``message/*`` and decodes nothing there: RFC 2046 allows
    no encoding, but RFC 6533 does, and some gateways encode whatever passes them.
    """
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _text(part)
    shown = [_shown(child) for child in payload if isinstance(child, Message)]
    inner = "\n\n".join(one.strip("\r\n") for one in shown)
    return _unwrapped(inner, str(part.get("Content-Transfer-Encoding", "")).strip().lower())


def _shown(child: Message) -> str:
    """Return a message as it stood, also where the parser took an encoded line for its text."""
    shown = child.as_string()
    is_split = any(isinstance(one, MissingHeaderBodySeparatorDefect) for one in child.defects)
    return shown.replace("\n\n", "\n", 1) if is_split else shown


def _unwrapped(inner: str, encoding: str) -> str:
    """Take base64 or quoted-printable off; what is not in it, whatever the header says, stays."""
    if encoding == "quoted-printable":
        raw = quopri.decodestring(inner.encode("utf-8", "surrogateescape"))
    elif encoding == "base64" and (found := _BASE64.fullmatch(inner)):
        raw = _base64("".join(found[0].split()))
    else:
        return inner
    return raw.decode("utf-8", "replace")


def _base64(letters: str) -> bytes:
    """Decode what may have been cut off in the middle, because it was too long."""
    whole = letters.rstrip("=")
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    return base64.b64decode(whole + "=" * (-len(whole) % 4))


def _text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    raw = raw[: _LONGEST_TEXT * 2]
    try:
        return raw.decode(str(part.get_content_charset() or "utf-8"))
    except (LookupError, ValueError):  # no such charset, or not written in it
        return raw.decode("utf-8", "replace")


def _without_tags(page: str) -> str:
    return unescape(_TAG.sub(" ", _BREAK.sub("\n", _without_hidden(page[:_LONGEST_TEXT]))))


def _without_hidden(page: str) -> str:
    """Leave out what no browser shows: style, scripts, the head, comments."""
    shown, *rest = _HIDDEN.split(page)
    for mark, words in zip(rest[::2], rest[1::2], strict=True):
        if mark.startswith("</") or mark == "-->":
            shown += words.partition(">")[2] if mark != "-->" else words
    return shown


def _head(message: Message) -> Fields:
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower()[:80], _decoded(_in_words(str(value)[:_LONGEST_VALUE])))
    return found


def _in_words(value: str) -> str:
    """Read the bytes that stand bare in a header: as UTF-8 (RFC 6532), or as old programs write."""
    if value.isascii():
        return value
    bare = value.encode("utf-8", "surrogateescape")
    try:
        return bare.decode()
    except UnicodeDecodeError:
        return bare.decode("latin-1")


def _decoded(value: str) -> str:
    """Return a header's value in plain text (RFC 2047), on one line."""
    if "=?" in value:
        try:
            value = "".join(
                piece.decode(charset or "ascii", "replace") if isinstance(piece, bytes) else piece
                for piece, charset in decode_header(value)
            )
        except (MessageError, LookupError, ValueError):
            return " ".join(value.split())
    return " ".join(value.encode("utf-8", "replace").decode().split())
