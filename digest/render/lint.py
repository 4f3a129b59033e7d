"""Checks on a rendered issue: what is an error here must not be sealed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from digest.editions.issue import Issue
from digest.editions.narrowed import narrowed
from digest.mail.quoted import encode
from digest.render.composed import ComposedIssue
from digest.render.features import unsupported
from digest.render.links import link
from digest.render.slots import Slot, leftovers, marker
from digest.render.titles import LONGEST_SHORT, display_title

LARGEST = 100_000  # bytes of encoded HTML; Gmail clips a mail at about 102 KB
LARGE = 80_000
_FORBIDDEN = re.compile(
    r"<\s*(script|form|input|img|link|iframe|object|embed|svg|base|video|audio)\b|@import|"
    r"\b(?:javascript|vbscript|data):|\bon(?:click|load|error|mouseover)\s*=",
    re.IGNORECASE,
)
_TAG = re.compile(r"""<(?:!--.*?--|(?:"[^"]*"|'[^']*'|[^"'>])*)>""", re.DOTALL)
_STYLE = re.compile(r"<(style|title)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_LANGUAGE = re.compile(r'<(?:html|div)\b(?=[^>]*\slang="([^"]*)")(?=[^>]*\sdir="([^"]*)")')


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong; an error keeps the issue from being sealed."""

    is_error: bool
    message: str

    def __str__(self) -> str:
        return self.message


def lint(issue: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    """Check one rendered variant of an issue; yields findings, nothing when all is well.

    One that had to do with text alone is checked as such.
    """
    is_text = not composed.html and bool(composed.trouble)
    checks = (_head, _envelope, _size, _slots, _posts, _markup, _features, _links)
    for check in (_envelope, _slots, _posts) if is_text else checks:
        yield from check(issue, composed)


def _head(_: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    if not composed.html.startswith("<!DOCTYPE html>"):
        yield _error("the HTML does not start with <!DOCTYPE html>: clients show it in quirks mode")
    tongues = _LANGUAGE.findall(composed.html)[:2]
    if len(tongues) < 2 or any(t in {"", "und"} or d not in {"ltr", "rtl"} for t, d in tongues):  # noqa: PLR2004 - html and first element
        yield _error("lang and dir are not set on <html> and on the first element of the body")


def _envelope(issue: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    if not composed.subject:
        yield _error("the subject is empty")
    if len(composed.subject) > LONGEST_SHORT:
        yield _error(f"the subject is longer than {LONGEST_SHORT} characters")
    if not issue.newsletter.postal_address.strip():
        yield _error("the postal address is empty; set [newsletter] postal_address")


def _size(_: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    size = len(encode(composed.html))
    if size > LARGEST:
        yield _error(f"the HTML has {size:,} bytes, more than {LARGEST:,}: clients cut it off")
    elif size > LARGE:
        yield _warning(f"the HTML has {size:,} bytes; above {LARGEST:,} it cannot be sent")


def _slots(issue: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    unsubscribe = marker(Slot.UNSUBSCRIBE_URL, seal=issue.seal)
    for part, body in _parts(text=composed.text, html=composed.html):
        if unsubscribe not in body:
            yield _error(f"the {part} has no unsubscribe link")
        for name in leftovers(body, seal=issue.seal):
            yield _error(f"the {part} has a slot that nobody fills: {name}")
    before, found, _rest = composed.html.partition(unsubscribe)
    if found and len(encode(before)) > LARGEST:
        yield _error(f"the unsubscribe link lies behind byte {LARGEST:,}, where clients cut")


def _posts(issue: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    """Every title (at least its short form) and address is in both parts, blanks aside.

    But for the last posts of a large issue: those are counted, and stand in the online edition.
    """
    markup = _STYLE.sub("", composed.html)
    words = _packed(unescape(_TAG.sub("", markup)))
    linked = set(_addresses(composed.html))
    text, lines = _packed(composed.text), {line.strip() for line in composed.text.splitlines()}
    part_of_it = narrowed(issue, topics=composed.topics)
    entries = part_of_it.entries if part_of_it else ()
    for post in entries[: len(entries) - composed.folded]:
        title, url = display_title(post.title), link(post.url)
        for part, body in _parts(text=text, html=words):
            if _packed(title.short.removesuffix("…")) not in body:
                yield _error(f"the {part} lacks the title {title.short!r}")
        if url is None:
            yield _error(f"the post {title.short!r} has no http(s) address")
            continue
        if url not in lines:
            yield _error(f"the text lacks the address of {title.short!r} on a line of its own")
        if composed.html and url not in linked:
            yield _error(f"the HTML does not link {title.short!r}")


def _parts(*, text: str, html: str) -> Iterator[tuple[str, str]]:
    """Name the parts there are."""
    yield "text", text
    if html:
        yield "HTML", html


def _markup(_: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    """Only in tags and styles: a title may speak of <script> as much as it likes."""
    active = " ".join(
        m[0] for m in (*_STYLE.finditer(composed.html), *_TAG.finditer(composed.html))
    )
    for found in sorted({m[0].lower() for m in _FORBIDDEN.finditer(_without_values(active))}):
        yield _error(f"the HTML holds {found!r}, which has no place in a mail")


def _features(_: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    for complaint in unsupported(composed.html):
        yield _error(f"{complaint}; leave it out of the template")


def _links(issue: Issue, composed: ComposedIssue) -> Iterator[Finding]:
    slots = {marker(slot, seal=issue.seal) for slot in Slot}
    for address in sorted(set(_addresses(composed.html)) - slots):
        if urlsplit(address).scheme not in {"http", "https"}:
            yield _error(f"the HTML links to {address[:80]!r}, which is no http(s) address")


def _addresses(html: str) -> Iterator[str]:
    for tag in _TAG.finditer(html):
        for href in _LINK.finditer(tag[0]):
            yield unescape(next(filter(None, href.groups()), ""))


def _without_values(tags: str) -> str:
    """Drop what stands between quotes, but for style: attribute values may quote a title."""
    return re.sub(r"""\b(?!style)([\w-]+)\s*=\s*("[^"]*"|'[^']*')""", r'\1=""', tags)


def _packed(text: str) -> str:
    """Drop all blanks: the text part wraps, and breaks words that are longer than a line."""
    return "".join(text.split())


def _error(message: str) -> Finding:
    return Finding(is_error=True, message=message)


def _warning(message: str) -> Finding:
    return Finding(is_error=False, message=message)
