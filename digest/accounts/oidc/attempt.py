"""One attempt to sign in by the provider: what the browser keeps of it, and what follows from it.

The browser keeps a text without secrets. State, nonce and verifier are marks under that text which
only this installation can make: so nothing has to be stored here, and none of them can be chosen.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self
from urllib.parse import quote, unquote

from digest.accounts import tokens
from digest.accounts.seals import Seals
from subscribers.tokens import Keyring

LASTS = timedelta(minutes=10)
_LONGEST_PATH = 1000  # characters; a cookie holds 4096 octets


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt; ``kept`` is "second.random.path" and stays in the browser that began it."""

    kept: str
    keyring: Keyring = field(repr=False)

    @classmethod
    def begin(cls, keyring: Keyring, *, after: str, now: datetime) -> Self:
        """Begin an attempt that leads to a path of ours at its end."""
        path = quote(after[:_LONGEST_PATH], safe="")
        return cls(kept=f"{int(now.timestamp())}.{tokens.new_token()}.{path}", keyring=keyring)

    @property
    def state(self) -> str:
        """What the provider sends back, so that we know the attempt again (RFC 6749 10.12)."""
        return self._mark("state")

    @property
    def nonce(self) -> str:
        """What the provider writes into the token, so that none fits another attempt."""
        return self._mark("nonce")

    @property
    def verifier(self) -> str:
        """What only the beginner of the attempt can show for the code (RFC 7636 4.1)."""
        return self._mark("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier beforehand: its SHA-256 (RFC 7636 4.2)."""
        digest = sha256(self.verifier.encode("ascii")).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    @property
    def after(self) -> str:
        """The path to which it leads."""
        return unquote(self.kept.split(".", 2)[2])

    def is_answered_by(self, state: str, *, now: datetime) -> bool:
        """Whether an answer with this state belongs to it, and comes in time."""
        if not self._seals("state").fits(state, self.kept):
            return False
        begun = int(self.kept.split(".", 1)[0])
        return 0 <= now.timestamp() - begun < LASTS.total_seconds()

    def _mark(self, use: str) -> str:
        return self._seals(use).seal(self.kept)

    def _seals(self, use: str) -> Seals:
        return Seals(keyring=self.keyring, use=f"console oidc {use}")
