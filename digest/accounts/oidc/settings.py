"""Which identity provider vouches for the people at the console, and what it may decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.accounts.roles import Role
from digest.accounts.secured import is_secured
from digest.errors import ConfigurationError
from digest.network import networks

_LONGEST_ISSUER = 255  # characters that the database has room for


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """The identity provider at the console's door; without an ``issuer`` there is none.

    ``claim`` names the account: "email" is compared with the account's address, and counts only
    where the provider says that it is verified; any other one is compared with the account's
    name. ``roles`` says which groups of ``groups_claim`` may enter without an account made
    beforehand, and as what; where it is empty nobody may. With ``only`` no password signs in. The
    provider may stand in one of ``allow_networks`` where it is not on the open web.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    label: str = "Sign in with your organisation"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    claim: str = "email"
    groups_claim: str = "groups"
    roles: Mapping[str, str] = field(default_factory=dict)
    only: bool = False
    allow_networks: tuple[str, ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether there is a provider."""
        return bool(self.issuer)

    def __post_init__(self) -> None:
        """Refuse a provider that could not be asked, or that anybody could play."""
        if self.only and not self.issuer:
            raise ConfigurationError(
                "[console.oidc] only = true without an issuer would let nobody in; name the"
                " provider, or take it back"
            )
        if self.issuer:
            self._check_provider()
        for group, role in self.roles.items():
            if role not in list(Role):
                raise ConfigurationError(
                    f"[console.oidc] roles: {group} = {role!r} is no role; take {', '.join(Role)}"
                )
        try:
            networks(self.allow_networks)
        except ValueError as error:
            raise ConfigurationError(f"[console.oidc] allow_networks: {error}") from error

    def _check_provider(self) -> None:
        is_plain = "?" not in self.issuer and "#" not in self.issuer
        if not is_secured(self.issuer) or not is_plain or len(self.issuer) > _LONGEST_ISSUER:
            raise ConfigurationError(
                f"[console.oidc] issuer = {self.issuer!r} is no https address; write it as the"
                " provider does, as https://login.example.org/realms/staff"
            )
        if not self.client_id:
            raise ConfigurationError(
                "[console.oidc] client_id is missing; it is the name that the provider gave to"
                " this newsletter when it was registered there"
            )
        if "openid" not in self.scopes or not self.claim:
            raise ConfigurationError(
                "[console.oidc] scopes takes openid among others, and claim takes a name: without"
                " them the provider does not say who somebody is"
            )
