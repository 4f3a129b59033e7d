"""What MAIL and RCPT say about a letter, given what the server offers: pure."""

import re
from collections.abc import Mapping

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


def obstacle(letter: Letter, *, offers: Offers) -> Outcome | None:
    """Say why this server cannot be given this letter; None when it can.

    A recipient that cannot be written or carried is refused by ourselves: it concerns one reader.
    A message that is too large for the server or a sender that cannot be written concerns all.
    """
    if not _is_path(letter.recipient):
        return _no(Verdict.REFUSED, Stage.RCPT, "not an address that an envelope can carry")
    if not letter.recipient.isascii() and "SMTPUTF8" not in offers:
        return _no(Verdict.REFUSED, Stage.RCPT, "not an ASCII address, and no SMTPUTF8 offered")
    if letter.sender and not (_is_path(letter.sender) and letter.sender.isascii()):
        return _no(Verdict.CONFIG, Stage.MAIL, "the return path is not a plain ASCII address")
    most = offers.get("SIZE", "")
    if most.isdecimal() and 0 < int(most) < letter.size:
        words = f"the letter has {letter.size} bytes, the server takes {most}"
        return _no(Verdict.CONFIG, Stage.MAIL, words)
    return None


def mail_line(letter: Letter, *, offers: Offers) -> str:
    """Write MAIL with SIZE (RFC 1870), SMTPUTF8 (RFC 6531) and RET, ENVID (RFC 3461).

    BODY stays out: our messages are 7-bit.
    """
    words = [f"MAIL FROM:<{letter.sender}>"]
    if "SIZE" in offers:
        words.append(f"SIZE={letter.size}")
    if not letter.recipient.isascii():
        words.append("SMTPUTF8")
    if "DSN" in offers:
        words.append(f"RET=HDRS ENVID={xtext(letter.key)}")
    return " ".join(words)


def rcpt_line(letter: Letter, *, offers: Offers) -> str:
    """Write RCPT, with NOTIFY and ORCPT (RFC 3461) when the server reports on deliveries."""
    words = [f"RCPT TO:<{letter.recipient}>"]
    if "DSN" in offers:
        words.append("NOTIFY=FAILURE,DELAY")
        if letter.recipient.isascii():  # else it would need the syntax of RFC 6533
            words.append(f"ORCPT=rfc822;{xtext(letter.recipient)}")
    return " ".join(words)


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


def _no(verdict: Verdict, stage: Stage, text: str) -> Outcome:
    counted = verdict is Verdict.REFUSED
    return Outcome(verdict=verdict, stage=stage, text=text, counted=counted)
