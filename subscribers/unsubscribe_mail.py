"""An unsubscribe that comes by mail: what a mail program sends to the list's mailto: address."""

import re
from email import message_from_bytes, policy
from email.errors import MessageError

from subscribers.errors import TokenError
from subscribers.tokens import Keyring, Purpose

LONGEST = 100_000  # bytes that are looked at: a mail program sends a few hundred
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[1-9a-z][0-9a-z]{0,12}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")


def subject_for(token: str) -> str:
    """Return the subject that List-Unsubscribe's mailto: address asks for (RFC 2369 3.2)."""
    return f"unsubscribe {token}"


def reader_of(message: bytes, *, keyring: Keyring) -> int | None:
    """Return whom this mail unsubscribes, or None when it does not.

    Only the subject counts, because a reply quotes the body with its links; and no mail that a
    machine answers with, because it quotes the subject (RFC 3834 5). The sender's address is not
    looked at: anybody can write it, and many mails come from another one than was subscribed.
    """
    try:
        head = message_from_bytes(message[:LONGEST], policy=policy.compat32)
    except (MessageError, ValueError):
        return None
    if _automatic(head.get("Auto-Submitted"), head.get("Precedence")):
        return None
    for token in _TOKEN.findall(str(head.get("Subject", ""))):
        try:
            return keyring.read(token, purpose=Purpose.UNSUBSCRIBE)
        except TokenError:
            continue
    return None


def _automatic(auto_submitted: str | None, precedence: str | None) -> bool:
    kind = str(auto_submitted or "no").partition(";")[0].strip().lower()
    return kind != "no" or str(precedence or "").strip().lower() == "auto_reply"
