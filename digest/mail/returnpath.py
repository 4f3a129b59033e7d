"""The return path: each letter's own address for what comes back, signed, so that we believe it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from subscribers.tokens import Keyring

LONGEST_LOCAL = 64  # octets (RFC 5321 4.5.3.1.1)
_FIRST = "b+"


@dataclass(frozen=True, kw_only=True)
class ReturnPath:
    """Writes ``b+<key>-<mark>@<domain>`` (VERP) and reads it; safe to share between threads.

    The key names a delivery (``2026-w24.123``), the mark is ours alone (`Keyring.mark`). Without
    it, anybody who can count could write a bounce for every reader.
    """

    domain: str
    keyring: Keyring

    @cached_property
    def address(self) -> Callable[[str], str]:
        """What makes a delivery's return path out of its key; every letter needs one."""
        mark, domain = self.keyring.marker, self.domain

        def address(key: str) -> str:
            return f"{_FIRST}{key}-{mark(key)}@{domain}"

        return address

    def key_of(self, address: str) -> str | None:
        """Return the delivery's key, in lower case; None when we did not write this address.

        Relays may have changed the case of its letters. The domain does not count: a bounce may
        come in by another name of ours, and the mark tells whose it is.
        """
        local = address.strip(" <>").rpartition("@")[0].lower()
        if len(local) > LONGEST_LOCAL or not local.startswith(_FIRST) or not local.isascii():
            return None
        key, _, mark = local.removeprefix(_FIRST).rpartition("-")
        return key if key and self.keyring.is_mark(mark, key) else None
