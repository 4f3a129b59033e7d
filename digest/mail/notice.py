"""Notices: the letters that are no issue, by kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class NoticeKind(StrEnum):
    """What a notice is about."""

    CONFIRM = "confirm"  # the double opt-in
    REMINDER = "reminder"  # of it, once
    EXISTS = "exists"  # a confirmed reader's address was entered again
    LINK = "link"  # the fresh link that opens everything
    ADDRESS = "address"  # to a new address, which is to be confirmed
    MOVED = "moved"  # to the old address, after that
    WELCOME = "welcome"


ASKING = frozenset({NoticeKind.CONFIRM, NoticeKind.REMINDER})
"""Those that go to an address which anybody may have typed, until it answers."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One notice as its row keeps it; links and codes are made from the ids when it is written.

    ``requested_at`` is its confirmation's, which the code is made from. ``facts`` are values for
    its template, and never free text from a form.
    """

    id: int
    kind: NoticeKind
    subscriber_id: int
    confirmation_id: int | None
    email: str
    language: str
    created_at: datetime
    expires_at: datetime
    requested_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
