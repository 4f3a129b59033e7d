"""What a carrier can say and what it cannot, and the refusal of settings that need more: pure."""

from dataclasses import dataclass
from typing import Literal

from digest.errors import ConfigurationError

Takes = Literal["message", "sheet"]
"""Finished bytes for each reader, or the words once and what is a reader's own."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What one way to hand over mail can express.

    ``batch`` is the most letters that one request carries, and ``batch_bytes`` the most bytes (0:
    no limit of its own). ``fills`` says that the words travel once for all of them. ``signature``
    and ``return_path``: whether ours get through; where not, the other side makes its own.
    ``one_click``: whether List-Unsubscribe and List-Unsubscribe-Post get through (RFC 8058).
    ``repeat_hours``: how long the same request is known again and not sent twice; 0 when never.
    ``each`` says whether an answer tells the fate of each letter. ``carries_key`` is the field
    through which an event names its delivery.
    """

    takes: Takes
    batch: int = 1
    batch_bytes: int = 0
    fills: bool = False
    signature: bool = False
    return_path: bool = False
    message_id: bool = False
    one_click: bool = True
    repeat_hours: float = 0
    each: bool = True
    carries_key: str = "Message-ID and return path"

    @property
    def is_idempotent(self) -> bool:
        """Whether the same request may be made again when its answer was lost."""
        return self.repeat_hours > 0


EVERYTHING = Capabilities(takes="message", signature=True, return_path=True, message_id=True)
"""What a carrier can say that hands over the finished bytes in an envelope of ours."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What the settings ask of a carrier.

    ``return_domain`` is `[sender] bounce_domain` where it is set; ``signature`` says that `[dkim]`
    is on.
    """

    return_domain: str = ""
    signature: bool = False
    one_click: bool = True


def require(capabilities: Capabilities, *, of: str, needs: Needs) -> None:
    """Raise `ConfigurationError` for the first thing that the carrier called ``of`` cannot say."""
    if needs.signature and not capabilities.signature:
        raise ConfigurationError(
            f"[dkim] signs letters, but [carrier] kind = {of!r} writes them anew and signs them"
            " itself: empty key_file, and publish the records that it shows you"
        )
    if needs.return_domain and not capabilities.return_path:
        raise ConfigurationError(
            f"[sender] bounce_domain is set, but [carrier] kind = {of!r} takes bounces itself:"
            " empty it, and set the return path up there"
        )
    if needs.one_click and not capabilities.one_click:
        raise ConfigurationError(
            f"[carrier] kind = {of!r} cannot carry List-Unsubscribe-Post (RFC 8058), without which"
            " large receivers refuse newsletters: choose another"
        )
