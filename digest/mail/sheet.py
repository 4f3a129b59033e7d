"""A sheet: the words of one variant with holes for a reader's own, for carriers that fill them."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from digest.errors import UnfitError
from digest.mail.headers import clean

# What a carrier has fields of its own for, or writes itself.
_APART = frozenset(
    {
        "from",
        "to",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "dkim-signature",
    }
)

_SMALL_PRINT = 1500  # bytes: what stands around the words


class Hole(NamedTuple):
    """A place for one of a reader's values; the name has ASCII letters, digits and "_" only."""

    name: str


Pieces = tuple[str | Hole, ...]
"""Text with holes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """What all letters of one variant share; the same object for all of them.

    ``html`` is empty where the letters are text alone. ``headers`` are those that a carrier has no
    field for, List-Unsubscribe among them, each printable ASCII on one line.
    """

    from_name: str
    from_address: str
    reply_to: str
    subject: str
    text: Pieces
    html: Pieces
    headers: Mapping[str, Pieces] = field(default_factory=dict)

    @cached_property
    def size(self) -> int:
        """About how many bytes the words take as JSON."""
        every = chain(self.text, self.html, *self.headers.values())
        return _SMALL_PRINT + sum(len(json.dumps(piece)) for piece in every)

    @cached_property
    def fingerprint(self) -> bytes:
        """What no sheet with other words has."""
        words = (self.from_address, self.subject, *self.text, *self.html)
        return hashlib.sha256(repr(words).encode()).digest()

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all holes: what a letter has to bring a value for."""
        every = chain(self.text, self.html, *self.headers.values())
        return frozenset(piece.name for piece in every if isinstance(piece, Hole))


def for_html(name: str) -> str:
    """Return the name under which a value is escaped for HTML."""
    return f"{name}_html"


def sheet_of(message: bytes, *, holes: Mapping[str, str]) -> Sheet:
    """Read a finished message of ours back into a sheet.

    ``holes`` gives the name of the hole for each marker, a word found nowhere else: in the HTML the
    hole is `for_html` of it. A message without markers is a sheet for one letter. Raises
    `UnfitError` for a message that no carrier could be given.
    """
    parsed = message_from_bytes(message, policy=policy.default)
    sender, reply_to = _address(parsed, "From"), _address(parsed, "Reply-To")
    if sender is None:
        raise UnfitError("a message without From cannot be handed to a mail API")
    inside = {marker: for_html(name) for marker, name in holes.items()}
    return Sheet(
        from_name=clean(sender.display_name),
        from_address=sender.addr_spec,
        reply_to=reply_to.addr_spec if reply_to else "",
        subject=clean(str(parsed["Subject"] or "")),
        text=cut(_body(parsed, "plain"), holes=holes),
        html=cut(_body(parsed, "html"), holes=inside),
        headers={
            name: cut(clean(str(value)), holes=holes)
            for name, value in parsed.items()
            if name.lower() not in _APART
        },
    )


def _address(message: EmailMessage, name: str) -> Address | None:
    try:
        found: tuple[Address, ...] = message[name].addresses if name in message else ()
    except ValueError as error:  # a line end, hidden in an encoded-word
        raise UnfitError(f"the {name} of a message cannot be read") from error
    return found[0] if found else None


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part else ""


def cut(text: str, *, holes: Mapping[str, str]) -> Pieces:
    """Cut a text at its markers; an empty text is no pieces."""
    pieces: list[str | Hole] = [text] if text else []
    for marker, name in holes.items():
        pieces = [*chain.from_iterable(_cut(piece, marker, Hole(name)) for piece in pieces)]
    return tuple(pieces)


def _cut(piece: str | Hole, marker: str, hole: Hole) -> Iterator[str | Hole]:
    if isinstance(piece, Hole):
        yield piece
        return
    first, *others = piece.split(marker)
    if first:
        yield first
    for other in others:
        yield hole
        if other:
            yield other


def filled(pieces: Iterable[str | Hole], *, values: Mapping[str, str]) -> str:
    """Return the text with every hole filled."""
    return "".join(values[piece.name] if isinstance(piece, Hole) else piece for piece in pieces)
