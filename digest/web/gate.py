"""The gate of the JSON interface: which key this is, what it may do, and how often."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from digest.clock import Clock
from digest.web.problems import ProblemError
from storage.database import Database
from subscribers import budgets, keys
from subscribers.budgets import Budget
from subscribers.keys import ApiKey, Scope
from subscribers.settings import KeySettings

_MINUTE = timedelta(minutes=1)
_BEARER = HTTPBearer(auto_error=False, description="A key of `digest apikey add`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Lets requests in by the key in their Authorization header."""

    database: Database
    clock: Clock
    settings: KeySettings

    def allow(self, scope: Scope) -> Callable[..., ApiKey]:
        """Return what FastAPI asks before a request that needs ``scope`` is answered.

        The key stands in ``request.state.key`` then: the log names it.
        """

        def let_in(request: Request, credentials: Credentials) -> ApiKey:
            key = self._known(credentials)
            request.state.key = key
            self._count(key)
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
        return key

    def _count(self, key: ApiKey) -> None:
        """Count a request in the database: a key may ask so often, whichever process answers.

        It keeps a program that runs wild from slowing the pages down, and is no price list.
        """
        now, most = self.clock.now(), self.settings.requests_per_minute
        wanted = [Budget(name=f"api {key.id}", most=most)]
        with self.database.begin() as session:
            for spent in budgets.spend(session, wanted, now=now, window=_MINUTE):
                wait = max(1, ceil((spent.free_at - now).total_seconds()))
                raise ProblemError(
                    429,
                    f"this key may ask {most} times a minute; go on in {wait} seconds",
                    headers={"Retry-After": str(wait)},
                )
            if keys.is_use_due(key, now=now):
                keys.note_use(session, key.id, now=now)
