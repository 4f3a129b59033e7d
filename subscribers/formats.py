"""The formats: how each tool's export is known by its headers, and where its columns are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import PurePath
from typing import NamedTuple

from subscribers.errors import TransferError
from subscribers.formats_words import (
    ALARMING,
    BARRED,
    BUTTONDOWN,
    DELETED,
    GENERIC,
    KIT,
    LISTMONK,
    MAIL_FORBIDDEN,
    SUPPRESSED,
    UNNAMED,
    WANTED,
    WEIGHT,
    Rule,
    Said,
)

OURS = "digest"
_NO_LETTER = re.compile(r"[\W_]+")
_AN_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One tool's export, known by the headers in ``signs``: folded, and all of them there.

    ``rules`` say what the cells make of a person. Where none speaks, ``silent`` holds.
    """

    name: str
    signs: frozenset[str]
    rules: tuple[Rule, ...] = ()
    silent: Said = Said.UNKNOWN


def _shape(name: str, signs: str, *rules: Rule, silent: Said = Said.UNKNOWN) -> Shape:
    return Shape(name=name, signs=frozenset(signs.split()), rules=rules, silent=silent)


# The first whose signs are all there. Mailchimp says in the file, not in a column, who is what.
SHAPES = (
    _shape(OURS, "email status consentsource pace", BARRED, Rule(column="status", words=GENERIC)),
    _shape("mailchimp", "leid euid unsubtime", silent=Said.UNSUBSCRIBED),
    _shape("mailchimp", "leid euid cleantime", silent=Said.BOUNCED),
    _shape("mailchimp", "leid euid", silent=Said.CONFIRMED),
    _shape("buttondown", "subscribertype", Rule(column="subscribertype", words=BUTTONDOWN)),
    _shape("ghost", "subscribedtoemails", DELETED, SUPPRESSED, WANTED),
    _shape("substack", "emaildisabled", MAIL_FORBIDDEN),
    _shape("listmonk", "uuid attributes status", Rule(column="status", words=LISTMONK)),
    _shape("listmonk", "name attributes", silent=Said.CONFIRMED),
    _shape("kit", "emailaddress state", Rule(column="state", words=KIT)),
)
_GENERIC = _shape("generic", "", *UNNAMED, silent=Said.CONFIRMED)
NAMES = (*dict.fromkeys(shape.name for shape in SHAPES), _GENERIC.name)

_COLUMNS = {
    "email": (
        "email", "emailaddress", "subscriberemail", "contactemail", "mail", "mailaddress",
        "deineemailadresse", "emailadresse", "mailadresse", "epost", "epostadress", "courriel",
        "adressemail", "correo", "correoelectronico", "indirizzoemail", "address",
    ),
    "name": ("name", "fullname", "subscribername", "namn"),
    "first": ("firstname", "vorname"),
    "last": ("lastname", "surname", "nachname"),
    "language": ("language", "lang", "locale", "sprache"),
    "created": ("createdat", "optintime", "creationdate", "dateadded"),
    "joined": (
        "confirmedat", "confirmtime", "optintime", "subscriptiondate", "subscribedat",
        "createdat", "dateadded", "creationdate",
    ),
    "left": ("unsubscribedat", "unsubtime", "unsubscriptiondate", "cleantime", "leftat"),
    "network": ("confirmip", "optinip", "ipaddress"),
    "tags": ("tags", "labels"),
    "source": ("consentsource",),
    "topics": ("topics",),
    "pace": ("pace",),
    "format": ("format",),
    "paused": ("pauseduntil",),
}  # fmt: skip


class Cells(NamedTuple):
    """What one row says, as text; empty where the file has no such column."""

    email: str
    name: str
    first: str
    last: str
    language: str
    created: str
    joined: str
    left: str
    network: str
    tags: str
    source: str
    topics: str
    pace: str
    format: str
    paused: str


_PLAIN = ("email", "name", "joined", "created")


