"""What is heard of a letter after it was handed over, in a few words that every party speaks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

_KEY = re.compile(r"[0-9a-z-]{1,20}\.[0-9]{1,18}", re.ASCII)
_POLICY = re.compile(r"(?<![\d.])[45]\.7\.\d{1,3}(?![\d.])")
_PASSING = re.compile(
    r"(?<![\d.])(?:4\.\d{1,3}\.\d{1,3}|5\.2\.[2-9]|5\.[3-6]\.\d{1,3})(?![\d.])|^4\d\d"
)
_CODES = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")


class Kind(StrEnum):
    """The whole vocabulary; whatever a party says beyond it is `UNKNOWN`."""

    ACCEPTED = "accepted"  # the provider has it and will try
    DEFERRED = "deferred"  # put off by the receiving server; the provider tries on
    SOFT_BOUNCED = "soft bounce"  # given up, but the mailbox may take the next one
    DELIVERED = "delivered"  # the receiving server took it
    HARD_BOUNCED = "hard bounce"  # there is no such mailbox
    COMPLAINED = "complaint"  # the reader called it spam
    DROPPED = "dropped"  # the provider did not try, because of a list of its own
    REFUSED = "refused"  # for policy, content or our standing: nothing about the reader
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"  # by a machine, as from a holiday
    UNKNOWN = "unknown"


_LADDER = (
    Kind.ACCEPTED,
    Kind.DEFERRED,
    Kind.REFUSED,
    Kind.DROPPED,
    Kind.SOFT_BOUNCED,
    Kind.DELIVERED,
    Kind.HARD_BOUNCED,
    Kind.COMPLAINED,
)
_RANK = {kind: rank for rank, kind in enumerate(_LADDER)}

PROOFS = frozenset(_LADDER)
"""Any of these proves that the letter had been handed over, even a bounce."""

WATCHING = frozenset({Kind.OPENED, Kind.CLICKED})
"""These tell what somebody reads; they are dropped at the border."""


@dataclass(frozen=True, kw_only=True)
class MailEvent:
    """One thing that happened to one letter.

    ``delivery_key`` is the letter's own name, ``<period>.<delivery id>``, where it came back;
    ``message_id`` is the provider's. ``source`` names who tells, as "postmark" or "bounce mailbox",
    and ``event_id`` is unique there, the same each time it is told; empty when the party gives
    none. ``at`` is aware; None when it is not told. ``code`` is the reply as ``550 5.1.1``,
    ``detail`` words. ``recipient`` is never stored.
    """

    kind: Kind
    source: str
    delivery_key: str | None = None
    at: datetime | None = None
    recipient: str | None = None
    code: str | None = None
    detail: str | None = None
    event_id: str = ""
    message_id: str | None = None


def standing(kinds: Iterable[Kind]) -> Kind | None:
    """Return how a letter stands after these events, in whatever order and number they came.

    A complaint is above a hard bounce, that above delivered, then soft bounce, dropped, refused,
    deferred and accepted: what is higher stays. None when none of them says anything about that.
    """
    return max((kind for kind in kinds if kind in _RANK), key=_RANK.__getitem__, default=None)


def key_of(text: object) -> str | None:
    """Return the delivery's key in what came back: bare, as a Message-ID, or with - for the dot."""
    if not isinstance(text, str):
        return None
    words = text.strip().strip("<>").partition("@")[0].lower()
    if "." not in words:
        period, dash, number = words.rpartition("-")
        words = f"{period}.{number}" if dash else words
    return words if _KEY.fullmatch(words) else None


def judged(event: MailEvent) -> MailEvent:
    """Return the event as it counts, by its enhanced code (RFC 3463), whatever the party calls it.

    A bounce with X.7.X is about content, policy or standing, and none of the reader's (rule R25). A
    hard one must be about the mailbox: with 4.X.X, a full mailbox or trouble on the way it is soft.
    """
    if event.kind not in {Kind.HARD_BOUNCED, Kind.SOFT_BOUNCED}:
        return event
    if is_policy(event.code) or is_policy(event.detail):
        return replace(event, kind=Kind.REFUSED)
    if event.kind is Kind.HARD_BOUNCED and _PASSING.search(event.code or ""):
        return replace(event, kind=Kind.SOFT_BOUNCED)
    return event


def is_policy(words: str | None) -> bool:
    """Whether a reply is about us and not about the mailbox: X.7.X in RFC 3463."""
    return bool(words and _POLICY.search(words))


def code_in(words: str | None) -> str | None:
    """Return the codes at the begin of a reply, as ``550 5.1.1``; None where it has none."""
    if not words:
        return None
    basic = re.match(r"\s*(?:smtp;\s*)?([245]\d\d)(?!\d)", words, re.IGNORECASE)
    enhanced = _CODES.search(words)
    return (
        " ".join(found for found in (basic and basic[1], enhanced and enhanced[0]) if found) or None
    )
