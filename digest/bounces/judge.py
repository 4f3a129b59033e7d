"""What the codes and words of a bounce say about the reader: nothing, not now, or never again."""

import re

from digest.bounces.wordings import GONE, LATE, OURS, SOFT
from digest.mail.event import Kind

_LONGEST = 4_000  # characters of a reason that are read
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"']{1,300}", re.IGNORECASE)
_NUMBERS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")  # of machines, or versions
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]{1,120}@[^\s<>\"'(),;:]{1,200}")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BASIC = re.compile(r"(?<![\w.#-])([45]\d\d)(?=[ \-#<,;:\r\n]|$)")
_NAMED = re.compile(
    r"recipient address rejected: access denied|RESOLVER\.ADR\.|recipient not found by smtp",
    re.IGNORECASE,
)

# RFC 3463 3: X.1 is about addresses, X.2 about mailboxes, X.3 systems, X.4 ways, X.5 protocol,
# X.6 content, X.7 policy. Of X.1 the last two are about the sender's address.
_GONE_CODES = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1"})
_OURS_CODES = frozenset({"1.7", "1.8", "1.20", "2.3", "3.4"})
_SOFT_CODES = frozenset({"2.2", "2.4", "4.5", "4.6", "4.7"})


def judge(reason: str, *, status: str = "", is_failure: bool = True) -> Kind:
    """Return what a reason means; the worst for a reader only when nothing milder was said.

    ``status`` is the code the report itself gives (RFC 3463), ``reason`` all that was said about
    the failure. Rule R25: X.7.X and everything about content or standing is `Kind.REFUSED`, what
    may pass `Kind.SOFT_BOUNCED`, and without a failure `Kind.DEFERRED`.
    """
    said = _plain(reason)
    if not is_failure:
        return Kind.DEFERRED
    codes = [code for code in _ENHANCED.findall(f"{said} {status}") if code[0] != "2"]
    subjects = {f"{subject}.{detail}" for _, subject, detail in codes}
    if is_ours(said, subjects=subjects):
        return Kind.REFUSED
    if subjects & _SOFT_CODES or _is_for_now(said, kinds={kind for kind, _, _ in codes}):
        return Kind.SOFT_BOUNCED
    return Kind.HARD_BOUNCED if _is_gone(said, subjects=subjects) else Kind.SOFT_BOUNCED


def is_ours(said: str, *, subjects: set[str]) -> bool:
    """Whether the refusal is about the letter or its sender, so not about the reader."""
    if subjects & _OURS_CODES or any(subject[:2] in {"7.", "6."} for subject in subjects):
        return True
    if _NAMED.search(said):
        return False
    return bool(OURS.search(said))


def is_warning(text: str) -> bool:
    """Whether a notice speaks of a delay and not of an end."""
    return bool(LATE.search(text))


def has_reason(text: str) -> bool:
    """Whether these words say anything about why a letter was not delivered."""
    said = _plain(text)
    if any(table.search(said) for table in (OURS, SOFT, GONE)):
        return True
    return any(subject != "0" or detail != "0" for _, subject, detail in _ENHANCED.findall(said))


def _is_for_now(said: str, *, kinds: set[str]) -> bool:
    basic = _BASIC.search(said)
    return "4" in kinds or bool(basic and basic[1][0] == "4") or bool(SOFT.search(said))


def _is_gone(said: str, *, subjects: set[str]) -> bool:
    return bool(subjects & _GONE_CODES or _NAMED.search(said) or GONE.search(said))


def _plain(reason: str) -> str:
    """Return a reason on one line, without addresses: both may hold any word."""
    short = _NUMBERS.sub(" ", _URL.sub(" ", reason[:_LONGEST]))
    return " ".join(_ADDRESS.sub(" <@> ", short).split())
