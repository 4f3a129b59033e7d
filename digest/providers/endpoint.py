"""Where a mail provider's API is reached, and how long it may take: pure."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from digest.errors import ConfigurationError
from digest.limits import Pause, Seconds

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """How the APIs of mail providers are asked; each limit is a total, however the answer drips.

    ``patience`` is the longest wait that a provider may ask for before the letters are put off
    instead. ``ca_file`` replaces the system's authorities.
    """

    connect: Seconds = 15.0
    request: Seconds = 120.0
    answer: Seconds = 120.0
    patience: Pause = 30.0
    ca_file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Base:
    """The beginning of every address of one API; ``path`` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def read(cls, url: str, *, key: str) -> "Base":
        """Read an address that the setting ``key`` gives; http leads only to this machine.

        Raises `ConfigurationError`.
        """
        parts = urlsplit(url)
        try:
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError:
            port = 0
        if not (port and parts.hostname and parts.path.isascii()) or parts.query or parts.fragment:
            raise ConfigurationError(f"{key} takes an address like https://api.provider.example")
        if parts.username is not None:
            raise ConfigurationError(f"{key} must not hold a name or a password")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ConfigurationError(f"{key} would send letters and keys in clear; take https")
        path = parts.path.rstrip("/")
        return cls(scheme=parts.scheme, host=parts.hostname, port=port, path=path)

    @property
    def authority(self) -> str:
        """The host as its header names it."""
        is_default = self.port == _DEFAULT_PORTS[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if is_default else f"{host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def needed(value: str, *, key: str) -> str:
    """Return a secret that must be set and fit into a header, or raise `ConfigurationError`.

    ``key`` names the setting as ``[carrier.postmark] token``.
    """
    section, _, name = key.strip("[").partition("] ")
    variable = f"DIGEST_{section}__{name}_FILE".replace(".", "__").upper()
    if not value:
        raise ConfigurationError(f"{key} is empty; put it in a file that {variable} names")
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        raise ConfigurationError(f"{key} has characters that no key has; copy it anew")
    return value
