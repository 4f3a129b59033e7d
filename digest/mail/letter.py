"""A letter: one message for one person, ready to be handed over."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message and its envelope.

    ``message`` holds the finished bytes: CRLF line ends, no line over 998 octets, ASCII only, and
    no line that begins with a dot (`mail.mime` encodes such dots, and says so by ``dotless``), so no
    carrier needs to touch it. ``sender`` is the return path, ``recipient`` the one RCPT (RFC 5321). ``key`` is the
    delivery's own name, the same on every retry.
    """

    key: str
    sender: str
    recipient: str
    message: bytes
    dotless: bool = False
