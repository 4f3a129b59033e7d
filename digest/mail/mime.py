"""The message: compiled once per variant into finished bytes, filled per reader by joining them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from itertools import count
from operator import itemgetter
from urllib.parse import quote

from digest.errors import ConfigurationError, UnfitError
from digest.mail.body import Gap, boundary_of, compile_body, merged
from digest.mail.headers import (
    ascii_domain,
    clean,
    mailbox_line,
    structural_line,
    text_line,
    wire_address,
)
from digest.mail.quoted import LONGEST, encode_line
from subscribers.unsubscribe_mail import subject_for

_OWN = 2  # headers that no two letters share: To, and how to leave
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_LONGEST_KEY = 45  # of 64 octets of a return path, "b+" and its mark take the rest
_QUOTABLE = re.compile(r"[ !#-\[\]-~]*")  # printable ASCII but for the quote and the backslash
_LONGEST_LIST_ID = 255  # RFC 2919 3
_URL = re.compile(r"https?://[!-;=?-~]+")  # printable ASCII but for "<" and ">"
_LONGEST_URL = 400  # its header is never folded, and names a mail address with its end too
# What is the same in text, in HTML and in quoted-printable: most that is filled in.
_AS_IT_IS = r"(?!\.|From )[!#-%(-;?-~]+(?: [!#-%(-;?-~]+)*"
_ALL_AS_THEY_ARE = re.compile(rf"{_AS_IT_IS}(?:\n{_AS_IT_IS})*")
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

    ``text`` and ``html`` hold the markers of the open slots; without ``html`` the letters are text
    alone. ``date`` is the same on every retry.
    """

    newsletter: str
    slug: str
    period: str
    subject: str
    text: str
    html: str
    date: datetime
    archive_url: str


class Mould:
    """One variant in finished bytes, with gaps where a reader's own words go.

    ``slots`` gives each slot's marker in text and HTML: ASCII letters and digits, found nowhere
    else; the attribute ``slots`` names those that occur. Everything but the gaps is encoded here,
    once: no line begins with a dot, so that no carrier has to look for one (RFC 5321 4.5.2).
    """

    def __init__(
        self, mailing: Mailing, *, sender: SenderSettings, slots: Mapping[str, str]
    ) -> None:
        self._domain = sender.domain
        # The token follows: a delivery's key could be guessed, and take others off the list.
        leave_by = quote(subject_for(""))
        self._by_mail = (
            f"{mailto(sender.unsubscribe_address or sender.from_address)}?subject={leave_by}"
        )
        boundary = boundary_of(text=mailing.text, html=mailing.html)
        body = compile_body(text=mailing.text, html=mailing.html, slots=slots, boundary=boundary)
        headers = _shared_headers(mailing, sender=sender, boundary=boundary)
        pieces = [*merged((headers, *body))]
        self._finished = [piece for piece in pieces if isinstance(piece, bytes)]
        self._slots = list(dict.fromkeys(piece.slot for piece in pieces if isinstance(piece, Gap)))
        self.slots = frozenset(self._slots)
        self._in_order: Callable[[list[bytes]], tuple[bytes, ...]]
        self._in_order = itemgetter(*self._places(pieces))

    def fill(
        self,
        *,
        key: str,
        name: str | None,
        address: str,
        unsubscribe_url: str,
        values: Mapping[str, str],
    ) -> tuple[bytes, ...]:
        """Return one reader's message in parts; ``values`` has a value for every slot that occurs.

        ``key`` names the delivery in Message-ID (RFC 5322: the same on every retry). ``address``
        is as `wire_address` returns it. Raises `UnfitError` for what cannot be written.
        """
        to = mailbox_line("To", display=name, address=address)
        way_out = self._way_out(unsubscribe_url, key=key)
        in_text, in_html = _encoded([values[slot] for slot in self._slots])
        return self._in_order([to, way_out, *in_text, *in_html, *self._finished])

    def _places(self, pieces: Sequence[bytes | Gap]) -> Iterator[int]:
        """Say where in the stock that `fill` lays out each part of a message lies, in its order.

        It begins with two headers; the slots' values follow, for the text and once more for the
        HTML, and then the finished pieces.
        """
        yield from range(_OWN)
        slots = len(self._slots)
        finished = count(_OWN + 2 * slots)
        for piece in pieces:
            if isinstance(piece, Gap):
                yield _OWN + slots * piece.is_html + self._slots.index(piece.slot)
            else:
                yield next(finished)

    def _way_out(self, url: str, *, key: str) -> bytes:
        """Write the headers that name the delivery, and how to leave: https first (RFC 8058)."""
        message_id = _message_id(key, domain=self._domain)
        if not _URL.fullmatch(url) or len(url) > _LONGEST_URL:
            raise UnfitError("the unsubscribe address is no http(s) address; check public_url")
        token = url.rpartition("/")[2]
        leave = f"List-Unsubscribe: <{url}>, <{self._by_mail}{token}>\r\n"
        return (message_id + leave).encode("ascii")