class Layout:
    """A shape found in a header, and the way from a row to its cells."""

    def __init__(self, shape: Shape, header: Sequence[str], *, email: int | None = None) -> None:
        folded = [fold(cell) for cell in header]
        self.shape = shape
        self._width = len(header)
        places = {role: _place(folded, names) for role, names in _COLUMNS.items()}
        places["email"] = places["email"] if email is None else email
        self._rules = [
            (folded.index(rule.column), rule) for rule in shape.rules if rule.column in folded
        ]
        # One look-up in C for all the cells of a row: an empty one stands behind the last.
        self._pick = itemgetter(*(places[role] for role in Cells._fields))
        self._pick_plain = itemgetter(*(places[role] for role in _PLAIN))
        others = {place for role, place in places.items() if role not in _PLAIN}
        self._others = sorted(others - {self._width})

    def cells(self, row: list[str]) -> Cells:
        """Return what a row says; cells that are missing at its end are empty."""
        return Cells._make(self._pick(self._padded(row)))

    def plain(self, row: list[str]) -> tuple[str, str, str, str] | None:
        """Return the address, the name, and when they joined and were created.

        None if the row says more than that, or has more or fewer cells than the header.
        """
        if len(row) != self._width:
            return None
        for place in self._others:
            if row[place]:
                return None
        email, name, joined, created = self._pick_plain([*row, ""])
        return email, name, joined, created

    def said(self, row: list[str]) -> tuple[Said, str]:
        """Return what a row makes of the person, and the word with which it says so.

        Where several cells speak of it, the strictest counts.
        """
        strictest: tuple[Said, str] | None = None
        for place, rule in self._rules:
            word = row[place].strip() if place < len(row) else ""
            said = rule.words.get(word.lower(), rule.other)
            if said is not None and (strictest is None or WEIGHT[said] > WEIGHT[strictest[0]]):
                strictest = said, word
        if strictest is not None:
            return strictest
        if self.shape is _GENERIC:  # a column that we do not know may speak of it all the same
            for cell in row:
                if cell.strip().lower() in ALARMING:
                    return Said.UNKNOWN, cell.strip()
        return self.shape.silent, ""

    def _padded(self, row: list[str]) -> list[str]:
        if len(row) == self._width:
            return [*row, ""]
        missing = [""] * (self._width - len(row))
        return [*row[: self._width], *missing, ""]


def _place(folded: Sequence[str], names: Sequence[str]) -> int:
    """Return where the best of these headers stands; behind the last when none is there."""
    return next((folded.index(name) for name in names if name in folded), len(folded))


def fold(header: str) -> str:
    """Write a header small and without blanks and signs: "E-Mail Address" is "emailaddress"."""
    return _NO_LETTER.sub("", header.casefold())


def recognise(
    first: Sequence[str],
    second: Sequence[str] = (),
    *,
    file: str = "",
    asked: str | None = None,
) -> tuple[Layout, bool]:
    """Find the layout by the first two rows; also return whether the first one is a header.

    ``asked`` is the name of the format when a person has named it. Mailchimp lets people rename
    the column of the address, so it is also known by what stands below it. Raises `TransferError`
    when no column holds addresses.
    """
    folded = [fold(cell) for cell in first]
    shape = _shape_of(frozenset(folded), asked=asked)
    if shape.name == "mailchimp" and PurePath(file).name.startswith("nonsubscribed"):
        shape = _shape("mailchimp", "", silent=Said.GONE)
    if any(name in folded for name in _COLUMNS["email"]):
        return Layout(shape, first), True
    for is_header, row in ((False, first), (True, second)):
        for place, cell in enumerate(row):
            if _AN_ADDRESS.fullmatch(cell.strip()):
                return Layout(shape, first if is_header else [""] * len(first), email=place), (
                    is_header
                )
    raise TransferError(
        "no column holds email addresses; name one 'email' in the first row. Nothing was imported"
    )


def _shape_of(folded: frozenset[str], *, asked: str | None) -> Shape:
    fitting = [shape for shape in (*SHAPES, _GENERIC) if shape.signs <= folded]
    if asked is None:
        return fitting[0]
    named = [shape for shape in fitting if shape.name == asked]
    if not named:
        raise TransferError(
            f"the columns are not those of {asked}; they look like {fitting[0].name}."
            " Nothing was imported"
        )
    return named[0]
