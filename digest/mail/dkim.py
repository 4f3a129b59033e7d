"""DKIM (RFC 6376, RFC 8463): signs finished letters, when no relay does it for us."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.errors import ConfigurationError
from digest.mail.headers import ascii_domain

SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Feedback-ID",
)  # fmt: skip
"""What a signature covers, both list headers of one-click unsubscribe with it (RFC 8058 4).

Each is named once more than it occurs: none can be added on the way (RFC 6376 5.4.2).
"""

_SELECTOR = re.compile(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE
)
_FOLDED = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_ROW = 3  # names of headers on one line
_LINE = 72  # characters of base64 on one line of the header


@dataclass(frozen=True, kw_only=True)
class DkimSettings:
    """The keys with which we sign; without a key file nothing is signed.

    ``domain``: empty means that of ``[sender] from_address``. ``selector`` names an RSA key in
    DNS, ``key_file`` is its private half in PEM. ``ed25519_selector`` and ``ed25519_key_file`` are
    a second, short key for a second signature.
    """

    domain: str = ""
    selector: str = "digest"
    key_file: Path | None = None
    ed25519_selector: str = "digest-ed25519"
    ed25519_key_file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what DNS could not answer for."""
        for name in ("selector", "ed25519_selector"):
            if not _SELECTOR.fullmatch(getattr(self, name)):
                raise ConfigurationError(f"[dkim] {name} takes letters, digits, '-' and '.'")
        if self.selector.casefold() == self.ed25519_selector.casefold():
            raise ConfigurationError(
                "[dkim] ed25519_selector must not be the selector of the RSA key"
            )
        if self.domain:
            ascii_domain(self.domain)

    @property
    def is_on(self) -> bool:
        """Whether letters are signed here."""
        return bool(self.key_file or self.ed25519_key_file)

    @property
    def key_files(self) -> tuple[Path, ...]:
        """The files that hold private keys."""
        return tuple(filter(None, (self.key_file, self.ed25519_key_file)))


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: its name in DNS, the algorithm's name in signatures, and what is published of it.

    ``sign`` takes the SHA-256 of what is to be signed.
    """

    domain: str
    selector: str
    algorithm: str
    published: str
    sign: Callable[[bytes], bytes]

    @property
    def record(self) -> tuple[str, str]:
        """The TXT record to publish: its name, and its text in strings of at most 255 octets."""
        text = f"v=DKIM1; k={self.algorithm.partition('-')[0]}; p={self.published}"
        strings = (text[at : at + 255] for at in range(0, len(text), 255))
        quoted = " ".join(f'"{string}"' for string in strings)
        return f"{self.selector}._domainkey.{self.domain}", quoted


class Signer:
    """Signs with every key there is; safe to share between threads."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = tuple(keys)

    def sign(self, message: bytes) -> bytes:
        """Return the message with its signatures on top; its bytes may not change any more.

        The body is signed as it is (``c=relaxed/simple``): ours has no trailing blanks, no long
        lines and no empty end, which is all that relays are known to mend.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        body_hash = b64encode(hashlib.sha256(body).digest()).decode("ascii")
        fields = _fields(head)
        named, covered = _covered(fields)
        lines = b"".join(
            _signature(key, body_hash=body_hash, named=named, covered=covered) for key in self.keys
        )
        return lines + message


def _fields(head: bytes) -> dict[bytes, list[bytes]]:
    """Return the headers by name, each in relaxed form (RFC 6376 3.4.2), in their order."""
    fields: dict[bytes, list[bytes]] = {}
    for line in _FOLDED.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        relaxed = name + b":" + _BLANKS.sub(b" ", value.strip(b" \t"))
        fields.setdefault(name, []).append(relaxed)
    return fields


def _covered(fields: dict[bytes, list[bytes]]) -> tuple[str, bytes]:
    """Return the value of h=, and the headers it stands for, the last of a name first."""
    names, covered = [], []
    for name in SIGNED:
        found = fields.get(name.lower().encode("ascii"), [])
        names += [name] * (len(found) + 1)
        covered += [*reversed(found)]
    rows = (":".join(names[at : at + _ROW]) for at in range(0, len(names), _ROW))
    return ":\r\n  ".join(rows), b"".join(line + b"\r\n" for line in covered)


def _signature(key: Key, *, body_hash: str, named: str, covered: bytes) -> bytes:
    """Write one DKIM-Signature header over these headers and its own words."""
    words = (
        f"v=1; a={key.algorithm}; c=relaxed/simple; d={key.domain}; s={key.selector};",
        f"bh={body_hash};",
        f"h={named};",
        "b=",
    )
    header = "\r\n ".join(("DKIM-Signature:", *words)).encode("ascii")
    (own,) = _fields(header)[b"dkim-signature"]
    signature = b64encode(key.sign(hashlib.sha256(covered + own).digest())).decode("ascii")
    lines = (signature[at : at + _LINE] for at in range(0, len(signature), _LINE))
    return header + "\r\n  ".join(lines).encode("ascii") + b"\r\n"
