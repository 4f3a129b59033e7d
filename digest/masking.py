"""Takes out of a text what no log may keep: addresses of people, keys in links, secrets. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

MASK = "***"

_SHORTEST = 6  # characters; a shorter secret would take common words out of every line
_ADDRESS = re.compile(r"([^\s@<>\"'(),;:=/&?]{1,64})@((?:[\w-]+\.)+[\w-]{2,}|localhost)")
_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE)
_PARAMETER = re.compile(
    r"\b((?:[\w-]*(?:token|secret|passw(?:or)?d|signature|api[_-]?key)|key|code|sig))=[^\s&#;\"']+",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b((?:Bearer|Basic)) +[\w.~+/=-]{6,}", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
_SEGMENT = re.compile(r"(?<=/)[\w.~-]{20,}(?=$|[/?#.,;:)\]])")
_OWN_TOKEN = re.compile(r"\b[1-9a-z][0-9a-z]{0,12}(?:-[1-9a-z][0-9a-z]{0,12})?\.[\w-]{22}(?![\w-])")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Mask:
    """Covers what must not be read by others; ``secrets`` are those of this installation."""

    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, secrets: Iterable[str]) -> "Mask":
        """Take these secrets, also in the form that they have in a link."""
        known = {secret for secret in secrets if len(secret) >= _SHORTEST}
        return cls(frozenset(known | {quote(secret, safe="") for secret in known}))

    def __call__(self, text: str) -> str:
        """Return the text with every secret, key and address covered."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        text = _PASSWORD.sub(rf"\1:{MASK}@", text)
        text = _PARAMETER.sub(rf"\1={MASK}", text)
        text = _HEADER.sub(rf"\1 {MASK}", text)
        text = _LINK.sub(lambda link: _SEGMENT.sub(_covered, link[0]), text)
        text = _OWN_TOKEN.sub(MASK, text)
        return _ADDRESS.sub(_shortened, text)


def address(email: str) -> str:
    """Shorten one address to its first letter and its domain: ``a***@example.org``."""
    return _ADDRESS.sub(_shortened, email)


def _shortened(found: re.Match[str]) -> str:
    return f"{found[1][:1]}{MASK}@{found[2]}"


def _covered(found: re.Match[str]) -> str:
    """Cover a part of a link that looks made by chance: a slug has words, and small letters."""
    part = found[0]
    is_mixed = part != part.lower() and _DIGIT.search(part)
    is_number = len(_DIGIT.findall(part)) * 4 >= len(part)
    return MASK if is_mixed or is_number else part
