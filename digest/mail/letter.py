"""A letter: one message for one person, ready to be handed over."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message and its envelope.

    ``message`` holds the finished bytes: CRLF line ends, no line over 998 octets, ASCII only.
    ``dotless``: surely no line begins with a dot (`mail.mime` encodes them), so no carrier needs to
    look. ``sender`` is the return path, ``recipient`` the one RCPT (RFC 5321). ``key`` is the
    delivery's own name, the same on every retry.
    """

    key: str
    sender: str
    recipient: str
    message: bytes
    dotless: bool = False
