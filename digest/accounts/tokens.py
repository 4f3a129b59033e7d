"""What is given out once and kept as a hash only: sessions, sign-in links, recovery codes."""

import secrets
from hashlib import sha256

_BYTES = 32
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
_CODES, _GROUPS, _GROUP = 10, 3, 4  # 59 bit each


def new_token() -> str:
    """Return 256 random bits, as 43 characters."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """Return what is kept: the token is random, so nothing slower makes it harder to guess."""
    return sha256(token.encode()).hexdigest()


def new_recovery_codes() -> list[str]:
    """Return ten codes, as "k3wm-x7pd-92ab"."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(_CODES)]


def recovery_hash(code: str) -> str:
    """Return what is kept of a recovery code, however it is typed."""
    return hash_of("".join(letter for letter in code.lower() if letter in _LETTERS))


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_GROUP))
