"""The keys of the JSON interface: each for one purpose, shown once, kept as a hash."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from subscribers.errors import SubscriberError
from subscribers.tables import ApiKeyRow
from subscribers.text import one_line

_PREFIX = "digest_"  # lets people and scanners of leaked secrets see what it is
_BYTES = 32
_SHAPE = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")
_LONGEST_NAME = 100
_USED_EVERY = timedelta(minutes=5)  # a write for every request would make readers wait for it


class Scope(StrEnum):
    """What a key may be used for."""

    SIGNUP = "signup"  # ask for a subscription, which its owner confirms by mail
    READ = "read"  # see subscribers
    WRITE = "write"  # add them with the source of their consent, change and unsubscribe them
    ERASE = "erase"
    EXPORT = "export"  # all of them at once


class KeyNameError(SubscriberError, ValueError):
    """This name for a key is empty or taken, or no key has it."""


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """One key, without its secret."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def create(session: Session, *, name: str, scopes: Iterable[Scope], now: datetime) -> str:
    """Make a key and return it, the only time that it can be seen; raises `KeyNameError`."""
    name = one_line(name, limit=_LONGEST_NAME)
    if not name:
        raise KeyNameError("give the key a name that says who uses it")
    if session.scalar(select(ApiKeyRow.id).where(ApiKeyRow.name == name)) is not None:
        raise KeyNameError(f"a key is named {name!r} already; revoked ones keep their names")
    key = _PREFIX + secrets.token_urlsafe(_BYTES)
    session.add(
        ApiKeyRow(name=name, key_hash=_hash(key), scopes=sorted(set(scopes)), created_at=now)
    )
    session.flush()
    return key


def find(session: Session, key: str) -> ApiKey | None:
    """Return the key that this is; None for one that is unknown or revoked."""
    if not _SHAPE.fullmatch(key):
        return None
    row = session.scalars(
        select(ApiKeyRow).where(ApiKeyRow.key_hash == _hash(key), ApiKeyRow.revoked_at.is_(None))
    ).first()
    return _key(row) if row else None


def is_use_due(key: ApiKey, *, now: datetime) -> bool:
    """Whether it is time to note that a key is in use."""
    return key.used_at is None or now - key.used_at >= _USED_EVERY


def note_use(session: Session, key_id: int, *, now: datetime) -> None:
    """Note that a key is in use, for whoever asks which can be revoked."""
    session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(used_at=now))


def revoke(session: Session, *, name: str, now: datetime) -> bool:
    """Let a key open nothing any more; False when it was revoked before. Raises `KeyNameError`."""
    row = session.scalars(select(ApiKeyRow).where(ApiKeyRow.name == name)).first()
    if row is None:
        raise KeyNameError(f"no key is named {name!r}; 'digest apikey list' names them all")
    if row.revoked_at is not None:
        return False
    row.revoked_at = now
    return True


def everything(session: Session) -> list[ApiKey]:
    """Return all keys, the revoked ones too, by name."""
    return [_key(row) for row in session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.name))]


def _hash(key: str) -> str:
    """Hash a key; it is 256 random bits, so nothing slower makes it harder to guess."""
    return sha256(key.encode()).hexdigest()


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
