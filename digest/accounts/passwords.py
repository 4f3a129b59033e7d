"""Passwords: hashed with argon2id, checked in the same time for names that do not exist."""

import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from digest.errors import UsageError

SHORTEST, LONGEST = 12, 1000  # characters
_MEMORY, _PASSES, _LANES = 19_456, 2, 1  # KiB, as OWASP asks for at least
_AT_ONCE = 2  # so that many tries together fill neither memory nor processors


class Passwords:
    """Makes and checks hashes; built once, and safe to share between threads.

    ``memory`` is in KiB. Each hash remembers its own cost, so that another one can be chosen later.
    """

    def __init__(self, *, memory: int = _MEMORY, passes: int = _PASSES) -> None:
        self._hasher = PasswordHasher(
            memory_cost=memory, time_cost=passes, parallelism=_LANES, hash_len=32, salt_len=16
        )
        self._turn = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str, *, name: str) -> str:
        """Return what is kept of a password; raises `UsageError` for one that is easily guessed."""
        password = _normal(password)
        if not SHORTEST <= len(password) <= LONGEST:
            raise UsageError(
                f"a password has {SHORTEST} to {LONGEST} characters; four words that have nothing"
                " to do with each other are good"
            )
        if len(set(password)) < SHORTEST // 2 or name.casefold() in password.casefold():
            raise UsageError("this password repeats a few characters, or the account's name")
        with self._turn:
            return self._hasher.hash(password)

    def fits(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; where nothing is kept it takes as long to say no."""
        password, nobody = _normal(password)[:LONGEST], self._nobody
        with self._turn:
            try:
                is_it = self._hasher.verify(kept or nobody, password)
            except (Argon2Error, InvalidHashError):
                return False
        return is_it and kept is not None

    @cached_property
    def _nobody(self) -> str:
        """The hash of a password that nobody has."""
        return self._hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    """Let the same keys mean the same on every keyboard (RFC 8265 4.2)."""
    return unicodedata.normalize("NFC", password)
