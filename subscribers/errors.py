"""The errors of this storey: what is wrong with an address, a token or a request."""

from datetime import datetime


class SubscriberError(Exception):
    """The root of the errors about people and consent."""


class AddressError(SubscriberError, ValueError):
    """This is not an address that mail can be sent to."""


class TokenError(SubscriberError, ValueError):
    """This token was not made by us, for this purpose, or not any more."""


class ExpiredTokenError(TokenError):
    """This token was made by us for this purpose, and its time is over.

    ``number`` is what it named and ``until`` when it ended: enough to offer a new one.
    """

    def __init__(self, message: str, *, number: int, until: datetime) -> None:
        super().__init__(message)
        self.number = number
        self.until = until


class UnknownSubscriberError(SubscriberError, LookupError):
    """Nobody with this address is known."""


class SuppressedError(SubscriberError):
    """This address must not be mailed; the message says since when and why."""


class TooManyError(SubscriberError):
    """This was asked for too often; it may be asked for again at ``free_at``."""

    def __init__(self, message: str, *, free_at: datetime) -> None:
        super().__init__(message)
        self.free_at = free_at


class PreferenceError(SubscriberError, ValueError):
    """This cannot be chosen; ``field`` names what in the form is meant."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class TransferError(SubscriberError, ValueError):
    """This file cannot be read as a list of people; the message says where and why."""


class NotReadingError(SubscriberError):
    """This person gets no issues, so there is nothing to change about them."""
