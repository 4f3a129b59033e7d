"""The body of a message: text beside HTML, in quoted-printable, with gaps where slots are open."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from digest.mail.headers import structural_line
from digest.mail.quoted import SOFT_BREAK, encode_line


class Gap(NamedTuple):
    """A place for a slot's value, in the text or in the HTML."""

    slot: str
    is_html: bool


def boundary_of(*, text: str, html: str) -> str:
    """Return what parts the two: no line of either can hold it, and the same words give the same.

    Quoted-printable never writes "=_" (RFC 2045 6.7).
    """
    return "=_" + hashlib.sha256((text + html).encode()).hexdigest()[:32]


def compile_body(
    *, text: str, html: str, slots: Mapping[str, str], boundary: str
) -> Iterator[bytes | Gap]:
    """Yield a multipart/alternative body, the empty line above it included, in finished pieces.

    ``slots`` gives the marker of each slot. The poorer form stands first (RFC 2046 5.1.4). Without
    HTML the body is the text alone, below the headers that say so.
    """
    if not html:
        yield _part_headers("plain")
        yield from _compile_part(text, slots=slots, is_html=False)
        return
    delimiter = f"\r\n--{boundary}".encode("ascii")  # the first CRLF is its own (RFC 2046 5.1.1)
    for kind, part in (("plain", text), ("html", html)):
        yield delimiter + b"\r\n" + _part_headers(kind)
        yield from _compile_part(part, slots=slots, is_html=kind == "html")
    yield delimiter + b"--\r\n"


def merged(pieces: Iterable[bytes | Gap]) -> Iterator[bytes | Gap]:
    """Join neighbouring bytes: a letter is made of a few large pieces."""
    for is_finished, run in groupby(pieces, key=lambda piece: isinstance(piece, bytes)):
        if is_finished:
            yield b"".join(piece for piece in run if isinstance(piece, bytes))
        else:
            yield from run


def _compile_part(body: str, *, slots: Mapping[str, str], is_html: bool) -> Iterator[bytes | Gap]:
    names = {marker: name for name, marker in slots.items()}
    finder = re.compile("|".join(map(re.escape, names)) or r"(?!)")
    for line in body.removesuffix("\n").split("\n"):
        end = 0
        for match in finder.finditer(line):
            # A soft break on either side: the value has its lines to itself.
            yield encode_line(line[end : match.start()]) + SOFT_BREAK
            yield Gap(names[match[0]], is_html)
            yield SOFT_BREAK
            end = match.end()
        yield encode_line(line[end:]) + b"\r\n"


def _part_headers(kind: str) -> bytes:
    return b"".join(
        (
            structural_line("Content-Type", f'text/{kind}; charset="utf-8"'),
            structural_line("Content-Transfer-Encoding", "quoted-printable"),
            b"\r\n",
        )
    )
