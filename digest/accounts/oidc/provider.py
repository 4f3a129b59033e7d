"""Asks an identity provider: where people sign in there, and whom it vouches for afterwards."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus, urlencode

from joserfc.jwk import Key

from digest.accounts.oidc.attempt import Attempt
from digest.accounts.oidc.errors import ProofError, ProviderError, UnknownKeyError
from digest.accounts.oidc.idtoken import claims_of, keys_in
from digest.accounts.oidc.metadata import Metadata, address_of, object_in
from digest.accounts.oidc.settings import OidcSettings
from digest.accounts.oidc.vouched import Vouched, wanted
from digest.clock import Clock
from digest.http import Client, FetchError, Response
from digest.reading import HttpSettings

_PATIENCE = 10.0  # seconds for one request: somebody looks at an empty page meanwhile
_MOST_BYTES = 1_000_000
_FRESH = timedelta(minutes=10)  # so long a key that was withdrawn may still count
_REST = timedelta(seconds=10)  # after a failure nobody else has to wait for the same one


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was read from the provider, and when."""

    metadata: Metadata
    keys: Sequence[Key]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a browser brings back from the provider; ``issuer`` where it says so (RFC 9207)."""

    code: str
    redirect_uri: str
    issuer: str = ""


class Provider:
    """One identity provider; built once, and safe to share between threads."""

    def __init__(self, settings: OidcSettings, *, http: HttpSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        limited = replace(
            http,
            deadline=min(http.deadline, _PATIENCE),
            max_bytes=min(http.max_bytes, _MOST_BYTES),
            max_redirects=0,
            allow_networks=settings.allow_networks,
        )
        self._client = Client(limited, clock=clock)
        self._known: Known | None = None
        self._failed: tuple[datetime, str] | None = None

    def address(self, attempt: Attempt, *, redirect_uri: str) -> str:
        """Return where somebody signs in; raises `ProviderError` where that cannot be learned."""
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        page = self._current().metadata.authorization
        return f"{page}{'&' if '?' in page else '?'}{urlencode(query)}"

    def vouched(self, reply: Reply, *, attempt: Attempt) -> Vouched:
        """Return whom the provider vouches for.

        Raises `ProofError` where it vouches for nobody, and `ProviderError`.
        """
        known = self._current()
        if reply.issuer != self.settings.issuer and (reply.issuer or known.metadata.names_itself):
            raise ProofError("the answer comes from another issuer")
        tokens = self._tokens(reply, attempt=attempt, metadata=known.metadata)
        claims = self._checked(str(tokens.get("id_token", "")), attempt=attempt, known=known)
        return Vouched(
            issuer=self.settings.issuer,
            subject=claims["sub"],
            claims=self._completed(claims, tokens=tokens, metadata=known.metadata),
        )

    def _current(self) -> Known:
        """Return what is known of the provider; it is read where that is old."""
        now = self._clock.now()
        if self._known is not None and now - self._known.at < _FRESH:
            return self._known
        if self._failed is not None and now - self._failed[0] < _REST:
            raise ProviderError(self._failed[1])
        try:
            return self._learn(now=now)
        except ProviderError as error:
            self._failed = now, str(error)
            raise

    def _learn(self, *, now: datetime) -> Known:
        issuer = self.settings.issuer
        metadata = Metadata.read(self._get(address_of(issuer)), issuer=issuer)
        self._known = Known(metadata=metadata, keys=keys_in(self._get(metadata.keys)), at=now)
        return self._known

    def _checked(self, token: str, *, attempt: Attempt, known: Known) -> Mapping[str, Any]:
        """Check an ID token; a key that is not known may be a new one, so they are read again."""
        now = self._clock.now()
        try:
            return self._claims(token, attempt=attempt, keys=known.keys, now=now)
        except UnknownKeyError:
            return self._claims(token, attempt=attempt, keys=self._learn(now=now).keys, now=now)

    def _claims(
        self, token: str, *, attempt: Attempt, keys: Sequence[Key], now: datetime
    ) -> Mapping[str, Any]:
        return claims_of(
            token,
            keys=keys,
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=attempt.nonce,
            now=now,
        )

    def _tokens(self, reply: Reply, *, attempt: Attempt, metadata: Metadata) -> Mapping[str, Any]:
        """Exchange the code for tokens (RFC 6749 4.1.3)."""
        settings = self.settings
        form = {
            "grant_type": "authorization_code",
            "code": reply.code,
            "redirect_uri": reply.redirect_uri,
            "client_id": settings.client_id,
            "code_verifier": attempt.verifier,
        }
        headers = {"accept": "application/json"}
        if settings.client_secret and metadata.in_header:
            headers["authorization"] = _basic(settings.client_id, settings.client_secret)
        elif settings.client_secret:
            form["client_secret"] = settings.client_secret
        try:
            answer = self._client.post(metadata.token, form=form, headers=headers)
        except FetchError as error:
            raise _unheard(error) from error
        if answer.status == HTTPStatus.BAD_REQUEST:
            raise ProofError(
                "the provider refused the code: it was used or is old, or it does not know this"
                f" secret, or {reply.redirect_uri} as an address of ours"
            )
        return object_in(_content(answer), of="the token endpoint's answer")

    def _completed(
        self, claims: Mapping[str, Any], *, tokens: Mapping[str, Any], metadata: Metadata
    ) -> Mapping[str, Any]:
        """Add what the provider keeps for its userinfo endpoint (Core 5.4), where we need it."""
        access = tokens.get("access_token")
        is_whole = wanted(self.settings) <= claims.keys()
        if metadata.userinfo is None or not isinstance(access, str) or is_whole:
            return claims
        headers = {"authorization": f"Bearer {access}", "accept": "application/json"}
        said = object_in(self._get(metadata.userinfo, headers=headers), of="the userinfo")
        if said.get("sub") != claims["sub"]:
            raise ProofError("the userinfo is about somebody else (sub)")
        return {**said, **claims}

    def _get(self, url: str, *, headers: Mapping[str, str] | None = None) -> bytes:
        try:
            return _content(self._client.get(url, headers=headers))
        except FetchError as error:
            raise _unheard(error) from error


def _basic(client_id: str, secret: str) -> str:
    """Write our name and secret as a header does (RFC 6749 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode('ascii')).decode('ascii')}"


def _content(answer: Response) -> bytes:
    if answer.status == HTTPStatus.OK:
        return answer.content
    hint = "; are [console.oidc] issuer, client_id and client_secret right?"
    raise ProviderError(f"the provider answers {answer.status}{hint}")


def _unheard(error: FetchError) -> ProviderError:
    hint = "; if it is yours, name its network in [console.oidc] allow_networks"
    return ProviderError(
        f"the provider was not heard ({error.state})"
        + (hint if error.state == "address refused" else "")
    )
