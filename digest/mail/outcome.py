"""What became of handing a letter over, in six words that every carrier speaks."""

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """The whole vocabulary; whatever a carrier cannot place is `UNKNOWN`."""

    ACCEPTED = "accepted"  # the other side said that it has the letter
    RETRY = "retry"  # it surely has not; trying again is safe
    REFUSED = "refused"  # it surely has not, and never will take it for this recipient
    CONFIG = "config"  # our fault or the sender's standing: pause, touch nobody
    UNKNOWN = "unknown"  # it may or may not have the letter: never sent again by itself
    WITHDRAWN = "withdrawn"  # we stopped before the point of no return


class Stage(StrEnum):
    """How far the conversation had come (RFC 5321 words; an API call is one stage, `REQUEST`)."""

    CONNECT = "connect"
    GREETING = "greeting"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    TEXT = "text"
    DOT = "dot"
    REPLY = "reply"
    REQUEST = "request"


class Outcome(NamedTuple):
    """A verdict with its facts; nearly every letter has one of its own.

    ``code`` is the reply code (SMTP or HTTP), ``enhanced`` the RFC 3463 code, ``text`` the reply
    without addresses. ``counted`` is False when the fault lay with the connection and the try
    must not count against the recipient. ``retry_after`` is for how many seconds the other side
    asked to be left alone, where it said so.
    """

    verdict: Verdict
    stage: Stage
    code: int | None = None
    enhanced: str | None = None
    text: str = ""
    counted: bool = True
    retry_after: float | None = None

    @property
    def reply(self) -> str | None:
        """The codes in one word, as ``550 5.1.1``."""
        parts = [str(part) for part in (self.code, self.enhanced) if part]
        return " ".join(parts) or None
