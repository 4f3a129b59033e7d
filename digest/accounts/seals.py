"""Seals: short marks under a text that only this installation can have made."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from subscribers.tokens import Keyring


@dataclass(frozen=True, kw_only=True)
class Seals:
    """Makes and knows the marks for one use, such as "console form"; one fits no other use."""

    keyring: Keyring
    use: str

    def seal(self, text: str) -> str:
        """Return the mark of a text: 64 hexadecimal digits."""
        return self._under(self.keyring.secrets[0], text)

    def fits(self, mark: str, text: str) -> bool:
        """Whether this is the mark of the text, under any secret; takes the same time each way."""
        given = mark.encode()
        found = [
            hmac.compare_digest(given, self._under(secret, text).encode())
            for secret in self.keyring.secrets
        ]
        return any(found)

    def _under(self, secret: bytes, text: str) -> str:
        key = hmac.digest(secret, f"digest 1 {self.use}".encode(), "sha256")
        return hmac.new(key, text.encode(), sha256).hexdigest()
