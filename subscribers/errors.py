"""The errors of this storey: what is wrong with an address, a token or a request."""


class SubscriberError(Exception):
    """The root of the errors about people and consent."""


class AddressError(SubscriberError, ValueError):
    """This is not an address that mail can be sent to."""


class TokenError(SubscriberError, ValueError):
    """This token was not made by us, for this purpose, or not any more."""


class UnknownSubscriberError(SubscriberError, LookupError):
    """Nobody with this address is known."""


class SuppressedError(SubscriberError):
    """This address must not be mailed; the message says since when and why."""
