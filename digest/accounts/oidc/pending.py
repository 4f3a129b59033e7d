"""Somebody for whom the provider vouches, and whose second factor is asked for still."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import quote, unquote

from digest.accounts.seals import Seals
from subscribers.tokens import Keyring

LASTS = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Pending:
    """Which account it is, and the path of ours to which its owner was going."""

    account_id: int
    after: str

    def sealed(self, keyring: Keyring, *, now: datetime) -> str:
        """Return what the browser keeps meanwhile; only this installation can have made it."""
        text = f"{self.account_id}.{int(now.timestamp())}.{quote(self.after, safe='')}"
        return f"{_seals(keyring).seal(text)}.{text}"

    @classmethod
    def opened(cls, kept: str, *, keyring: Keyring, now: datetime) -> Self | None:
        """Read what a browser kept; None where it is none of ours, or too old."""
        mark, _, text = kept.partition(".")
        if not text or not _seals(keyring).fits(mark, text):
            return None
        account_id, begun, after = text.split(".", 2)
        if now.timestamp() - int(begun) >= LASTS.total_seconds():
            return None
        return cls(account_id=int(account_id), after=unquote(after))


def _seals(keyring: Keyring) -> Seals:
    return Seals(keyring=keyring, use="console oidc code")
