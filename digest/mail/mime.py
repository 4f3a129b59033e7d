"""The message: compiled once per variant into finished bytes, filled per reader by joining them."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote

from digest.errors import ConfigurationError, UnfitError
from digest.mail.headers import (
    ascii_domain,
    clean,
    mailbox_line,
    structural_line,
    text_line,
    wire_address,
)
from digest.mail.quoted import SOFT_BREAK, encode_line

_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_LONGEST_KEY = 62  # "b+" and the key are a local part of at most 64 octets (RFC 5321 4.5.3.1.1)
_QUOTABLE = re.compile(r"[ !#-\[\]-~]*")  # printable ASCII but for the quote and the backslash
_LONGEST_LIST_NAME = 100  # this header is never folded
_FEEDBACK_SENDER = range(5, 16)  # Gmail's rule for the last field of Feedback-ID


@dataclass(frozen=True, kw_only=True)
class SenderSettings:
    """Who sends, and where answers and bounces go.

    ``from_name``: empty means the newsletter's name. ``reply_to``, ``owner_address`` and
    ``unsubscribe_address`` (for clients that leave by mail): empty means ``from_address``.
    ``bounce_domain``: domain of the return path; empty means that of ``from_address``.
    ``list_id``: identifies the list for filters (RFC 2919) and should never change; empty means
    the newsletter's slug in the domain of ``from_address``. ``feedback_sender``: 5 to 15
    characters that stay the same for all your mail (Gmail's Feedback-ID).
    """

    from_name: str = ""
    from_address: str = "digest@digest.example"
    reply_to: str = ""
    owner_address: str = ""
    unsubscribe_address: str = ""
    bounce_domain: str = ""
    list_id: str = ""
    feedback_sender: str = "weekly-digest"

    def __post_init__(self) -> None:
        """Refuse what could not be written into every letter."""
        for name in ("from_address", "reply_to", "owner_address", "unsubscribe_address"):
            value = getattr(self, name)
            if value or name == "from_address":
                self._check(name, value, wire_address)
        for name in ("bounce_domain", "list_id"):
            if value := getattr(self, name):
                self._check(name, value, ascii_domain)
        sender = self.feedback_sender
        if len(sender) not in _FEEDBACK_SENDER or not _KEY.fullmatch(sender):
            raise ConfigurationError(
                "[sender] feedback_sender takes 5 to 15 letters, digits, '-', '_' and '.'"
            )

    def _check(self, name: str, value: str, check: Callable[[str], str]) -> None:
        try:
            check(value)
        except UnfitError as error:
            raise ConfigurationError(f"[sender] {name} = {value!r}: {error}") from error

    @property
    def domain(self) -> str:
        """The domain that the letters come from, as A-label."""
        return wire_address(self.from_address).rpartition("@")[2]

    @property
    def return_domain(self) -> str:
        """The domain of the return path, as A-label."""
        return ascii_domain(self.bounce_domain) if self.bounce_domain else self.domain


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """What all letters of one variant share.

    ``text`` and ``html`` hold the markers of the open slots. ``date`` is the same on every retry.
    """

    newsletter: str
    slug: str
    period: str
    subject: str
    text: str
    html: str
    date: datetime
    archive_url: str


class _Gap(NamedTuple):
    """A place for a slot's value, in the text or in the HTML."""

    slot: str
    is_html: bool


class Mould:
    """One variant in finished bytes, with gaps where a reader's own words go.

    ``slots`` gives each slot's marker in text and HTML: ASCII letters and digits, found nowhere
    else. Everything but the gaps is encoded here, once.
    """

    def __init__(
        self, mailing: Mailing, *, sender: SenderSettings, slots: Mapping[str, str]
    ) -> None:
        self._domain = sender.domain
        self._unsubscribe_by_mail = _mailto(sender.unsubscribe_address or sender.from_address)
        pieces = list(_merged(_compile(mailing, sender=sender, slots=slots)))
        self._finished = [piece if isinstance(piece, bytes) else b"" for piece in pieces]
        self._gaps = [(n, piece) for n, piece in enumerate(pieces) if isinstance(piece, _Gap)]
        self._kinds = {gap for _, gap in self._gaps}

    def fill(
        self,
        *,
        key: str,
        name: str | None,
        address: str,
        unsubscribe_url: str,
        values: Mapping[str, str],
    ) -> bytes:
        """Return one reader's message; ``values`` has a value for every slot.

        ``key`` names the delivery in Message-ID (RFC 5322: the same on every retry). ``address``
        is as `wire_address` returns it. Raises `UnfitError` for what cannot be written.
        """
        if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY:
            raise UnfitError("the key of a delivery takes 62 letters, digits, '-', '_' and '.'")
        by_mail = f"{self._unsubscribe_by_mail}?subject={key}"
        encoded = {gap: _encoded(values[gap.slot], is_html=gap.is_html) for gap in self._kinds}
        parts = self._finished.copy()
        for index, gap in self._gaps:
            parts[index] = encoded[gap]
        return b"".join(
            (
                mailbox_line("To", display=name, address=address),
                structural_line("Message-ID", f"<{key}@{self._domain}>"),
                structural_line("List-Unsubscribe", f"<{unsubscribe_url}>, <{by_mail}>"),
                *parts,
            )
        )


def _encoded(value: str, *, is_html: bool) -> bytes:
    line = clean(value)
    return encode_line(escape(line) if is_html else line)


def _compile(
    mailing: Mailing, *, sender: SenderSettings, slots: Mapping[str, str]
) -> Iterator[bytes | _Gap]:
    """Yield what stands below the reader's own headers."""
    boundary = "=_" + hashlib.sha256((mailing.text + mailing.html).encode()).hexdigest()[:32]
    delimiter = f"\r\n--{boundary}".encode("ascii")  # the first CRLF is its own (RFC 2046 5.1.1)
    yield _shared_headers(mailing, sender=sender, boundary=boundary)
    for kind, body in (("plain", mailing.text), ("html", mailing.html)):
        yield delimiter + b"\r\n" + _part_headers(kind)
        yield from _compile_body(body, slots=slots, is_html=kind == "html")
    yield delimiter + b"--\r\n"


def _compile_body(body: str, *, slots: Mapping[str, str], is_html: bool) -> Iterator[bytes | _Gap]:
    names = {marker: name for name, marker in slots.items()}
    finder = re.compile("|".join(map(re.escape, names)))
    for line in body.removesuffix("\n").split("\n"):
        end = 0
        for match in finder.finditer(line):
            # A soft break on either side: the value has its lines to itself.
            yield encode_line(line[end : match.start()]) + SOFT_BREAK
            yield _Gap(names[match[0]], is_html)
            yield SOFT_BREAK
            end = match.end()
        yield encode_line(line[end:]) + b"\r\n"


def _merged(pieces: Iterable[bytes | _Gap]) -> Iterator[bytes | _Gap]:
    """Join neighbouring bytes: a letter is made of a few large pieces."""
    for is_finished, run in groupby(pieces, key=lambda piece: isinstance(piece, bytes)):
        if is_finished:
            yield b"".join(piece for piece in run if isinstance(piece, bytes))
        else:
            yield from run


def _shared_headers(mailing: Mailing, *, sender: SenderSettings, boundary: str) -> bytes:
    owner = f"<{_mailto(sender.owner_address or sender.from_address)}>"
    feedback = f"{mailing.period}:{mailing.slug}:digest:{sender.feedback_sender}"
    from_address = wire_address(sender.from_address)
    return b"".join(
        (
            mailbox_line(
                "From", display=sender.from_name or mailing.newsletter, address=from_address
            ),
            mailbox_line(
                "Reply-To",
                display=None,
                address=wire_address(sender.reply_to) if sender.reply_to else from_address,
            ),
            text_line("Subject", mailing.subject),
            structural_line("Date", format_datetime(mailing.date.astimezone(UTC))),
            structural_line("List-Id", _list_id(mailing, sender=sender)),
            structural_line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
            structural_line("List-Archive", f"<{mailing.archive_url}>"),
            structural_line("List-Help", owner),
            structural_line("List-Owner", owner),
            structural_line("Feedback-ID", feedback),
            structural_line("Precedence", "bulk"),
            structural_line("MIME-Version", "1.0"),
            structural_line("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        )
    )


def _part_headers(kind: str) -> bytes:
    return b"".join(
        (
            structural_line("Content-Type", f'text/{kind}; charset="utf-8"'),
            structural_line("Content-Transfer-Encoding", "quoted-printable"),
            b"\r\n",
        )
    )


def _list_id(mailing: Mailing, *, sender: SenderSettings) -> str:
    identifier = ascii_domain(sender.list_id or f"{mailing.slug}.{sender.domain}")
    name = clean(mailing.newsletter, most=_LONGEST_LIST_NAME)
    # RFC 2919 readers mishandle encoded names here, so only a plain one is written.
    return f'"{name}" <{identifier}>' if _QUOTABLE.fullmatch(name) else f"<{identifier}>"


def _mailto(address: str) -> str:
    local, _, domain = wire_address(address).rpartition("@")
    return f"mailto:{quote(local, safe='+')}@{domain}"
