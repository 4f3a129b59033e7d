"""Whom the newsletter itself writes to when something happens to it: the settings."""

from dataclasses import dataclass

from digest.errors import ConfigurationError
from digest.limits import Hours
from subscribers.addresses import Mailbox
from subscribers.errors import AddressError


@dataclass(frozen=True, kw_only=True)
class AlertSettings:
    """Who gets the mails to the operator; nobody: there are none.

    ``ready_hours`` before an issue is due its mail says what is in it, and what needs a person.
    """

    to: tuple[str, ...] = ()
    ready_hours: Hours = 13.0

    def __post_init__(self) -> None:
        """Refuse what is no address: nobody would hear of it later."""
        for address in self.to:
            try:
                Mailbox.parse(address)
            except AddressError as error:
                raise ConfigurationError(f"[alerts] to = {address!r}: {error}") from error
