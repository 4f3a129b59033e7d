"""Remembers which messages of a mailbox were read, so that none is asked for again in vain.

Losing it does no harm: a bounce, a complaint and a wish to leave are events, and what is read twice
is kept once.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_MOST = 100_000  # names of messages that are left in a POP3 mailbox


@dataclass(kw_only=True)
class Seen:
    """A mailbox as it was left: IMAP's numbers (RFC 9051 2.3.1.1), or POP3's names (RFC 1939 7)."""

    path: Path
    validity: int = 0
    uid: int = 0
    names: set[str] = field(default_factory=set)

    def save(self, *, present: Iterable[str] | None = None) -> None:
        """Write it down, whole or not at all; names that are no longer ``present`` are dropped."""
        if present is not None:
            self.names &= set(present)
        words = {
            "validity": self.validity,
            "uid": self.uid,
            "names": sorted(self.names)[-_MOST:],
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(words), encoding="utf-8")
        os.replace(new, self.path)  # noqa: PTH105 - atomic


def remembered(folder: Path, *, account: str) -> Seen:
    """Return how a mailbox was left; as never visited when nothing readable is there."""
    name = hashlib.blake2b(account.encode(), digest_size=8).hexdigest()
    path = folder / f"bounces-{name}.json"
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
        return Seen(
            path=path,
            validity=int(words["validity"]),
            uid=int(words["uid"]),
            names={str(one) for one in words["names"]},
        )
    except (OSError, ValueError, LookupError, TypeError):
        return Seen(path=path)
