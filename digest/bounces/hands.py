"""Hands messages on while a conversation with a mailbox lasts, and keeps the two faults apart."""

from collections.abc import Callable

from digest.errors import DigestError


class MailboxError(DigestError):
    """The mailbox could not be read; what was read before stays as it is."""


class Hands:
    """Gives messages to ``take``; what it raises waits until we have said goodbye to the server."""

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self._take = take
        self._error: Exception | None = None

    def took(self, raw: bytes) -> bool:
        """Whether the message was taken in; after one that was not, no other should follow."""
        try:
            self._take(raw)
        except Exception as error:  # noqa: BLE001 - `done` raises it
            self._error = error
        return self._error is None

    def done(self) -> None:
        """Raise what was raised."""
        if self._error is not None:
            raise self._error
