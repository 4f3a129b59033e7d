"""The second factor: codes of six digits that change every 30 seconds (RFC 6238)."""

import hmac
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

from subscribers.tokens import Keyring

_STEP = 30  # seconds
_DIGITS = 6
_SECRET_BYTES = 20
_DRIFT = 1  # steps that a phone's clock may be wrong


def secrets_of(keyring: Keyring, *, account_id: int, salt: str) -> list[bytes]:
    """Return an account's secret, under each secret of the installation; the first is the new one.

    It is made of the installation's secret and of what the database keeps (``salt``), so that
    neither alone gives any code.
    """
    text = f"digest 1 second factor {account_id} {salt}".encode()
    return [hmac.digest(secret, text, "sha256")[:_SECRET_BYTES] for secret in keyring.secrets]


def step_of(code: str, *, secret: bytes, now: datetime, after: int = -1) -> int | None:
    """Return the step that a code is of, or None; one that is not ``after`` the last used is none.

    A code counts in its own 30 seconds and in those before and after.
    """
    given = "".join(code.split()).encode()
    current = int(now.timestamp()) // _STEP
    steps = range(current - _DRIFT, current + _DRIFT + 1)
    # A list: each is compared, so that the time does not tell which one was right.
    found = [step for step in steps if hmac.compare_digest(given, _code(secret, step).encode())]
    return next((step for step in found if step > after), None)


def code(secret: bytes, *, now: datetime) -> str:
    """Return the code of this moment."""
    return _code(secret, int(now.timestamp()) // _STEP)


def text_of(secret: bytes) -> str:
    """Return the secret as people type it into their app: base 32."""
    return b32encode(secret).decode()


def uri(secret: bytes, *, account: str, issuer: str) -> str:
    """Return what stands in the picture that the app reads (otpauth://)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    query = urlencode({"secret": text_of(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"


def _code(secret: bytes, step: int) -> str:
    """Cut six digits out of an HMAC (RFC 4226 5.3); SHA-1 is what every app understands."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 0x0F
    value = int.from_bytes(mac[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{value % 10**_DIGITS:0{_DIGITS}}"
