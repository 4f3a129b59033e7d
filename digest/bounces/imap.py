"""Reads a mailbox by IMAP (RFC 9051, RFC 3501): each message once, then moved or marked."""

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from digest.bounces.hands import Hands, MailboxError
from digest.bounces.opened import LONGEST
from digest.bounces.seen import Seen
from digest.bounces.settings import MailboxSettings

_PLAIN, _TLS = 143, 993
_IN_UTF7 = re.compile(r"(?:[\x20-\x25\x27-\x7e]|&[A-Za-z0-9+,]*-)*")


def visit(settings: MailboxSettings, *, seen: Seen, take: Callable[[bytes], object]) -> int:
    """Give every new message to ``take``; return how many there were.

    A message is moved or marked only after ``take`` has returned: dying in between reads it
    again. Raises `MailboxError`, and whatever ``take`` raises.
    """
    count = 0
    hands = Hands(take)
    with _session(settings) as talk:
        offers = _offers(talk)
        if settings.done:  # before anything is taken that could not be put away
            _ask(talk.status(_quoted(settings.done), "(UIDNEXT)"))
        for uid in _new(talk, settings, seen=seen):
            raw = _message(talk, uid)
            if raw is not None:
                if not hands.took(raw):
                    break
                _put_away(talk, uid, done=settings.done, offers=offers)
                count += 1
            seen.uid = uid
            seen.save()
    hands.done()
    return count


@contextmanager
def _session(settings: MailboxSettings) -> "Iterator[imaplib.IMAP4]":
    try:
        talk = _connect(settings)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxError(_told(settings, error)) from error
    try:
        _log_in(talk, settings)
        yield talk
        talk.logout()
    except (OSError, UnicodeError, imaplib.IMAP4.error) as error:
        raise MailboxError(_told(settings, error)) from error
    finally:
        with suppress(OSError):  # it is closed after a goodbye
            talk.shutdown()


def _connect(settings: MailboxSettings) -> imaplib.IMAP4:
    wait = settings.timeout_seconds
    port = settings.port or (_TLS if settings.security == "tls" else _PLAIN)
    if settings.security == "tls":
        return imaplib.IMAP4_SSL(
            settings.host, port, ssl_context=tls_context(settings), timeout=wait
        )
    talk = imaplib.IMAP4(settings.host, port, timeout=wait)
    if settings.security == "starttls":
        talk.starttls(tls_context(settings))
    return talk


def _log_in(talk: imaplib.IMAP4, settings: MailboxSettings) -> None:
    if (settings.username + settings.password).isascii():
        talk.login(settings.username, settings.password)
        return
    # LOGIN takes ASCII alone (RFC 3501 6.2.3), PLAIN takes UTF-8 (RFC 4616 2).
    words = f"\0{settings.username}\0{settings.password}".encode()
    talk.authenticate("PLAIN", lambda _: words)


def tls_context(settings: MailboxSettings) -> ssl.SSLContext:
    """Return what checks the server's certificate."""
    return ssl.create_default_context(cafile=settings.ca_file)


def _new(talk: imaplib.IMAP4, settings: MailboxSettings, *, seen: Seen) -> list[int]:
    """Select the folder; return the numbers of the messages that were not read yet."""
    _ask(talk.select(_quoted(settings.folder)))
    _, told = talk.response("UIDVALIDITY")
    validity = int(told[0]) if told and told[0] else 0
    if validity != seen.validity:  # the server counts anew
        seen.validity, seen.uid = validity, 0
    (found, *_) = _ask(talk.uid("SEARCH", f"UID {seen.uid + 1}:*"))
    # The last message is always named, even when its number is less (RFC 9051 9, seq-range).
    numbers = sorted(uid for uid in map(int, (found or b"").split()) if uid > seen.uid)
    return numbers[: settings.most]


def _message(talk: imaplib.IMAP4, uid: int) -> bytes | None:
    """Fetch as much of a message as is read, unmarked; None when somebody has deleted it."""
    for part in _ask(talk.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LONGEST}>)")):
        if isinstance(part, tuple):
            return bytes(part[1])
    return None


def _offers(talk: imaplib.IMAP4) -> frozenset[str]:
    """Return what the server can do, now that it knows us: many say less before."""
    (told, *_) = _ask(talk.capability())
    return frozenset(bytes(told or b"").decode("ascii", "replace").upper().split())


def _put_away(talk: imaplib.IMAP4, uid: int, *, done: str, offers: frozenset[str]) -> None:
    if not done:
        _ask(talk.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))
        return
    if "MOVE" in offers:  # RFC 6851
        _ask(talk.uid("MOVE", str(uid), _quoted(done)))
        return
    _ask(talk.uid("COPY", str(uid), _quoted(done)))
    _ask(talk.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen \Deleted)"))
    if "UIDPLUS" in offers:  # a plain EXPUNGE would take others' deletions with it
        _ask(talk.uid("EXPUNGE", str(uid)))


def _ask(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, data = answer
    if kind != "OK":
        words = data[0] if data else b""
        said = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
        raise imaplib.IMAP4.error(said)
    return data


def _quoted(folder: str) -> str:
    """Write the name of a folder as it is told: in modified UTF-7 (RFC 3501 5.1.3), if it is not.

    What may be in it already is left alone: so a server shows the name to whoever looks there.
    """
    if not _IN_UTF7.fullmatch(folder):
        folder = re.sub(r"&|[^\x20-\x7e]+", _shifted, folder)
    return '"' + re.sub(r'(["\\])', r"\\\1", folder) + '"'


def _shifted(found: re.Match[str]) -> str:
    letters = "" if found[0] == "&" else b64encode(found[0].encode("utf-16-be")).decode()
    return f"&{letters.rstrip('=').replace('/', ',')}-"


def _told(settings: MailboxSettings, error: Exception) -> str:
    return (
        f"the mailbox at {settings.host} cannot be read ({type(error).__name__}: {error});"
        " see [bounces.mailbox]"
    )
