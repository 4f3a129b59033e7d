"""What a provider says of itself in its discovery document (OpenID Connect Discovery 1.0)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from digest.accounts.oidc.errors import ProviderError
from digest.accounts.secured import is_secured

_PATH = "/.well-known/openid-configuration"


def address_of(issuer: str) -> str:
    """Return where the discovery document of an issuer stands (Discovery 4)."""
    return issuer.rstrip("/") + _PATH


def object_in(content: bytes, *, of: str) -> Mapping[str, Any]:
    """Read a JSON object that a provider sent; raises `ProviderError`."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProviderError(f"{of} is no JSON object; is [console.oidc] issuer right?")
    return found


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The addresses of a provider, and how it wants to be spoken to.

    ``in_header``: it takes our secret in the header (client_secret_basic), not in the form.
    ``names_itself``: its answers say who it is (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    in_header: bool
    names_itself: bool

    @classmethod
    def read(cls, content: bytes, *, issuer: str) -> Self:
        """Read a discovery document; raises `ProviderError` for one that is not of this issuer."""
        said = object_in(content, of="the discovery document")
        if said.get("issuer") != issuer:
            raise ProviderError(
                f"the discovery document is of the issuer {said.get('issuer')!r}; write exactly"
                " that as [console.oidc] issuer, if it is the right one"
            )
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return cls(
            authorization=_address(said, "authorization_endpoint"),
            token=_address(said, "token_endpoint"),
            keys=_address(said, "jwks_uri"),
            userinfo=_address(said, "userinfo_endpoint") if "userinfo_endpoint" in said else None,
            in_header="client_secret_basic" in methods,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )


def _address(said: Mapping[str, Any], name: str) -> str:
    address = said.get(name)
    if not isinstance(address, str) or not is_secured(address):
        raise ProviderError(f"the discovery document names no https address as {name}")
    return address
