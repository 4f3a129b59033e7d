"""What an SMTP conversation needs of the wire it speaks on, and how one is had."""

import ssl
from typing import Protocol

from digest.providers.reply import Reply
from digest.providers.wire import Deadline


class Line(Protocol):
    """One TCP connection (see `Wire`)."""

    @property
    def local_address(self) -> str:
        """This end as an address literal."""
        ...

    def send(
        self, *parts: bytes, deadline: Deadline, more: bool = False, size: int | None = None
    ) -> None:
        """Send all parts, of ``size`` octets if that is known, or raise `WireError`."""
        ...

    def reply(self, *, deadline: Deadline, hurry: bool = False) -> Reply:
        """Read one whole reply, or raise `WireError`."""
        ...

    def is_over(self) -> bool:
        """Tell whether the server closed."""
        ...

    def stirs(self) -> bool:
        """Tell whether the server closed or spoke although it was not asked."""
        ...

    def secure(self, context: ssl.SSLContext, *, host: str, deadline: Deadline) -> None:
        """Start TLS, or raise `WireError`."""
        ...

    def close(self) -> None:
        """Close without a word."""
        ...


class Dial(Protocol):
    """Connects to a host, or raises `WireError`."""

    def __call__(self, host: str, *, port: int, deadline: Deadline) -> Line:
        """Return the connection."""
        ...
