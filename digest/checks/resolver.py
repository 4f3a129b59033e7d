"""The one place that asks DNS for more than addresses; the only file that knows dnspython."""

from typing import Any, Protocol


class NoAnswerError(OSError):
    """DNS did not answer; what it would have said is unknown."""


class Resolver(Protocol):
    """What is asked of DNS; a name without such a record gives an empty list."""

    def txt(self, name: str) -> list[str]:
        """Return the TXT records of a name, each joined to one string."""

    def addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a name."""

    def names(self, address: str) -> list[str]:
        """Return the names that an address says it has (PTR)."""


class SystemResolver:
    """Asks the name servers of this machine; raises `NoAnswerError` when none answers."""

    def __init__(self, *, seconds: float = 5.0) -> None:
        self._seconds = seconds

    def txt(self, name: str) -> list[str]:
        """Return the TXT records of a name, each joined to one string."""
        return [
            b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")
        ]

    def addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a name."""
        return [record.to_text() for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def names(self, address: str) -> list[str]:
        """Return the names that an address says it has (PTR)."""
        import dns.reversename  # noqa: PLC0415 - only who asks needs it

        found = self._ask(dns.reversename.from_address(address).to_text(), "PTR")
        return [record.to_text().rstrip(".").lower() for record in found]

    def exchanges(self, name: str) -> list[str]:
        """Return the hosts that take the mail of a domain (MX), the preferred first."""
        found = sorted(self._ask(name, "MX"), key=lambda record: int(record.preference))
        return [record.exchange.to_text().rstrip(".").lower() for record in found]

    def _ask(self, name: str, kind: str) -> list[Any]:
        import dns.exception  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        try:
            return list(dns.resolver.resolve(name, kind, lifetime=self._seconds))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswerError(
                f"DNS does not answer for {name} ({type(error).__name__})"
            ) from error
