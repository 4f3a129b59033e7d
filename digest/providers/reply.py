"""What an SMTP reply means at each stage of the conversation: pure, and the whole of it."""

import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import NamedTuple

from digest.mail.outcome import Outcome, Stage, Verdict

LONGEST_TEXT = 200  # characters kept of a reply
_READ_AT_MOST = 2000  # characters looked at; a hostile reply may be far longer

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s+|$)")  # RFC 3463, RFC 2034
_WORD = r"[^\s<>()\[\],;:\"']"
_ADDRESS = re.compile(rf"(?:\"[^\"]{{1,64}}\"|{_WORD}{{1,320}})(?:@|[%=]40){_WORD}{{1,255}}")

# Replies that speak of our login or our order of commands, never of one reader (RFC 4954 6).
_OURS = frozenset({503, 530, 534, 535, 538})
_PERMANENT = {
    Stage.GREETING: Verdict.RETRY,  # another day, or another machine behind the name, may differ
    Stage.TLS: Verdict.CONFIG,
    Stage.AUTH: Verdict.CONFIG,
    Stage.MAIL: Verdict.CONFIG,
    Stage.RCPT: Verdict.REFUSED,
    Stage.DATA: Verdict.REFUSED,
    Stage.TEXT: Verdict.REFUSED,
    Stage.DOT: Verdict.REFUSED,
}
_BEFORE_ANY_LETTER = frozenset({Stage.GREETING, Stage.TLS, Stage.AUTH})
_ABOUT_THE_READER = frozenset({Stage.RCPT, Stage.DATA, Stage.TEXT, Stage.DOT})


CLOSING = 421  # "service not available, closing transmission channel"
_FULL = 452  # at RCPT: "too many recipients" (RFC 5321 4.5.3.1.10)


class Kind(IntEnum):
    """The first digit of a reply."""

    YES = 2
    GO_ON = 3
    NOT_NOW = 4
    NEVER = 5


_KINDS = {kind.value: kind for kind in Kind}  # a look-up is quicker than the enumeration's call
_FIRST_REFUSAL = Kind.NOT_NOW.value


class Fault(StrEnum):
    """How a connection can fail without a reply."""

    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    OVERDUE = "overdue"
    GARBAGE = "garbage"
    UNTRUSTED = "untrusted"  # TLS: certificate, protocol, or bytes before the handshake


class Line(NamedTuple):
    """One line of a reply."""

    code: int
    last: bool
    text: str


@dataclass(kw_only=True, eq=False, slots=True)
class Reply:
    """A whole reply: one code, one or more lines without it (RFC 5321 4.2.1), and its ``kind``.

    The same words are one object (see `whole_reply`), which is found again without being compared.
    But most servers name a letter's place in their queue, so each last reply is new, and has to
    be made quickly: a frozen one takes twice as long.
    """

    code: int
    lines: tuple[str, ...]
    kind: Kind = field(init=False)

    def __post_init__(self) -> None:
        """Look up what sort of answer this is."""
        self.kind = _KINDS[self.code // 100]

    @property
    def is_refusal(self) -> bool:
        """Tell whether the server said no, for now or for good."""
        return self.code // 100 >= _FIRST_REFUSAL

    @property
    def enhanced(self) -> str | None:
        """The RFC 3463 code, if the first line has one of the same kind."""
        match = _ENHANCED.match(self.lines[0])
        fits = match is not None and int(match[1][0]) == self.code // 100
        return match[1] if match is not None and fits else None

    @property
    def text(self) -> str:
        """The words, on one line, without codes, addresses and control characters."""
        return _clean(" ".join([_without_code(line) for line in self.lines]))


def read_line(raw: bytes) -> Line | None:
    """Read one line without its LF; None when it cannot be part of a reply."""
    match = _LINE.fullmatch(raw.removesuffix(b"\r"))
    if match is None:
        return None
    text = (match[3] or b"").decode("utf-8", "replace")
    return Line(code=int(match[1]), last=match[2] != b"-", text=text)


@lru_cache(maxsize=256)
def whole_reply(raw: bytes) -> Reply | None:
    """Read a line that is a reply by itself, as nearly all are; None for any other."""
    line = read_line(raw)
    return Reply(code=line.code, lines=(line.text,)) if line and line.last else None


def judge(reply: Reply, *, stage: Stage) -> Outcome:
    """Say what a reply means that ends the transaction at ``stage`` (`Stage.DOT`: the last one).

    A reply of a kind that has no place there says nothing: before the dot the letter is surely
    not taken, after it nobody knows.
    """
    verdict, counted = _place(reply, stage=stage)
    return Outcome(
        verdict=verdict,
        stage=stage,
        code=reply.code,
        enhanced=reply.enhanced,
        text=reply.text,
        counted=counted,
    )


def _place(reply: Reply, *, stage: Stage) -> tuple[Verdict, bool]:
    if stage is Stage.DOT and not reply.is_refusal:
        return (Verdict.ACCEPTED if reply.kind is Kind.YES else Verdict.UNKNOWN), True
    if not reply.is_refusal:
        return Verdict.RETRY, False
    if reply.code in _OURS:
        return Verdict.CONFIG, False
    verdict = _PERMANENT[stage] if reply.kind is Kind.NEVER else Verdict.RETRY
    return verdict, stage in _ABOUT_THE_READER and not is_limit(reply, stage=stage)


def is_limit(reply: Reply, *, stage: Stage) -> bool:
    """Tell whether the reply speaks of this connection, not of this letter or reader.

    452 at RCPT does, unless its code names the mailbox (4.2.2 is "over quota").
    """
    if stage is Stage.DOT:
        return False
    about_mailbox = (reply.enhanced or "").startswith("4.2.")
    full = reply.code == _FULL and stage is Stage.RCPT and not about_mailbox
    return full or reply.code == CLOSING


def ends_connection(reply: Reply, *, stage: Stage) -> bool:
    """Tell whether no further letter can be given on the connection that ended so."""
    if stage is Stage.DOT:
        return reply.code == CLOSING or reply.kind is Kind.GO_ON
    # Without a transaction, out of step, or unasked: only a fresh connection is sure.
    astray = stage in _BEFORE_ANY_LETTER or stage is Stage.TEXT or not reply.is_refusal
    return astray or is_limit(reply, stage=stage)


@lru_cache(maxsize=256)
def weigh(reply: Reply, stage: Stage) -> tuple[Outcome, bool]:
    """Say what a reply means that ends the transaction, and whether it ends the connection, too."""
    return judge(reply, stage=stage), ends_connection(reply, stage=stage)


def judge_fault(fault: Fault, *, stage: Stage, text: str) -> Outcome:
    """Say what a broken connection means at ``stage`` (`Stage.REPLY`: the dot has left)."""
    if stage is Stage.REPLY:
        return Outcome(verdict=Verdict.UNKNOWN, stage=stage, text=_clean(text))
    verdict = Verdict.CONFIG if fault is Fault.UNTRUSTED else Verdict.RETRY
    return Outcome(verdict=verdict, stage=stage, text=_clean(text), counted=False)


def _without_code(line: str) -> str:
    match = _ENHANCED.match(line)  # at its beginning: further on, it is a part of an IP address
    return line[match.end() :] if match else line


def _clean(text: str) -> str:
    """Make one printable line of at most `LONGEST_TEXT` characters, addresses hidden."""
    text = text[:_READ_AT_MOST]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    if "@" in text or "%40" in text or "=40" in text:  # few replies speak of an address
        text = _ADDRESS.sub("[address]", text)
    return text[:LONGEST_TEXT]
