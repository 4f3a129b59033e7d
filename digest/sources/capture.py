"""What a source answered, as it came: kept to be looked at, and never to be run or followed."""

import re
import zlib
from dataclasses import dataclass
from email.message import Message

from digest.http import Response

_MEDIA = 200  # characters, as the database keeps
_UNSHOWN = re.compile(r"[^\n\t\x20-\x7e\u00a0-\U0010ffff]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FALLBACK = "utf-8"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a site answered: the HTTP status, and the body where there was one.

    ``size`` is how many bytes it had; ``content`` is its beginning, folded by zlib.
    """

    status: int
    media: str = ""
    size: int = 0
    content: bytes = b""

    @classmethod
    def of(cls, response: Response, *, most: int) -> "Answer":
        """Keep so many bytes of an answer, at most."""
        body = response.content
        return cls(
            status=response.status,
            media=response.headers.get("content-type", "")[:_MEDIA],
            size=len(body),
            content=zlib.compress(body[:most]) if body and most else b"",
        )


def unfolded(content: bytes) -> bytes:
    """Return the bytes of a kept body."""
    return zlib.decompress(content) if content else b""


def as_text(body: bytes, *, media: str) -> str:
    """Return a body as text that does nothing: no control characters, no turned lines.

    It is read in the character set that its Content-Type names, else as UTF-8; what does not fit
    becomes "�".
    """
    try:
        text = body.decode(_charset(media), "replace")
    except LookupError:  # a character set that nobody knows
        text = body.decode(_FALLBACK, "replace")
    return _UNSHOWN.sub("\ufffd", text.replace("\r\n", "\n"))


def _charset(media: str) -> str:
    header = Message()
    header["Content-Type"] = media.replace("\n", " ").replace("\r", " ")
    return header.get_content_charset(_FALLBACK)
