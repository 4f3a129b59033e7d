"""Checks an ID token: its signature, and that it is for us, of now and of this attempt.

The rules are those of OpenID Connect Core 1.0, 3.1.3.7.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, RSAKey
from joserfc.jws import JWSRegistry

from digest.accounts.oidc.errors import ProofError, UnknownKeyError
from digest.accounts.oidc.metadata import object_in

_KINDS: Mapping[str, type[Key]] = {"RS256": RSAKey, "ES256": ECKey}
_LEEWAY = 60  # seconds that the provider's clock may be wrong
_SHORTEST_RSA = 2048  # bits (RFC 7518 3.3)
_LONGEST_SUBJECT = 255  # characters (Core 2)


def keys_in(content: bytes) -> list[Key]:
    """Read the keys that a provider shows (RFC 7517); those that we cannot use are left out."""
    listed = object_in(content, of="the list of keys").get("keys")
    return list(_usable(listed if isinstance(listed, list) else []))


def claims_of(
    token: str, *, keys: Sequence[Key], issuer: str, client_id: str, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """Return what a token says, once everything about it was checked.

    Raises `ProofError`, and `UnknownKeyError` where it is signed with a key that is not there.
    """
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    # Header parameters that nobody knows are passed over (RFC 7515 4), except for "crit".
    registry = JWSRegistry(algorithms=list(_KINDS), strict_check_header=False)
    try:
        opened = jwt.decode(token, lambda signed: _key(signed.headers(), keys), registry=registry)
        rules.validate(opened.claims)
    except (JoseError, ValueError, TypeError) as error:
        raise ProofError(f"the ID token does not hold: {_reason(error)}") from error
    _check_party(opened.claims, client_id=client_id)
    _check_subject(opened.claims)
    return opened.claims


def _key(header: Mapping[str, Any], keys: Sequence[Key]) -> Key:
    """Return the key that a token says it is signed with."""
    kind = _KINDS.get(str(header.get("alg")))
    if kind is None:
        raise ProofError(f"the ID token is signed by none of {', '.join(_KINDS)}")
    named = header.get("kid")
    fitting = [key for key in keys if isinstance(key, kind) and named in (None, key.kid)]
    if len(fitting) != 1:
        raise UnknownKeyError("the ID token is signed with a key that the provider does not show")
    return fitting[0]


def _usable(listed: Sequence[Any]) -> Iterator[Key]:
    for data in listed:
        if not isinstance(data, dict) or data.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(data)
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # of a kind, or with numbers, that nobody here understands
        is_short = isinstance(key, RSAKey) and key.public_key.key_size < _SHORTEST_RSA
        if isinstance(key, tuple(_KINDS.values())) and not is_short:
            yield key


def _check_party(claims: Mapping[str, Any], *, client_id: str) -> None:
    """Refuse a token that was issued to somebody else, though we may read it (rules 3 to 5)."""
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    party = claims.get("azp", client_id if set(audience) == {client_id} else None)
    if party != client_id:
        raise ProofError("the ID token was issued to another application (aud, azp)")


def _check_subject(claims: Mapping[str, Any]) -> None:
    if not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT or "\0" in claims["sub"]:
        raise ProofError(f"the ID token's sub has more than {_LONGEST_SUBJECT} characters, or none")


def _reason(error: Exception) -> str:
    """Say what was wrong, without anything that the token says of a person."""
    claim = getattr(error, "claim", "")
    return f"{getattr(error, 'error', type(error).__name__)} {claim}".strip()
