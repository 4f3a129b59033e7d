"""What can go wrong with an identity provider: it cannot be asked, or it vouches for nobody."""

from digest.errors import DigestError


class ProviderError(DigestError):
    """The provider cannot be asked, or does not keep to OpenID Connect; nobody is to blame."""


class ProofError(DigestError):
    """What came back proves nothing, or belongs to no account. The words are for the log only."""


class UnknownKeyError(ProofError):
    """The token is signed with a key that the provider has not shown; perhaps it changed them."""
