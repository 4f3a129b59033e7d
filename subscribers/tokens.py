"""Tokens: links and codes that say who and what for, and that only we can have made."""

import hmac
import re
from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from hashlib import sha256

from subscribers.errors import ExpiredTokenError, TokenError

_MAC_BYTES = 16  # 128 bit, as 22 characters
_MAILBOX_BYTES = 10
_NUMBER = r"[1-9a-z][0-9a-z]{0,12}"
_SHAPE = re.compile(rf"({_NUMBER})(?:-({_NUMBER}))?\.([A-Za-z0-9_-]{{22}})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CODE_DIGITS = 6
_MARK_BYTES = 10  # 80 bit, as 16 characters: a return path has room for no more
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 6, in small letters
_PAIRS = tuple(first + second for first in _BASE32 for second in _BASE32)  # of ten bits each
_SHIFTS = range(8 * _MARK_BYTES - 10, -1, -10)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")  # RFC 4648 5
_BLOCK = 64  # octets of SHA-256
_LAST_SECOND = 253_402_300_799  # of the year 9999: later ones are no time to Python


class Purpose(StrEnum):
    """What a token is good for, and for nothing else; its number is a subscriber's id, if not said.

    Issues get forwarded, so the tokens in an issue must only ever be the first three.
    """

    UNSUBSCRIBE = "unsubscribe"
    PAUSE = "pause"
    ASK = "ask"  # for a fresh link to one's own address
    MANAGE = "manage"  # the fresh link: everything, for an hour
    CONFIRM = "confirm"  # a confirmation's id
    BROWSER = "browser"  # a confirmation's id, in the cookie of the browser that asked for it
    MOVE_BACK = "move back"  # a confirmation's id: undoes a change of address
    FORM = "form"  # the second (since 1970) in which a form was written


EXPIRING = frozenset(
    {Purpose.MANAGE, Purpose.CONFIRM, Purpose.BROWSER, Purpose.MOVE_BACK, Purpose.FORM}
)
"""The purposes whose tokens must have an end; the others work for ever."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What a token says: its number, and its end where it has one."""

    number: int
    until: datetime | None


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

    def sign(self, number: int, *, purpose: Purpose, until: datetime | None = None) -> str:
        """Make ``<number in base 36>.<22 characters>``: the same one every time.

        With ``until``, to the second, its end stands after the number (``<number>-<second>.<...>``)
        and is signed with it. Raises `ValueError` for a purpose of `EXPIRING` without an end.
        """
        if until is None:
            return self.signer(purpose)(number)
        name = f"{_base36(number)}-{_base36(int(until.timestamp()))}"
        return f"{name}.{_mac(self._keys[purpose][0], name)}"

    def signer(self, purpose: Purpose) -> Callable[[int], str]:
        """Return what signs one number after another (see `sign`), for a purpose without an end."""
        if purpose in EXPIRING:
            raise ValueError(f"a token to {purpose} needs an end")
        key = self._keys[purpose][0]

        def sign(number: int) -> str:
            name = _base36(number)
            return f"{name}.{_mac(key, name)}"

        return sign

    def read(self, token: str, *, purpose: Purpose, now: datetime | None = None) -> int:
        """Return the number (see `open`)."""
        return self.open(token, purpose=purpose, now=now).number

    def open(self, token: str, *, purpose: Purpose, now: datetime | None = None) -> Opened:
        """Return what a token says, or raise `TokenError`, which never repeats the token.

        One that was good and has ended raises `ExpiredTokenError`. ``now`` is needed wherever a
        token may have an end.
        """
        shape = _SHAPE.fullmatch(token)
        if not shape:
            raise TokenError("this link is damaged: a part of it is missing or was changed")
        number, end, mac = shape.groups()
        name = token.rpartition(".")[0]
        if not self._fits(name, mac, purpose):
            if any(self._fits(name, mac, other) for other in Purpose):
                raise TokenError("this link was made for something else")
            raise TokenError("this link is damaged, or was not made here")
        opened = Opened(number=int(number, 36), until=_moment(end) if end else None)
        _refuse_ended(opened, now=now)
        return opened

    def code(self, number: int, *, at: datetime) -> str:
        """Make the six digits for a confirmation: the same ones every time, with every zero.

        ``at`` is when it was asked for; it tells apart two rows that had the same id.
        """
        return _code(self._code_keys[0], number, at=at)

    def is_code(self, typed: str, number: int, *, at: datetime) -> bool:
        """Whether these are the six digits, under any secret; takes the same time either way."""
        given = "".join(typed.split()).encode()
        # A list: every secret is tried, so that the time does not tell which one was right.
        fits = [
            hmac.compare_digest(given, _code(key, number, at=at).encode())
            for key in self._code_keys
        ]
        return any(fits)

    @cached_property
    def marker(self) -> Callable[[str], str]:
        """What signs the name of a delivery: 16 of a-z and 2-7, since relays may fold case."""
        key = self._mark_keys[0]
        return lambda name: _mark(key, name)

    def is_mark(self, mark: str, name: str) -> bool:
        """Whether this is the mark of a delivery's name, under any secret."""
        given = mark.encode()
        return any(hmac.compare_digest(given, _mark(key, name).encode()) for key in self._mark_keys)

    def mailbox_keys(self, canonical: str) -> tuple[str, ...]:
        """Hash a canonical address under every secret; new rows are written with the first.

        The hash finds duplicates and suppressions without telling the address. It is keyed,
        because addresses can be guessed. Of its bits 80 tell all mailboxes apart, and keep the
        indexes small: as 20 hexadecimal digits.
        """
        message = canonical.encode()
        return tuple(key.of(message)[:_MAILBOX_BYTES].hex() for key in self._mailbox_keys)

    def budget_key(self, what: str) -> str:
        """Hash what an allowance belongs to (a network, a domain), as 32 hexadecimal digits."""
        return self._budget_key.of(what.encode()).hex()[:32]

    def _fits(self, name: str, mac: str, purpose: Purpose) -> bool:
        return any(hmac.compare_digest(mac, _mac(key, name)) for key in self._keys[purpose])

    @cached_property
    def _keys(self) -> "dict[Purpose, tuple[_Key, ...]]":
        return {purpose: self._derived(f"token {purpose}") for purpose in Purpose}

    @cached_property
    def _mailbox_keys(self) -> "tuple[_Key, ...]":
        return self._derived("mailbox")

    @cached_property
    def _code_keys(self) -> "tuple[_Key, ...]":
        return self._derived("code")

    @cached_property
    def _mark_keys(self) -> "tuple[_Key, ...]":
        return self._derived("return path")

    @cached_property
    def _budget_key(self) -> "_Key":
        return _derive(self.secrets[0], "budget")

    def _derived(self, purpose: str) -> "tuple[_Key, ...]":
        return tuple(_derive(secret, purpose) for secret in self.secrets)


class _Key:
    """Makes HMAC-SHA-256 values (RFC 2104) under one key, the key's own blocks hashed beforehand.

    Every letter and every imported row needs some. `hmac.digest` takes twice as long, and lets go
    of the interpreter each time, for which a thread among others then has to wait.
    """

    def __init__(self, key: bytes) -> None:
        block = key.ljust(_BLOCK, b"\0")  # a key is a digest, and shorter than a block
        self._inner = sha256(bytes(octet ^ 0x36 for octet in block))
        self._outer = sha256(bytes(octet ^ 0x5C for octet in block))

    def of(self, message: bytes) -> bytes:
        """Return the value for a message: 32 octets."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def _derive(secret: bytes, purpose: str) -> _Key:
    """Make a key of its own for each purpose, so that no value can stand in for another."""
    return _Key(hmac.digest(secret, f"digest 1 {purpose}".encode(), "sha256"))


def _mac(key: _Key, name: str) -> str:
    mac = b2a_base64(key.of(name.encode())[:_MAC_BYTES], newline=False)
    return mac.translate(_URL_SAFE, b"=").decode()


def _mark(key: _Key, name: str) -> str:
    mark = int.from_bytes(key.of(name.lower().encode())[:_MARK_BYTES])
    return "".join([_PAIRS[mark >> shift & 0x3FF] for shift in _SHIFTS])


def _code(key: _Key, number: int, *, at: datetime) -> str:
    message = f"{number} {at.astimezone(UTC).isoformat(timespec='microseconds')}"
    return f"{int.from_bytes(key.of(message.encode())) % 10**_CODE_DIGITS:0{_CODE_DIGITS}}"


def _refuse_ended(opened: Opened, *, now: datetime | None) -> None:
    if opened.until is None:
        return
    if now is None:
        raise ValueError("this token has an end: say what time it is")
    if now >= opened.until:
        message = "this link worked for a time that is over"
        raise ExpiredTokenError(message, number=opened.number, until=opened.until)


def _moment(end: str) -> datetime:
    return datetime.fromtimestamp(min(int(end, 36), _LAST_SECOND), UTC)


@lru_cache(maxsize=64)  # a letter has several tokens with one number
def _base36(number: int) -> str:
    if number < 1:
        raise ValueError(f"{number} is no id")
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