def _encoded(values: list[str]) -> tuple[list[bytes], list[bytes]]:
    """Return values as the text part holds them, and as the HTML part does."""
    together = "\n".join(values)
    if _ALL_AS_THEY_ARE.fullmatch(together) and max(map(len, values)) <= LONGEST:
        same = together.encode("ascii").split(b"\n")
        if len(same) == len(values):
            return same, same
    lines = [clean(value) for value in values]
    return [encode_line(line) for line in lines], [encode_line(escape(line)) for line in lines]


def message_id_line(key: str, *, domain: str) -> bytes:
    """Write the Message-ID of a delivery; raises `UnfitError` for a key that fits no address."""
    return _message_id(key, domain=domain).encode("ascii")


def _message_id(key: str, *, domain: str) -> str:
    if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY:
        raise UnfitError("the key of a delivery takes 45 letters, digits, '-', '_' and '.'")
    return f"Message-ID: <{key}@{domain}>\r\n"


def origin_lines(newsletter: str, *, sender: SenderSettings) -> bytes:
    """Write From and Reply-To."""
    from_address = wire_address(sender.from_address)
    reply_to = wire_address(sender.reply_to) if sender.reply_to else from_address
    return mailbox_line(
        "From", display=sender.from_name or newsletter, address=from_address
    ) + mailbox_line("Reply-To", display=None, address=reply_to)


def content_lines(boundary: str | None) -> bytes:
    """Write the headers that say what the body is; a body without parts says the rest itself."""
    version = structural_line("MIME-Version", "1.0")
    if boundary is None:
        return version
    return version + structural_line(
        "Content-Type", f'multipart/alternative; boundary="{boundary}"'
    )


def _shared_headers(mailing: Mailing, *, sender: SenderSettings, boundary: str) -> bytes:
    owner = f"<{mailto(sender.owner_address or sender.from_address)}>"
    feedback = f"{mailing.period}:{mailing.slug}:digest:{sender.feedback_sender}"
    list_id = list_id_of(mailing.newsletter, slug=mailing.slug, sender=sender)
    return b"".join(
        (
            origin_lines(mailing.newsletter, sender=sender),
            text_line("Subject", mailing.subject),
            structural_line("Date", format_datetime(mailing.date.astimezone(UTC))),
            structural_line("List-Id", list_id),
            structural_line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
            structural_line("List-Archive", f"<{mailing.archive_url}>"),
            structural_line("List-Help", owner),
            structural_line("List-Owner", owner),
            structural_line("Feedback-ID", feedback),
            structural_line("Precedence", "bulk"),
            content_lines(boundary if mailing.html else None),
        )
    )


def list_id_of(newsletter: str, *, slug: str, sender: SenderSettings) -> str:
    """Return what identifies the list, with its name where that is plain (RFC 2919)."""
    identifier = f"<{ascii_domain(sender.list_id or f'{slug}.{sender.domain}')}>"
    name = clean(newsletter)
    # Readers of this header mishandle encoded names, so only a plain one is written.
    whole = f'"{name}" {identifier}'
    is_fit = _QUOTABLE.fullmatch(name) and len(whole) <= _LONGEST_LIST_ID
    return whole if is_fit else identifier


def mailto(address: str) -> str:
    """Return the address as a mailto: link (RFC 6068)."""
    local, _, domain = wire_address(address).rpartition("@")
    return f"mailto:{quote(local, safe='+')}@{domain}"
