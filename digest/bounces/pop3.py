"""Reads a mailbox by POP3 (RFC 1939): each message once, then deleted, unless it is to be kept."""

import poplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from digest.bounces.hands import Hands, MailboxError
from digest.bounces.imap import tls_context
from digest.bounces.opened import LONGEST
from digest.bounces.seen import Seen
from digest.bounces.settings import MailboxSettings

_PLAIN, _TLS = 110, 995
_LINES = 5_000  # of a message that is too large to be fetched whole


def visit(settings: MailboxSettings, *, seen: Seen, take: Callable[[bytes], object]) -> int:
    """Give every new message to ``take``; return how many there were.

    The server deletes only when we say goodbye: dying before that reads them again. Raises
    `MailboxError`, and whatever ``take`` raises.
    """
    count = 0
    hands = Hands(take)
    with _session(settings) as talk:
        names, sizes = _names(talk), _sizes(talk)
        new = [(number, name) for number, name in names.items() if name not in seen.names]
        for number, name in new[: settings.most]:
            try:
                raw = _message(talk, number, size=sizes.get(number, 0))
            except poplib.error_proto as error:
                if "line too long" in str(error):  # it would end every visit: it stays, unread
                    seen.names.add(name)
                    seen.save()
                raise
            if not hands.took(raw):
                break
            count += 1
            if settings.keep:
                seen.names.add(name)
                seen.save()
            else:
                talk.dele(number)
        seen.save(present=names.values())
    hands.done()
    return count


@contextmanager
def _session(settings: MailboxSettings) -> "Iterator[poplib.POP3]":
    talk = None
    try:
        talk = _connect(settings)
        talk.user(settings.username)
        talk.pass_(settings.password)
        yield talk
        talk.quit()
    except (OSError, poplib.error_proto) as error:
        raise MailboxError(
            f"the mailbox at {settings.host} cannot be read ({type(error).__name__}: {error});"
            " see [bounces.mailbox]"
        ) from error
    finally:
        if talk is not None:
            with suppress(OSError):
                talk.close()


def _connect(settings: MailboxSettings) -> poplib.POP3:
    wait = settings.timeout_seconds
    port = settings.port or (_TLS if settings.security == "tls" else _PLAIN)
    if settings.security == "tls":
        return poplib.POP3_SSL(settings.host, port, timeout=wait, context=tls_context(settings))
    talk = poplib.POP3(settings.host, port, timeout=wait)
    if settings.security == "starttls":
        talk.stls(tls_context(settings))
    return talk


def _names(talk: poplib.POP3) -> dict[int, str]:
    """Return the messages' lasting names by their numbers of today."""
    _, lines, _ = talk.uidl()
    pairs = (line.decode("ascii", "replace").split(maxsplit=1) for line in lines)
    return {int(pair[0]): pair[1] for pair in pairs if len(pair) > 1}


def _sizes(talk: poplib.POP3) -> dict[int, int]:
    """Return how many octets the messages have, by their numbers of today."""
    _, lines, _ = talk.list()
    pairs = (line.split() for line in lines)
    return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) > 1}


def _message(talk: poplib.POP3, number: int, *, size: int) -> bytes:
    _, lines, _ = talk.retr(number) if size <= LONGEST else talk.top(number, _LINES)
    return b"\r\n".join(lines) + b"\r\n"
