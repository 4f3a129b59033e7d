"""A carrier that takes every letter to one mailbox, whoever it is for: to try a whole run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from digest.errors import ConfigurationError
from digest.mail.letter import Letter
from digest.providers.capabilities import Capabilities
from digest.providers.carrier import Carrier, Connection, Dot, Fate


@dataclass(frozen=True, kw_only=True)
class RedirectSettings:
    """Where every letter goes instead of its reader; empty: nowhere else."""

    redirect_to: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        if self.redirect_to and not all(self.redirect_to.partition("@")):
            raise ConfigurationError(
                f"[test] redirect_to = {self.redirect_to!r} takes an address, as 'qa@example.org'"
            )


def redirected(
    carriers: Mapping[str, Carrier], *, settings: RedirectSettings
) -> Mapping[str, Carrier]:
    """Return the same carriers, or ones that take everything to the mailbox that is set."""
    if not settings.redirect_to:
        return carriers
    return {name: Redirected(one, to=settings.redirect_to) for name, one in carriers.items()}


class Redirected:
    """Hands letters over by another carrier: the bytes are theirs, the envelope is one of ours."""

    def __init__(self, carrier: Carrier, *, to: str) -> None:
        self.name = carrier.name
        self.capabilities: Capabilities = carrier.capabilities
        self._carrier = carrier
        self._to = to

    def connect(self) -> Connection:
        """Open a conversation of the other carrier."""
        return _Redirected(self._carrier.connect(), to=self._to)

    def check(self) -> str | None:
        """Return what stands in the other carrier's way."""
        return self._carrier.check()


class _Redirected:
    def __init__(self, connection: Connection, *, to: str) -> None:
        self._connection = connection
        self._to = to

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        sent = (letter._replace(recipient=self._to) for letter in letters)
        return self._connection.hand_over(sent, dot=dot)

    def close(self) -> None:
        self._connection.close()
