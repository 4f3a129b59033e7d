"""What every provider's webhook has in common: the request, its proof, and its time."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from digest.mail.event import MailEvent
from digest.providers.hooks.settings import PasswordHookSettings

Table = Mapping[str, Any]
"""An object of JSON."""

Fetch = Callable[[str], bytes]
"""Reads an address of the provider's by the guarded client; raises OSError where that fails."""

AHEAD = timedelta(minutes=5)
"""How far a provider's clock may be before ours."""

WINDOW = timedelta(minutes=5)
"""How old a signature may be, where the provider signs each try anew."""


@dataclass(frozen=True, kw_only=True)
class HookRequest:
    """One request as it came: the raw body, and the headers with names in lower case."""

    headers: Mapping[str, str]
    body: bytes


class ForgedError(ValueError):
    """The request does not prove who sent it, or is too old: it must change nothing."""


class GarbledError(ValueError):
    """The request is proved, and not what this provider sends."""


class Hook(Protocol):
    """One provider's webhook; ``asks`` says that a proof may have to be read elsewhere first."""

    name: str
    window: timedelta
    asks: bool

    def prove(self, request: HookRequest) -> str | None:
        """Return when it was signed, as told; None where the proof has no time.

        Raises `ForgedError` unless all that is configured agrees. The time is not judged here.
        """
        ...

    def parse(self, request: HookRequest) -> list[MailEvent]:
        """Read the events; raise `GarbledError` for what cannot be read."""
        ...


def read(hook: Hook, request: HookRequest, *, now: datetime) -> list[MailEvent]:
    """Prove a request, judge its time, and read it. Raises `ForgedError` and `GarbledError`."""
    told = hook.prove(request)
    if told is not None:
        refuse_stale(told, window=hook.window, now=now)
    return hook.parse(request)


def refuse_stale(told: str, *, window: timedelta, now: datetime) -> None:
    """Raise `ForgedError` for a signature that is too old, or ahead of our clock."""
    at = moment(told)
    if at is None or not now - window <= at <= now + AHEAD:
        raise ForgedError("the signature is too old, or has no time")


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """Names and passwords (``name:password``) of which a request must bring one, by RFC 7617."""

    pairs: Sequence[str]

    def need(self, request: HookRequest) -> None:
        """Raise `ForgedError` for a request that brings none, and where there is none to bring."""
        if not self.pairs:
            raise ForgedError("no password is configured")
        self.check(request)

    def check(self, request: HookRequest) -> None:
        """Raise `ForgedError` for a request without any; without pairs none is asked for."""
        if not self.pairs:
            return
        scheme, _, words = request.headers.get("authorization", "").partition(" ")
        try:
            brought = base64.b64decode(words.strip(), validate=True)
        except (binascii.Error, ValueError):
            brought = b""
        matches = [same(pair.encode(), brought) for pair in self.pairs]  # all: no early answer
        if scheme.lower() != "basic" or not any(matches):
            raise ForgedError("the name and password are missing or wrong")


class PasswordHook:
    """The half of a hook whose provider signs nothing, and proves itself by a password alone."""

    window = WINDOW
    asks = False

    def __init__(self, settings: PasswordHookSettings) -> None:
        self._passwords = Passwords(pairs=settings.passwords)

    def prove(self, request: HookRequest) -> None:
        """Check the password (see `Hook.prove`)."""
        self._passwords.need(request)


def same(expected: bytes, brought: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(expected, brought)


def read_json(body: bytes | str) -> Any:
    """Read JSON, or raise `GarbledError`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GarbledError("the body is not JSON") from error


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list, or a single one alone."""
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """Return what JSON says as text; None for nothing and for lists and objects."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value)


def moment(told: Any, *, per_second: int = 1) -> datetime | None:
    """Read a time: seconds (or parts of them) since 1970, or ISO 8601 with a zone; else None."""
    if isinstance(told, bool) or told is None:
        return None
    try:
        return datetime.fromtimestamp(float(told) / per_second, tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return _iso(told) if isinstance(told, str) else None


def _iso(told: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(_six_digits(told))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _six_digits(told: str) -> str:
    """Cut what is finer than a microsecond: Python 3.11 refuses some lengths."""
    whole, dot, rest = told.partition(".")
    if not dot:
        return told
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{whole}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}"
