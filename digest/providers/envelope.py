"""What MAIL and RCPT say about a letter, given what the server offers: pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict

Offers = Mapping[str, str]
"""Extension keyword in capitals -> its parameters, from the answer to EHLO (RFC 5321 4.1.1.1)."""

_LONGEST_PATH = 254  # octets without the brackets (RFC 5321 4.5.3.1.3)
_PLAIN_PATH = re.compile(r"[!-;=?-~]+@[!-;=?-~]*")
_NEEDS_XTEXT = re.compile(r"[^!-*,-<>-~]")  # RFC 3461 4: all but printable ASCII, "+" and "="


def read_offers(lines: tuple[str, ...]) -> Offers:
    """Read the extensions from the answer to EHLO; the first line is only a greeting."""
    words = [line.replace("AUTH=", "AUTH ", 1).split(None, 1) for line in lines[1:]]
    return {word[0].upper(): word[1] if word[1:] else "" for word in words if word}


class Lines(NamedTuple):
    """MAIL and RCPT of one letter, without line ends; ``size`` is the letter's, in octets."""

    mail: str
    rcpt: str
    size: int


class Envelope:
    """What MAIL and RCPT say to one server, and which letters it cannot be given."""

    def __init__(self, offers: Offers) -> None:
        most = offers.get("SIZE", "")
        self._most = int(most) if most.isdecimal() else 0
        self._tells_size = "SIZE" in offers
        self._takes_utf8 = "SMTPUTF8" in offers
        self._reports = "DSN" in offers

    def write(self, letter: Letter) -> Lines | Outcome:
        """Write SIZE (RFC 1870), SMTPUTF8 (RFC 6531), and what reports need (RFC 3461).

        BODY stays out: our messages are 7-bit. An outcome says why this server cannot be given the
        letter: a recipient that cannot be written or carried concerns one reader, a message that
        is too large or a sender that cannot be written concerns all.
        """
        recipient, size = letter.recipient, letter.size
        is_plain = recipient.isascii()
        if problem := self._obstacle(letter, size=size, is_plain=is_plain):
            return problem
        mail, rcpt = f"MAIL FROM:<{letter.sender}>", f"RCPT TO:<{recipient}>"
        if self._tells_size:
            mail += f" SIZE={size}"
        if not is_plain:
            mail += " SMTPUTF8"
        if self._reports:
            mail += f" RET=HDRS ENVID={xtext(letter.key)}"
            rcpt += " NOTIFY=FAILURE,DELAY"
            if is_plain:  # else it would need the syntax of RFC 6533
                rcpt += f" ORCPT=rfc822;{xtext(recipient)}"
        return Lines(mail, rcpt, size)

    def _obstacle(self, letter: Letter, *, size: int, is_plain: bool) -> Outcome | None:
        if not _is_path(letter.recipient):
            return _no(Verdict.REFUSED, Stage.RCPT, "not an address that an envelope can carry")
        if not (is_plain or self._takes_utf8):
            words = "not an ASCII address, and no SMTPUTF8 offered"
            return _no(Verdict.REFUSED, Stage.RCPT, words)
        if not _is_return_path(letter.sender):
            return _no(Verdict.CONFIG, Stage.MAIL, "the return path is not a plain ASCII address")
        if 0 < self._most < size:
            words = f"the letter has {size} bytes, the server takes {self._most}"
            return _no(Verdict.CONFIG, Stage.MAIL, words)
        return None


def xtext(text: str) -> str:
    """Encode for an ESMTP parameter (RFC 3461 4): ``a+b`` becomes ``a+2Bb``."""
    return _NEEDS_XTEXT.sub(_hexadecimal, text)


def _hexadecimal(match: re.Match[str]) -> str:
    return "".join(f"+{octet:02X}" for octet in match[0].encode())


def _is_path(address: str) -> bool:
    if len(address) <= _LONGEST_PATH and _PLAIN_PATH.fullmatch(address):
        return True  # nearly every one
    writable = address.isprintable() and not set(address) & set("<> ")
    return writable and "@" in address and len(address.encode()) <= _LONGEST_PATH


def _is_return_path(address: str) -> bool:
    return not address or (address.isascii() and _is_path(address))


def _no(verdict: Verdict, stage: Stage, text: str) -> Outcome:
    counted = verdict is Verdict.REFUSED
    return Outcome(verdict=verdict, stage=stage, text=text, counted=counted)
