"""Quoted-printable by our own hand: short lines, CRLF, no leading dot, no trailing blank."""

import re
from collections.abc import Iterator

LONGEST = 75  # plus the soft break's "=" makes RFC 2045's 76
_PLAIN = re.compile(r"(?!\.|From )[!-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")  # nothing to do
_UNSAFE = re.compile(rb"[^\t -<>-~]")
_ESCAPE = 3  # "=2E"
SOFT_BREAK = b"=\r\n"


def encode(text: str) -> bytes:
    """Encode text of many lines; every line ends with CRLF."""
    lines = text.removesuffix("\n").split("\n")
    return b"".join(encode_line(line) + b"\r\n" for line in lines)


def encode_line(text: str) -> bytes:
    """Encode text without line breaks, wrapped by soft breaks; it may stand for part of a line.

    No physical line begins with a dot (which SMTP would double) or with "From " (which mailboxes
    would quote), and none ends with a blank.
    """
    if _PLAIN.fullmatch(text):
        return text.encode("ascii")
    escaped = _UNSAFE.sub(_escape, text.encode())
    if escaped[-1:] in {b" ", b"\t"}:
        escaped = escaped[:-1] + b"=%02X" % escaped[-1]
    return SOFT_BREAK.join(_physical_lines(escaped))


def _physical_lines(escaped: bytes) -> Iterator[bytes]:
    start = 0
    while True:
        head = b""
        if escaped.startswith((b".", b"From "), start):
            head = b"=%02X" % escaped[start]
            start += 1
        end = start + LONGEST - len(head)
        if end >= len(escaped):
            yield head + escaped[start:]
            return
        split = escaped.rfind(b"=", end - _ESCAPE + 1, end)
        end = split if split >= 0 else end
        yield head + escaped[start:end]
        start = end


def _escape(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0]
