"""How the lists of mail programs cut sender, subject and preheader; pure, and close to the truth.

No program says where it cuts: it depends on the letters, the window and the reader's settings. So
the widths of letters are those of Helvetica, and the widths of lists those of usual windows.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

MORE = "…"
ESTIMATED = (
    "Widths are estimates: where a list really cuts depends on its letters, its window and the"
    " reader's settings."
)
# The advance of letters in thousandths of their size, as in Helvetica; others are like these.
_ADVANCES = {
    "'ijl|": 222,
    " !,./:;I[\\]ft": 278,
    '"()-`r{}': 333,
    "Jcksvxyz": 500,
    "#$0123456789?L_abdeghnopqu–": 556,  # noqa: RUF001 - an en dash
    "+<=>~": 584,
    "FTZ": 611,
    "&ABEKPSVXY": 667,
    "CDHNRUw": 722,
    "GOQ": 778,
    "Mm": 833,
    "%": 889,
    "W": 944,
    "@": 1015,
    "—…": 1000,
}
_ADVANCE = {char: advance for chars, advance in _ADVANCES.items() for char in chars}
_CAPITAL, _SMALL, _WIDE = 667, 556, 1000


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a text stands: so many pixels wide, of letters so high, on so many lines."""

    width: int
    letters: int
    lines: int = 1


@dataclass(frozen=True, kw_only=True)
class Client:
    """A list of mails; the preheader has no place in some, or goes on behind the subject."""

    name: str
    sender: Place
    subject: Place
    preheader: Place | None = None
    is_joined: bool = False


@dataclass(frozen=True, kw_only=True)
class InboxLine:
    """A mail as one list shows it; ``preheader`` is None where it shows none of it."""

    client: str
    sender: str
    subject: str
    preheader: str | None

    @property
    def line(self) -> str:
        """All of it in a line."""
        return " | ".join(part for part in (self.sender, self.subject, self.preheader) if part)


CLIENTS = (
    Client(
        name="a phone, 320 pixels wide",
        sender=Place(width=288, letters=16),
        subject=Place(width=288, letters=15),
        preheader=Place(width=288, letters=15),
    ),
    Client(
        name="Mail on an iPhone",
        sender=Place(width=240, letters=17),
        subject=Place(width=325, letters=15),
        preheader=Place(width=325, letters=15, lines=2),
    ),
    Client(
        name="Gmail's app",
        sender=Place(width=230, letters=16),
        subject=Place(width=280, letters=14),
        preheader=Place(width=250, letters=14),
    ),
    Client(
        name="Gmail in a browser",
        sender=Place(width=168, letters=14),
        subject=Place(width=640, letters=14),
        is_joined=True,
    ),
    Client(
        name="Outlook on a desktop, mails beside the list",
        sender=Place(width=230, letters=15),
        subject=Place(width=230, letters=13),
        preheader=Place(width=280, letters=13),
    ),
    Client(
        name="Thunderbird, as a table",
        sender=Place(width=160, letters=13),
        subject=Place(width=420, letters=13),
    ),
    Client(
        name="a watch",
        sender=Place(width=150, letters=16),
        subject=Place(width=150, letters=15),
        preheader=Place(width=150, letters=14, lines=2),
    ),
)


def inbox_lines(*, sender: str, subject: str, preheader: str) -> tuple[InboxLine, ...]:
    """Return the line of a mail in the lists of common programs."""
    return tuple(
        _line(client, sender=sender, subject=subject, preheader=preheader) for client in CLIENTS
    )


def cut(text: str, *, place: Place) -> str:
    """Return as much of a text as its place has room for; the cut is marked."""
    room: float = place.width * place.lines
    if width_of(text, letters=place.letters) <= room:
        return text
    room -= width_of(MORE, letters=place.letters)
    kept = "".join(_fitting(text, room=room, letters=place.letters))
    return f"{kept.rstrip()}{MORE}"


def width_of(text: str, *, letters: int) -> float:
    """Return how many pixels a text of letters so high takes."""
    return sum(map(_advance, text)) * letters / 1000


def _line(client: Client, *, sender: str, subject: str, preheader: str) -> InboxLine:
    behind = client.preheader and cut(preheader, place=client.preheader)
    if client.is_joined:
        shown = cut(subject, place=client.subject)
        room = client.subject.width - round(width_of(f"{shown} - ", letters=client.subject.letters))
        place = Place(width=max(room, 0), letters=client.subject.letters)
        behind = cut(preheader, place=place) if shown == subject and preheader else None
        behind = None if behind == MORE else behind
    return InboxLine(
        client=client.name,
        sender=cut(sender, place=client.sender),
        subject=cut(subject, place=client.subject),
        preheader=behind or None,
    )


def _fitting(text: str, *, room: float, letters: int) -> Iterator[str]:
    for char in text:
        room -= _advance(char) * letters / 1000
        if room < 0:
            return
        yield char


def _advance(char: str) -> int:
    """Return the width of a character in thousandths of its size; marks upon others have none."""
    if known := _ADVANCE.get(char):
        return known
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return _WIDE
    return _CAPITAL if char.isupper() else _SMALL


def inbox_page(lines: tuple[InboxLine, ...]) -> str:
    """Show them one below the other, and say how far they are to be believed."""
    rows = "".join(
        f"<dt>{escape(one.client)}</dt><dd><b>{escape(one.sender)}</b><br>{escape(one.subject)}"
        f"{f'<br><i>{escape(one.preheader)}</i>' if one.preheader else ''}</dd>"
        for one in lines
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Inbox</title><style>'
        "body{font:15px/1.4 Helvetica,Arial,sans-serif;margin:16px}dt{color:#4a5262;font-size:13px}"
        "dd{margin:0 0 1em;padding:.4em .6em;border:1px solid #c8ccd4;border-radius:6px;"
        "overflow-wrap:anywhere}i{font-style:normal;color:#4a5262}</style></head>"
        f"<body><p>{ESTIMATED}</p><dl>{rows}</dl></body></html>"
    )
