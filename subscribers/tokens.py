"""Tokens: links that say who and what for, and that only we can have made."""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from subscribers.errors import TokenError

_MAC_BYTES = 16  # 128 bit, as 22 characters
_SHAPE = re.compile(r"([1-9a-z][0-9a-z]{0,12})\.([A-Za-z0-9_-]{22})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """What a token is good for, and for nothing else.

    Issues get forwarded, so the token in an issue must only ever be an unsubscribe token.
    """

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"


@dataclass(frozen=True)
class Keyring:
    """The secrets of an installation: the first one signs, all of them verify.

    To change a secret, put the new one in front and keep the old ones: links in mail that has
    been sent must work for ever, and hashed mailboxes are found under the secret of their time.
    """

    secrets: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a ring without secrets."""
        if not self.secrets or not all(self.secrets):
            raise ValueError("a keyring needs at least one secret, and none may be empty")

    def sign(self, subscriber_id: int, *, purpose: Purpose) -> str:
        """Make ``<id in base 36>.<22 characters>``: the same one every time, valid for ever."""
        name = _base36(subscriber_id)
        return f"{name}.{_mac(self._keys[purpose][0], name)}"

    def read(self, token: str, *, purpose: Purpose) -> int:
        """Return the subscriber's id, or raise `TokenError`, which never repeats the token."""
        shape = _SHAPE.fullmatch(token)
        if not shape:
            raise TokenError("this link is damaged: a part of it is missing or was changed")
        name, mac = shape.groups()
        if self._fits(name, mac, purpose):
            return int(name, 36)
        if any(self._fits(name, mac, other) for other in Purpose):
            raise TokenError("this link was made for something else")
        raise TokenError("this link is damaged, or was not made here")

    def mailbox_keys(self, canonical: str) -> tuple[str, ...]:
        """Hash a canonical address under every secret; new rows are written with the first.

        The hash finds duplicates and suppressions without telling the address. It is keyed,
        because addresses can be guessed.
        """
        message = canonical.encode()
        return tuple(hmac.digest(key, message, "sha256").hex() for key in self._mailbox_keys)

    def _fits(self, name: str, mac: str, purpose: Purpose) -> bool:
        return any(hmac.compare_digest(mac, _mac(key, name)) for key in self._keys[purpose])

    @cached_property
    def _keys(self) -> dict[Purpose, tuple[bytes, ...]]:
        return {
            purpose: tuple(_derive(secret, f"token {purpose}") for secret in self.secrets)
            for purpose in Purpose
        }

    @cached_property
    def _mailbox_keys(self) -> tuple[bytes, ...]:
        return tuple(_derive(secret, "mailbox") for secret in self.secrets)


def _derive(secret: bytes, purpose: str) -> bytes:
    """Make a key of its own for each purpose, so that no value can stand in for another."""
    return hmac.digest(secret, f"digest 1 {purpose}".encode(), "sha256")


def _mac(key: bytes, name: str) -> str:
    mac = hmac.digest(key, name.encode(), "sha256")[:_MAC_BYTES]
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def _base36(number: int) -> str:
    if number < 1:
        raise ValueError(f"{number} is no id")
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
