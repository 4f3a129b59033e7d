"""What one row of an export says of one person, checked and in our own words."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from subscribers.addresses import Mailbox
from subscribers.errors import AddressError
from subscribers.formats import OURS, Cells, Layout
from subscribers.formats_words import Said
from subscribers.language import language_tag
from subscribers.preferences import joined
from subscribers.spreadsheet import unsafe
from subscribers.tables import Format, Pace
from subscribers.text import one_line

_LONGEST_NAME, _LONGEST_CELL = 200, 500
_ZONE = re.compile(r" ?(?:UTC|Z|([+-]\d\d):?(\d\d))\Z")
_PLAIN_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)Z?)?", re.ASCII
)
DELETED_THERE = "deletion-request.substack.com"
_BETWEEN_TOPICS = re.compile(r"[\s,;]+")


class Record(NamedTuple):
    """One row; ``mailbox`` is None where ``wrong`` says why there is no address in it."""

    line: int
    typed: str
    mailbox: Mailbox | None
    wrong: str
    said: Said
    word: str  # with which the file says it
    name: str | None
    language: str | None
    topics: str | None  # as the column holds them
    pace: str
    format: str
    created_at: datetime | None
    joined_at: datetime | None
    left_at: datetime | None
    paused_until: datetime | None
    source: str
    extras: Mapping[str, str]  # what else is worth keeping as evidence, as the file has it


class Reader:
    """Reads the rows of one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._is_ours = layout.shape.name == OURS
        self._languages: dict[str, str | None] = {}

    def record(self, line: int, row: list[str]) -> Record:
        """Return what a row says; never raises for what it holds."""
        if self._is_ours:
            row = [unsafe(cell) for cell in row]
        cells = self._layout.cells(row)
        mailbox, wrong = _mailbox(cells.email)
        said, word = self._layout.said(row)
        if wrong == "" and cells.email.endswith(f"@{DELETED_THERE}"):
            said = Said.GONE
        joined_at = moment(cells.joined)
        return Record(
            line,
            cells.email,
            mailbox,
            wrong,
            said,
            word,
            _name(cells),
            self._language(cells.language) if cells.language else None,
            _topics(cells.topics) if cells.topics else None,
            _one_of(Pace, cells.pace) if cells.pace else WEEKLY,
            _one_of(Format, cells.format) if cells.format else HTML,
            joined_at if cells.created == cells.joined else moment(cells.created),
            joined_at,
            moment(cells.left) if cells.left else None,
            moment(cells.paused) if cells.paused else None,
            cells.source and one_line(cells.source, limit=1000),
            _extras(cells) if cells.network or cells.tags or cells.left else _NOTHING,
        )

    def _language(self, text: str) -> str | None:
        if text not in self._languages:
            self._languages[text] = language_tag(text)
        return self._languages[text]


_NOTHING: Mapping[str, str] = {}
WEEKLY, HTML = Pace.WEEKLY.value, Format.HTML.value


def moment(text: str) -> datetime | None:
    """Read a time as exports write it; without a zone it is taken as UTC, and None is no time.

    Days and months in the order of one country (03/04/2024) are not guessed at.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = datetime.fromisoformat(_ZONE.sub(_plain_zone, text.strip()))
        except ValueError:
            return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None


def plain_instant(text: str) -> str | None:
    """Return the `instant` of a time in UTC, as most are written; None for any other text."""
    found = _PLAIN_TIME.fullmatch(text)
    if found is None:
        return None
    day, time = found.groups()
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    return f"{day} {time or '00:00:00'}.000000"


def instant(at: datetime) -> str:
    """Write a UTC time as SQLAlchemy keeps it in SQLite; PostgreSQL reads it too."""
    return at.isoformat(" ", "microseconds")[:26]


def _plain_zone(match: "re.Match[str]") -> str:
    return f"{match[1]}:{match[2]}" if match[1] else "+00:00"


def _mailbox(text: str) -> tuple[Mailbox | None, str]:
    try:
        return Mailbox.parse(text), ""
    except AddressError as error:
        return None, str(error)


def _name(cells: Cells) -> str | None:
    name = cells.name or f"{cells.first} {cells.last}"
    return cut(name) if is_plain_name(name) else one_line(name, limit=_LONGEST_NAME) or None


def is_plain_name(name: str) -> bool:
    """Whether a name is a clean line as it stands, as most are."""
    return name.isascii() and name.isprintable() and "  " not in name


def cut(name: str) -> str | None:
    """Return what we keep of a plain name."""
    return name.strip()[:_LONGEST_NAME] or None


def _topics(text: str) -> str | None:
    return joined([slug for slug in _BETWEEN_TOPICS.split(text) if slug]) or None


def _one_of(kind: Any, text: str) -> str:
    """Return a choice of ours, or what everybody gets."""
    return text if text in set(kind) else next(iter(kind)).value


def _extras(cells: Cells) -> dict[str, str]:
    extras = {"ip": cells.network, "tags": cells.tags, "left": cells.left}
    return {key: one_line(text, limit=_LONGEST_CELL) for key, text in extras.items() if text}
