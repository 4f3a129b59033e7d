"""Reads RSS 0.9x, 1.0 and 2.0, Atom, and JSON Feed, however badly they are written."""

import io
import re
from collections.abc import Iterable
from typing import Any
from xml.sax import SAXException

import feedparser

from digest.inflate import MAGIC, DamagedError, TooLargeError, gunzip
from digest.posts.origin import DateOrigin
from digest.sources import jsonfeed
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.entry import Entry, language_tag, sift
from digest.sources.links import usable_link
from digest.sources.mend import mend
from digest.sources.state import State
from digest.sources.text import title_text

MOST_BYTES = 20_000_000  # of a feed that is stored compressed
_UTF8_MARK = b"\xef\xbb\xbf"
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_ATOM_DATES = (
    ("published", DateOrigin.FEED),
    ("updated", DateOrigin.FEED_CHANGE),
    ("created", DateOrigin.FEED),
)
_DATES = tuple((name, DateOrigin.FEED) for name, _ in _ATOM_DATES)  # "updated" is dc:date here
_HEAD = 2_048  # bytes in which a page shows that it is HTML


def read(page: Page) -> Reading:
    """Return the posts of a feed, or raise `UnreadableError`."""
    content = _trimmed(page.content)
    if content[:1] in {b"{", b"["}:
        return jsonfeed.read(Page(url=page.url, content=content))
    parsed = _parse(content, page.headers.get("content-type", ""))
    _refuse_what_is_no_feed(parsed, content)
    about = parsed.feed
    home = usable_link(_text(about, "link"), base=page.url, page_url=page.url)
    is_atom = str(parsed.get("version")).startswith("atom")
    entries = [_entry(entry, dates=_ATOM_DATES if is_atom else _DATES) for entry in parsed.entries]
    sifted = sift(entries, base=home or page.url, page_url=page.url)
    return Reading(
        posts=sifted.posts,
        left_out=sifted.left_out,
        title=title_text(_text(about, "title")) or None,
        home=home,
        language=language_tag(_text(about, "language") or _detail(about, "title", "language")),
    )


def _trimmed(content: bytes) -> bytes:
    """Undo what web servers and editors put around a feed: gzip, a mark, blank lines."""
    if content.startswith(MAGIC):
        try:
            content = gunzip([content], limit=MOST_BYTES)
        except TooLargeError as error:
            raise UnreadableError(str(error), state=State.TOO_LARGE) from error
        except DamagedError as error:
            raise UnreadableError(str(error), state=State.MALFORMED) from error
    return content.lstrip().removeprefix(_UTF8_MARK).lstrip()


def _parse(content: bytes, content_type: str) -> Any:
    """Parse a feed; where its XML is broken, once more with the usual faults mended."""
    parsed = _parse_once(content, content_type)
    if _is_broken(parsed):
        mended = mend(content)
        parsed = _parse_once(mended, content_type) if mended != content else parsed
    if parsed is None:
        raise UnreadableError("the feed is broken beyond parsing", state=State.MALFORMED)
    return parsed


def _parse_once(content: bytes, content_type: str) -> Any:
    """Parse bytes; a stream, because feedparser opens a plain value as a file or an address.

    Its own cleaning of HTML is left out: it takes 95 % of the time, and all text is made plain
    here anyway. Returns None where it fails.
    """
    try:
        parsed = feedparser.parse(
            io.BytesIO(content),
            response_headers={"content-type": _content_type(content, content_type)},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - of broken feeds it raises almost anything
        return None
    if "out of memory" in str(parsed.get("bozo_exception")):  # in the words of expat
        raise MemoryError
    return parsed


def _is_broken(parsed: Any) -> bool:
    if parsed is None:
        return True
    trouble = parsed.get("bozo_exception")
    return isinstance(trouble, SAXException | feedparser.CharacterEncodingUnknown)


def _content_type(content: bytes, stated: str) -> str:
    """Correct a wrong label: bytes that are valid UTF-8 beyond ASCII are UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return stated
    return stated if content.isascii() else "application/xml; charset=utf-8"


def _refuse_what_is_no_feed(parsed: Any, content: bytes) -> None:
    """Raise for a page that is something else; a feed without entries is a feed."""
    is_feed, is_broken = bool(parsed.get("version")), _is_broken(parsed)
    if parsed.entries or (is_feed and not is_broken):
        return
    if not is_feed and _HTML.search(content[:_HEAD]):
        raise UnreadableError("this is an HTML page, no feed", state=State.NOT_A_FEED)
    if not is_broken and content:
        raise UnreadableError("this is XML, but no feed", state=State.NOT_A_FEED)
    reason = " ".join(str(parsed.get("bozo_exception", "it is empty")).split())
    raise UnreadableError(f"the feed is broken ({reason[:200]})", state=State.MALFORMED)


def _entry(entry: Any, *, dates: tuple[tuple[str, DateOrigin], ...]) -> Entry:
    others = [
        _text(link, "href") for link in _list(entry, "links") if _text(link, "rel") == "alternate"
    ]
    links = (_text(entry, "feedburner_origlink"), _text(entry, "link"), *others)
    return Entry(
        links=tuple(filter(None, links)),
        guid=_text(entry, "id"),
        title=_text(entry, "title"),
        summary=_text(entry, "summary"),
        content=_longest(_text(part, "value") for part in _list(entry, "content")),
        author=_author(entry),
        tags=tuple(_text(tag, "label") or _text(tag, "term") or "" for tag in _list(entry, "tags")),
        language=_text(entry, "language") or _detail(entry, "title", "language"),
        dates=tuple((origin, shown) for name, origin in dates if (shown := _text(entry, name))),
    )


def _longest(texts: Iterable[str | None]) -> str | None:
    return max(filter(None, texts), key=len, default=None)


def _text(entry: Any, key: str) -> str | None:
    """Return a text; not by ``entry[key]``, which silently answers with a neighbour's value."""
    value = dict.get(entry, key)
    return value if isinstance(value, str) else None


def _list(entry: Any, key: str) -> list[Any]:
    return dict.get(entry, key) or []


def _detail(entry: Any, key: str, part: str) -> str | None:
    return _text(dict.get(entry, f"{key}_detail") or {}, part)


def _author(entry: Any) -> str | None:
    """Return the names; feedparser cuts a name wrongly from behind some addresses."""
    names = [_text(person, "name") for person in _list(entry, "authors")]
    whole = _text(entry, "author") or ""
    if "@" in whole and len(names) == 1:
        return whole
    return ", ".join(dict.fromkeys(filter(None, names))) or whole
