"""The XML of sitemaps as it was written: addresses, with what stands beside each."""

import re
from dataclasses import dataclass
from xml.parsers import expat

from digest.inflate import MAGIC, DamagedError, TooLargeError, gunzip
from digest.sources.adapter import UnreadableError
from digest.sources.mend import mend
from digest.sources.state import State

MOST_BYTES = 52_428_800  # of a sitemap that is stored compressed, as sitemaps.org allows
MOST_MARKS = 50_000  # of one sitemap, as sitemaps.org allows
_MOST_TEXT = 4_000  # characters of one value; no address and no title is longer
_UTF8_MARK = b"\xef\xbb\xbf"
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_HEAD = 2_048  # bytes in which a page shows that it is HTML
_IN_MARK = 2  # steps from the root to what stands beside an address
_VALUES = {
    ("loc",): "loc",
    ("lastmod",): "changed",
    ("news", "title"): "title",
    ("news", "publication_date"): "published",
    ("news", "keywords"): "keywords",
    ("news", "publication", "language"): "language",
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One address, and what is said of it, in the sitemap's own words."""

    loc: str = ""
    changed: str = ""
    title: str = ""
    published: str = ""
    keywords: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Sitemap:
    """The marks of a sitemap, or of an index of sitemaps."""

    marks: tuple[Mark, ...]
    is_index: bool


def parse(content: bytes) -> Sitemap:
    """Return what a sitemap says, or raise `UnreadableError`."""
    plain = _plain(content)
    if _HTML.search(plain[:_HEAD]):
        raise UnreadableError("this is an HTML page, no sitemap", state=State.NOT_A_FEED)
    try:
        scribe = _written(plain)
    except expat.ExpatError:
        scribe = _mended(plain)
    if scribe.root not in {"urlset", "sitemapindex"}:
        raise UnreadableError("this is XML, but no sitemap", state=State.NOT_A_FEED)
    return Sitemap(marks=tuple(scribe.marks), is_index=scribe.root == "sitemapindex")


def _plain(content: bytes) -> bytes:
    """Undo what web servers and editors put around XML: gzip, a mark, blank lines."""
    if content.startswith(MAGIC):
        try:
            content = gunzip([content], limit=MOST_BYTES)
        except TooLargeError as error:
            raise UnreadableError(str(error), state=State.TOO_LARGE) from error
        except DamagedError as error:
            raise UnreadableError(str(error), state=State.MALFORMED) from error
    return content.lstrip().removeprefix(_UTF8_MARK).lstrip()


def _mended(content: bytes) -> "_Scribe":
    """Parse once more, with the usual faults mended."""
    try:
        return _written(mend(content))
    except expat.ExpatError as error:
        if "out of memory" in str(error):
            raise MemoryError from error
        raise UnreadableError(
            f"the sitemap is broken or cut off ({error})", state=State.MALFORMED
        ) from error


def _written(content: bytes) -> "_Scribe":
    """Let expat tell the document to a scribe; entities are how small XML grows large."""
    parser = expat.ParserCreate()
    scribe = _Scribe()
    parser.buffer_text = True
    parser.StartElementHandler = scribe.open
    parser.EndElementHandler = scribe.close
    parser.CharacterDataHandler = scribe.write
    parser.EntityDeclHandler = _refuse_entities
    try:
        parser.Parse(content, True)
    except UnreadableError:
        raise
    except (ValueError, LookupError) as error:
        raise UnreadableError(
            f"the sitemap is in an encoding that nobody reads ({error})", state=State.MALFORMED
        ) from error
    return scribe


def _refuse_entities(*_: object) -> None:
    raise UnreadableError(
        "the sitemap declares entities, which no sitemap needs and attacks do",
        state=State.MALFORMED,
    )


class _Scribe:
    """Writes down a sitemap while it is parsed: the marks, by their place below the root."""

    def __init__(self) -> None:
        self.root = ""
        self.marks: list[Mark] = []
        self._path: list[str] = []
        self._values: dict[str, str] = {}

    def open(self, name: str, _attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.root = self.root or local
        self._path.append(local)

    def write(self, text: str) -> None:
        """Add to a value; what stands anywhere else, images for one, is not ours."""
        name = _VALUES.get(tuple(self._path[_IN_MARK : _IN_MARK + 4]))
        if name and len(self._values.get(name, "")) < _MOST_TEXT:
            self._values[name] = self._values.get(name, "") + text

    def close(self, _name: str) -> None:
        self._path.pop()
        if len(self._path) == 1 and self._values:
            if len(self.marks) < MOST_MARKS:
                self.marks.append(Mark(**self._values))
            self._values = {}
