"""Whom a provider vouches for: what counts of all that it says about somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from digest.accounts.oidc.errors import ProofError
from digest.accounts.oidc.settings import OidcSettings
from digest.accounts.roles import Role
from subscribers.addresses import Mailbox
from subscribers.errors import AddressError

EMAIL = "email"
_TRUE = (True, "true")  # some write what is no text as text


def wanted(settings: OidcSettings) -> set[str]:
    """Return the claims that we need to know somebody by."""
    verified = {"email_verified"} if settings.claim == EMAIL else set()
    return {settings.claim, *verified, *([settings.groups_claim] if settings.roles else [])}


@dataclass(frozen=True, kw_only=True)
class Vouched:
    """Somebody whom the provider knows, as ``subject`` for as long as it stands.

    ``claims`` are all that it says of them.
    """

    issuer: str
    subject: str
    claims: Mapping[str, Any]

    def mailbox(self) -> Mailbox:
        """Return the address that the provider has verified; raises `ProofError`."""
        if self.claims.get("email_verified") not in _TRUE:
            raise ProofError("the provider does not say that the address is verified")
        try:
            return Mailbox.parse(str(self.claims.get(EMAIL, "")))
        except AddressError as error:
            raise ProofError(f"the provider names no address: {error}") from None

    def text(self, claim: str) -> str:
        """Return what a claim says, if it is text."""
        value = self.claims.get(claim)
        return value.strip() if isinstance(value, str) else ""

    def name(self) -> str:
        """Return what somebody is called, for the log: by name, or else as they sign in there."""
        return self.text("name") or self.text("preferred_username")

    def role(self, settings: OidcSettings) -> Role | None:
        """Return the highest role of the groups somebody is in; None where no group has one."""
        said = self.claims.get(settings.groups_claim)
        groups = said if isinstance(said, list) else [said]
        roles = {settings.roles.get(one) for one in groups if isinstance(one, str)}
        return next((role for role in reversed(Role) if role in roles), None)
