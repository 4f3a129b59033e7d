"""A message that one person has just asked for: a notice, not a letter of the list."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.mail.body import boundary_of, compile_body
from digest.mail.headers import mailbox_line, structural_line, text_line
from digest.mail.mime import SenderSettings, content_lines, message_id_line, origin_lines


@dataclass(frozen=True, kw_only=True)
class Single:
    """The words of one message, without ``html`` in text alone; ``date`` is that of every retry."""

    newsletter: str
    subject: str
    text: str
    html: str
    date: datetime


def write_single(
    single: Single, *, sender: SenderSettings, key: str, name: str | None, address: str
) -> bytes:
    """Return the finished message; the same words and key give the same bytes.

    ``key`` names it in Message-ID, ``address`` is as `wire_address` returns it. No machine is to
    answer it (RFC 3834), and it belongs to no list. Raises `UnfitError` for what cannot be written.
    """
    boundary = boundary_of(text=single.text, html=single.html)
    headers = (
        mailbox_line("To", display=name, address=address),
        message_id_line(key, domain=sender.domain),
        origin_lines(single.newsletter, sender=sender),
        text_line("Subject", single.subject),
        structural_line("Date", format_datetime(single.date.astimezone(UTC))),
        structural_line("Auto-Submitted", "auto-generated"),
        structural_line("X-Auto-Response-Suppress", "All"),
        content_lines(boundary if single.html else None),
    )
    body = compile_body(text=single.text, html=single.html, slots={}, boundary=boundary)
    return b"".join((*headers, *(piece for piece in body if isinstance(piece, bytes))))
