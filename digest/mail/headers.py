"""Header text made safe, and header lines written by our own encoder as raw ASCII.

The standard library may not see such text: on some Pythons it decodes an encoded-word hidden in a
title and writes its line breaks (CVE-2024-6923), on all it breaks long List-Unsubscribe addresses.
"""

import base64
import re
from collections.abc import Iterable, Iterator

from digest.errors import UnfitError
from subscribers.addresses import Mailbox
from subscribers.errors import AddressError

LONGEST_LINE = 998  # RFC 5322 2.1.1, without CRLF
LONGEST_TEXT = 400
_FOLD_AT = 76  # RFC 2047 2: lines with encoded-words; RFC 5322 asks for 78
_FRAME = len("=?utf-8?q??=")
_BLANKS = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
_TIDY = re.compile(r"[!-~]+(?: [!-~]+)*")  # most text is, and this is quick to say
_PLAIN = re.compile(r"[ -~]*")
_STRUCTURAL = re.compile(r"[!-~][ -~]*")
_NAME = re.compile(r"[A-Za-z0-9]{1,20}(?: [A-Za-z0-9]{1,20}){0,2}")  # most are, quick to write
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_WORD_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]{1,64}@(?:[A-Za-z0-9]{1,63}\.){1,3}[A-Za-z]{2,63}")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253
# C0, DEL and C1; what reorders the text around it; lone surrogates; noncharacters of all planes.
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)


def clean(text: str, *, most: int | None = None) -> str:
    """Return one line of text that markup, headers and terminals can carry.

    Line breaks of every kind (U+2028 too) become blanks and blanks collapse; C0, C1, lone
    surrogates, noncharacters and reordering controls go. ``most`` cuts by characters.
    """
    if not _TIDY.fullmatch(text):
        text = _BLANKS.sub(" ", _UNFIT.sub("", _BLANKS.sub(" ", text))).strip()
    return text[:most].rstrip()


def text_line(name: str, text: str) -> bytes:
    """Write an unstructured header (Subject): cleaned, capped, folded, encoded where it must be."""
    return _folded(name, text_words(clean(text, most=LONGEST_TEXT), room=_FOLD_AT - len(name) - 2))


def mailbox_line(name: str, *, display: str | None, address: str) -> bytes:
    """Write an address header from its parts; ``address`` as `wire_address` returns it."""
    if display and _NAME.fullmatch(display):
        line = f"{name}: {display} <{address}>\r\n"
        if len(line) <= _FOLD_AT:
            return line.encode("ascii")
    words = list(_phrase(display or "", room=_FOLD_AT - len(name) - 2))
    return _folded(name, [*words, f"<{address}>"] if words else [address])


def structural_line(name: str, value: str) -> bytes:
    """Write a header that software reads: never folded, never encoded (RFC 2369, 2919, 8058)."""
    if not _STRUCTURAL.fullmatch(value):
        raise UnfitError(f"the header {name} takes printable ASCII only; check the settings for it")
    if len(name) + 2 + len(value) > LONGEST_LINE:
        raise UnfitError(f"the header {name} would be longer than {LONGEST_LINE} octets")
    return f"{name}: {value}\r\n".encode("ascii")


def wire_address(address: str) -> str:
    """Return an address as it stands on the wire: its domain as A-label (RFC 5891).

    Raises `UnfitError`, without the address, when it is none, or when its local part is not ASCII
    (that would need SMTPUTF8 on the whole way).
    """
    if _PLAIN_ADDRESS.fullmatch(address):
        return address
    local, at, domain = address.rpartition("@")
    if not at:
        raise UnfitError("this is no address: it has no @")
    if not _LOCAL_PART.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        raise UnfitError("the part of the address before the @ cannot be written into a mail")
    return f"{local}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """Return a domain as A-labels, or raise `UnfitError`."""
    try:
        ascii_form = domain if domain.isascii() else Mailbox.parse(f"x@{domain}").domain
    except AddressError:
        ascii_form = ""
    labels = ascii_form.split(".")
    if len(ascii_form) > _LONGEST_DOMAIN or not all(map(_LABEL.fullmatch, labels)):
        raise UnfitError("the domain of the address cannot be written into a mail")
    return ascii_form


def text_words(text: str, *, room: int) -> list[str]:
    """Return cleaned text as words to be joined by blanks: itself, or RFC 2047 encoded-words.

    Text that looks like an encoded-word is encoded itself, so that it arrives literally. ``room``
    is what the first line still holds.
    """
    plain = _PLAIN.fullmatch(text) and "=?" not in text
    if plain and all(len(word) < LONGEST_LINE - _FOLD_AT for word in text.split(" ")):
        return text.split(" ")
    return list(_encoded_words(text, room=room))


def _phrase(display: str, *, room: int) -> Iterable[str]:
    text = clean(display, most=LONGEST_TEXT)
    if not text:
        return []
    if not _PLAIN.fullmatch(text) or "=?" in text:
        return _encoded_words(text, room=room)
    if _ATOMS.fullmatch(text):
        return text.split(" ")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.split(" ")  # a quoted string may be folded at its blanks


def _encoded_words(text: str, *, room: int) -> Iterator[str]:
    """Yield encoded-words of at most 75 octets, each of whole characters (RFC 2047 5(3))."""
    q = sum(1 if o in _WORD_SAFE or o == ord(" ") else 3 for o in text.encode())
    b = len(text.encode()) * 4 // 3
    write = _q if q <= b else _b
    chunk = ""
    for char in text:
        if len(write(chunk + char)) + _FRAME > room:
            yield f"=?utf-8?{'q' if write is _q else 'b'}?{write(chunk)}?="
            chunk, room = "", _FOLD_AT - 1
        chunk += char
    yield f"=?utf-8?{'q' if write is _q else 'b'}?{write(chunk)}?="


def _q(text: str) -> str:
    """Encode so that the word may also stand in a phrase (RFC 2047 5(3))."""
    return "".join(
        chr(octet) if octet in _WORD_SAFE else "_" if octet == ord(" ") else f"={octet:02X}"
        for octet in text.encode()
    )


def _b(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _folded(name: str, words: Iterable[str]) -> bytes:
    """Join the words by blanks, and by folds where a line would get too long."""
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _FOLD_AT and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line, ""]).encode("ascii")
