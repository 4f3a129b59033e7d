"""How mail that comes back reaches us: by a pipe always, by LMTP or out of a mailbox if set up."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from digest.errors import ConfigurationError
from digest.limits import Count, PortOrAny, Seconds


@dataclass(frozen=True, kw_only=True)
class MailboxSettings:
    """The mailbox that is asked for bounces; none without a ``kind``.

    ``port`` 0 takes the usual one. ``security`` "starttls" refuses a server that does not offer
    it; "none" is for this machine alone. ``ca_file`` replaces the system's authorities. What was
    read is moved to the folder ``done`` (IMAP), or, when that is empty, marked as seen; POP3 has
    no folders: there it is deleted, unless ``keep``. ``most`` messages are read at one visit.
    """

    kind: Literal["", "imap", "pop3"] = ""
    host: str = ""
    port: PortOrAny = 0
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    folder: str = "INBOX"
    done: str = ""
    keep: bool = False
    most: Count = 500
    timeout_seconds: Seconds = 60

    def __post_init__(self) -> None:
        """Refuse a mailbox without a host, and to say a password in clear."""
        if self.kind and not (self.host and self.username):
            raise ConfigurationError(
                "[bounces.mailbox] kind needs a host, a username and a password; or empty it"
            )
        if self.security == "none" and self.host and not is_loopback(self.host):
            raise ConfigurationError(
                "[bounces.mailbox] security = 'none' would send the password in clear;"
                " take tls or starttls"
            )


@dataclass(frozen=True, kw_only=True)
class BounceSettings:
    """Where mail that comes back is taken; a pipe to ``digest bounce receive`` needs nothing here.

    ``lmtp_host`` and ``lmtp_port`` are where ``digest bounce listen`` listens, on this machine
    alone: whoever can speak to it needs no password.
    """

    lmtp_host: str = "127.0.0.1"
    lmtp_port: PortOrAny = 2424
    mailbox: MailboxSettings = field(default_factory=MailboxSettings)

    def __post_init__(self) -> None:
        """Refuse to listen for anybody else."""
        if not is_loopback(self.lmtp_host):
            raise ConfigurationError(
                "[bounces] lmtp_host must be an address of this machine, as 127.0.0.1"
            )


def is_loopback(host: str) -> bool:
    """Whether a host is surely this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
