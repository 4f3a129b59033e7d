"""LMTP: hands letters to the mail store of this house, on the wire that SMTP uses (RFC 2033)."""

import ssl
from dataclasses import dataclass, field

from digest.limits import Port
from digest.providers.capabilities import EVERYTHING
from digest.providers.carrier import Connection
from digest.providers.line import Dial, Line
from digest.providers.reply import Reply
from digest.providers.session import SmtpSettings, SmtpTimeouts
from digest.providers.smtp import SmtpCarrier
from digest.providers.wire import Deadline, dial

_GREETING = b"EHLO "


@dataclass(frozen=True, kw_only=True)
class LmtpSettings:
    """How to reach the server; it stands in a network that you trust, and needs no login.

    ``in_flight`` and ``helo_name`` as for SMTP.
    """

    host: str = "localhost"
    port: Port = 24
    helo_name: str = ""
    timeouts: SmtpTimeouts = field(default_factory=SmtpTimeouts)


class LmtpCarrier:
    """Hands letters to one LMTP server.

    A letter has one recipient, so the answers after the dot are one, as in SMTP (RFC 2033 4.2).
    """

    name = "lmtp"
    capabilities = EVERYTHING

    def __init__(self, settings: LmtpSettings, *, dial: Dial = dial) -> None:
        self._smtp = SmtpCarrier(
            SmtpSettings(
                host=settings.host,
                port=settings.port,
                security="none",
                helo_name=settings.helo_name,
                timeouts=settings.timeouts,
            ),
            dial=_politely(dial),
        )

    def connect(self) -> Connection:
        """Give a connection; the server is called when the first letter comes."""
        return self._smtp.connect()

    def check(self) -> str | None:
        """Greet; return what stands in the way, or None."""
        return self._smtp.check()


def _politely(dial: Dial) -> Dial:
    """Return a way to connect to wires that greet as LMTP does."""

    def dial_lmtp(host: str, *, port: int, deadline: Deadline) -> Line:
        return _LmtpLine(dial(host, port=port, deadline=deadline))

    return dial_lmtp


class _LmtpLine:
    """A wire on which EHLO is called LHLO (RFC 2033 4.1); all else is SMTP."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def local_address(self) -> str:
        return self._line.local_address

    def send(
        self, *parts: bytes, deadline: Deadline, more: bool = False, size: int | None = None
    ) -> None:
        first, *others = parts
        if first.startswith(_GREETING):
            first = b"LHLO " + first.removeprefix(_GREETING)
        self._line.send(first, *others, deadline=deadline, more=more, size=size)

    def reply(self, *, deadline: Deadline, hurry: bool = False) -> Reply:
        return self._line.reply(deadline=deadline, hurry=hurry)

    def is_over(self) -> bool:
        return self._line.is_over()

    def stirs(self) -> bool:
        return self._line.stirs()

    def secure(self, context: ssl.SSLContext, *, host: str, deadline: Deadline) -> None:
        self._line.secure(context, host=host, deadline=deadline)

    def close(self) -> None:
        self._line.close()
