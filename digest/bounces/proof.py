"""Which letter a mail that came back is about, and what proves it: only what we have signed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from digest.bounces.opened import LONGEST, Fields, fields_of
from digest.mail.event import key_of
from digest.mail.returnpath import ReturnPath
from subscribers.errors import TokenError
from subscribers.tokens import Keyring, Purpose

_PATH = re.compile(rb"(?i)(?<![a-z0-9._+-])b\+[a-z0-9._-]{1,45}-[a-z2-7]{16}@")
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[1-9a-z][0-9a-z]{0,12}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")
_MOST = 20  # addresses and tokens that are tried: each costs a hash
_TO = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "to",
    "cc",
)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is known for sure about a mail that came back.

    ``key`` names the letter. When only a link of the letter proves it, ``reader`` is the
    subscriber's id in that link, and a ``key`` has to be a letter to that reader.
    """

    key: str | None = None
    reader: int | None = None


def proof_in(
    raw: bytes,
    *,
    head: Fields,
    returned: str,
    envelope: Sequence[str] = (),
    returns: ReturnPath,
    keyring: Keyring,
) -> Proof | None:
    """Return what proves that this is about a letter of ours, or None: then nothing may follow.

    A signed return path does, wherever it stands; first the envelope's recipients count, then the
    headers, then the rest. Message-ID and ENVID can be guessed: they count only beside a link of
    the letter that nobody but its reader and those on its way have seen (R25, R26).
    """
    places = (
        "\n".join(f"{to}@" if "@" not in to else to for to in envelope).encode("utf-8", "replace"),
        "\n".join(head[name] for name in _TO if name in head).encode("utf-8", "replace"),
        raw[:LONGEST],
        returned.encode("utf-8", "replace"),
    )
    for place in places:
        keys = {*_signed(place, returns=returns)}
        if keys:  # two letters in one place: nobody can say which one is meant
            return Proof(key=keys.pop()) if len(keys) == 1 else None
    fields = fields_of(returned)
    readers = {*_readers(fields.get("list-unsubscribe", ""), keyring=keyring)}
    if len(readers) == 1:
        return Proof(key=key_of(fields.get("message-id")), reader=readers.pop())
    return None


def _signed(place: bytes, *, returns: ReturnPath) -> Iterator[str]:
    seen = dict.fromkeys(found[0].lower() for found in islice(_PATH.finditer(place), _MOST))
    for address in seen:
        if key := returns.key_of(address.decode("ascii")):
            yield key


def _readers(words: str, *, keyring: Keyring) -> Iterator[int]:
    for found in islice(_TOKEN.finditer(words), _MOST):
        try:
            yield keyring.read(found[0], purpose=Purpose.UNSUBSCRIBE)
        except TokenError:
            continue
