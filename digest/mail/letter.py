"""A letter: one message for one person, ready to be handed over."""

from collections.abc import Mapping
from typing import NamedTuple

from digest.mail.sheet import Sheet


class Letter(NamedTuple):
    """One message and its envelope.

    ``parts``, one behind the other, are the finished bytes: CRLF line ends, no line over 998
    octets, ASCII only. Letters of one variant share most of them, so that they are copied only
    once, into the kernel. ``dotless``: surely no line begins with a dot (`mail.mime` encodes
    them), so no carrier needs to look. ``sender`` is the return path, ``recipient`` the one RCPT
    (RFC 5321). ``key`` is the delivery's own name, the same on every retry.

    For a carrier that fills in the words itself, ``sheet`` stands in for the bytes: ``values`` has
    a value for every hole in it, and ``name`` is the reader's, or empty.
    """

    key: str
    sender: str
    recipient: str
    parts: tuple[bytes, ...] = ()
    dotless: bool = False
    name: str = ""
    sheet: Sheet | None = None
    values: Mapping[str, str] | None = None

    @property
    def message(self) -> bytes:
        """The finished bytes in one piece."""
        return b"".join(self.parts)

    @property
    def size(self) -> int:
        """How many octets the message has."""
        return sum(map(len, self.parts))
