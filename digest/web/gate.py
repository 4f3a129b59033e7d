"""The gate of the JSON interface: which key this is, what it may do, and how often."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from digest.clock import Clock
from digest.web.problems import ProblemError
from storage.database import Database
from subscribers import keys
from subscribers.keys import ApiKey, Scope
from subscribers.settings import KeySettings

_BEARER = HTTPBearer(auto_error=False, description="A key of `digest apikey add`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Lets requests in by the key in their Authorization header."""

    database: Database
    clock: Clock
    settings: KeySettings
    _bucket: "Bucket" = field(init=False)

    def __post_init__(self) -> None:
        """Make the bucket, which all requests to this process share."""
        object.__setattr__(self, "_bucket", Bucket(per_minute=self.settings.requests_per_minute))

    def allow(self, scope: Scope) -> Callable[..., ApiKey]:
        """Return what FastAPI asks before a request that needs ``scope`` is answered."""

        def let_in(credentials: Credentials) -> ApiKey:
            key = self._known(credentials)
            wait = self._bucket.take(key.id, now=self.clock.monotonic())
            if wait:
                raise ProblemError(
                    429,
                    f"this key may ask {self.settings.requests_per_minute} times a minute;"
                    f" go on in {ceil(wait)} seconds",
                    headers={"Retry-After": str(ceil(wait))},
                )
            if scope not in key.scopes:
                raise ProblemError(403, f"this key lacks the scope '{scope}'")
            return key

        return let_in

    def _known(self, credentials: HTTPAuthorizationCredentials | None) -> ApiKey:
        if credentials is None:
            raise ProblemError(
                401,
                "send a key: Authorization: Bearer digest_...",
                headers={"WWW-Authenticate": "Bearer"},
            )
        with self.database.read() as session:
            key = keys.find(session, credentials.credentials)
        if key is None:
            raise ProblemError(
                401,
                "this key is unknown or revoked",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        now = self.clock.now()
        if keys.is_use_due(key, now=now):
            with self.database.begin() as session:
                keys.note_use(session, key.id, now=now)
        return key


class Bucket:
    """Counts requests of each key: as many at once as a minute has, then one after the other.

    In memory, so each web process has its own: it keeps a program that runs wild from slowing the
    pages down, and is no price list.
    """

    def __init__(self, *, per_minute: int) -> None:
        self._size = float(per_minute)
        self._per_second = per_minute / 60
        self._left: dict[int, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key_id: int, *, now: float) -> float:
        """Take one; return how many seconds to wait when there is none, else 0."""
        with self._lock:
            left, then = self._left.get(key_id, (self._size, now))
            left = min(self._size, left + (now - then) * self._per_second)
            is_allowed = left >= 1
            self._left[key_id] = (left - 1 if is_allowed else left, now)
        return 0.0 if is_allowed else (1 - left) / self._per_second
