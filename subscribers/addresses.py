"""Addresses: what is one, what it is called on the wire, and when two are the same mailbox."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self

from email_validator import EmailNotValidError, validate_email

from subscribers.errors import AddressError

_LONGEST_LOCAL = 64  # octets; RFC 5321 4.5.3.1.1
_LONGEST_PLAIN = 63  # octets of a domain: none of its labels can be longer then (RFC 1035 2.3.4)
_BLANKS = " \u00a0"  # what a paste brings along

# Most addresses are this plain, and email-validator takes 40 times as long to say so. Whatever
# does not match (IDN, "xn--", special-use domains, odd characters) is not refused but asked there.
_LABEL = r"[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+"
_SPECIAL_USE = r"(?:arpa|invalid|local|localhost|onion|test)"  # RFC 6761, 6762, 7686
_PLAIN = re.compile(
    r"([A-Za-z0-9_+'-]++(?:\.[A-Za-z0-9_+'-]++)*+)"
    rf"@((?:{_LABEL}\.)+(?!(?i:{_SPECIAL_USE})\Z)[A-Za-z]{{2,63}})"
)

# How address books and web pages write an address.
_WRAPPED = re.compile(r"(?:[^<>]*<([^<>]+)>|mailto:(.+))", re.IGNORECASE)

# Scripts that are written together (UTS 39, "highly restrictive"); any other mixture in one label
# is how a domain is made to look like another one.
_WRITTEN_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
_NO_SCRIPT = frozenset({"DIGIT", "HYPHEN-MINUS", "MIDDLE", "COMBINING", "KATAKANA-HIRAGANA"})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address: the local part as written (NFC), the domain as A-label in lower case.

    ``needs_smtputf8`` says that only a server that offers SMTPUTF8 (RFC 6531) can take it.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address as a person typed it, or raise `AddressError` saying what is wrong.

        Blanks around it, ``mailto:`` and a name with angle brackets are forgiven. Quoted local
        parts, IP addresses for a domain and local parts over 64 octets are refused, as are domains
        that cannot be reached from everywhere (``.local``) and domains that mix scripts. The DNS
        is not asked.
        """
        text = text.strip(_BLANKS)
        return cls(*(plain(text) or _examine(text)))

    @property
    def address(self) -> str:
        """The address as it goes on the wire."""
        return f"{self.local}@{self.domain}"

    @property
    def canonical(self) -> str:
        """What two spellings of one mailbox have in common; for comparing, never for mailing.

        A server may tell ``Ada`` from ``ada`` (RFC 5321 2.4); none that matters does.
        """
        local = self.local
        if local.isascii():
            return f"{local.lower()}@{self.domain}"
        return f"{unicodedata.normalize('NFC', local.casefold())}@{self.domain}"

    @property
    def masked(self) -> str:
        """The address for pages and logs: ``r***@example.org``."""
        return mask(self.address)

    @property
    def needs_smtputf8(self) -> bool:
        """Whether the local part is not ASCII."""
        return not self.local.isascii()


def plain(text: str) -> tuple[str, str] | None:
    """Return the local part and the domain of an address that is plain; most are.

    None says nothing against an address: `Mailbox.parse` looks at it more closely.
    """
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    local, domain = found.groups()
    if len(local) > _LONGEST_LOCAL or len(domain) > _LONGEST_PLAIN:
        return None
    return local, domain.lower()


def mask(address: str) -> str:
    """Hide all of a local part but its first character, and nothing of the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def _examine(text: str) -> tuple[str, str]:
    """Look at an address that is not plain; return its local part and its A-label domain."""
    if not text:
        raise AddressError("the address is empty")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise AddressError("an address holds no line breaks or control characters")
    if wrapped := _WRAPPED.fullmatch(text):
        text = (wrapped[1] or wrapped[2]).strip(_BLANKS)
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise AddressError(_reason(error)) from None  # the cause quotes what was typed
    for label in found.domain.split("."):
        _refuse_mixed_scripts(label)
    if found.ascii_domain is None:
        raise AddressError("the part after the @-sign cannot be written in the DNS")
    return unicodedata.normalize("NFC", text.rpartition("@")[0]), found.ascii_domain.lower()


def _reason(error: EmailNotValidError) -> str:
    sentence = str(error).rstrip(".")
    return f"this is not an email address: {sentence[:1].lower()}{sentence[1:]}"


def _refuse_mixed_scripts(label: str) -> None:
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in label if not c.isdigit()}
    scripts -= _NO_SCRIPT
    if len(scripts) > 1 and not any(scripts <= together for together in _WRITTEN_TOGETHER):
        raise AddressError(
            "the part after the @-sign mixes alphabets in one word, as forged domains do"
        )
