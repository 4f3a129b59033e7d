"""Visits the mailbox to which mail comes back, by whichever protocol was set up."""

from collections.abc import Callable
from pathlib import Path

from digest.bounces import imap, pop3
from digest.bounces.seen import remembered
from digest.bounces.settings import MailboxSettings
from digest.errors import UsageError


def visit(settings: MailboxSettings, *, state: Path, take: Callable[[bytes], object]) -> int:
    """Take in what is new; return how many messages were read.

    ``state`` is a folder of this machine. Raises `MailboxError`, and whatever ``take`` raises.
    """
    if not settings.kind:
        raise UsageError("no mailbox is set up for bounces; see [bounces.mailbox] kind")
    account = f"{settings.kind} {settings.username}@{settings.host} {settings.folder}"
    seen = remembered(state, account=account)
    by = imap.visit if settings.kind == "imap" else pop3.visit
    return by(settings, seen=seen, take=take)
