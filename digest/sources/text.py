"""Turns what feeds call text into plain text: markup out, entities decoded, characters clean.

Feeds do not say reliably whether a title is text or HTML, so only what is surely markup is taken
for it: elements of HTML that open and close, and void ones. `<3`, `AT&T`, `List<String>` and
`</mj-text>` are words.
"""

import html
import re

import nh3

SUMMARY_LENGTH = 1_000  # characters
TITLE_LENGTH = 500
_RAW_TITLE = 4_000  # no title is longer; bounds the work on a hostile one

_ATTRIBUTES = r"""(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?"""
_PAIRS = (
    "a|abbr|acronym|b|bdi|bdo|big|blockquote|center|cite|code|del|dfn|div|em|font|h[1-6]|i|ins|"
    "kbd|li|mark|ol|p|pre|q|s|samp|small|span|strike|strong|sub|sup|table|td|tr|tt|u|ul|var"
)
_VOID = "br|hr|img|wbr"
_PAIR = re.compile(
    rf"<({_PAIRS}){_ATTRIBUTES}>((?:(?!<\1[\s>]).)*?)</\1\s*>", re.IGNORECASE | re.DOTALL
)
_SINGLE = re.compile(rf"<(?:{_VOID}){_ATTRIBUTES}\s*/?>", re.IGNORECASE)
_SILENT = re.compile(rf"<(script|style){_ATTRIBUTES}>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(
    rf"</?(?:{_PAIRS}|{_VOID}|script|style){_ATTRIBUTES}\s*/?>|<!--", re.IGNORECASE
)
_BREAK = re.compile(
    r"<(?=/?(?:p|div|br|hr|li|ul|ol|h[1-6]|tr|td|th|table|pre|blockquote|section|article|figure"
    r"|figcaption|dd|dt)\b)",
    re.IGNORECASE,
)
# Without tags there are no attributes; that these need no look makes it twice as fast.
_NO_TAGS = nh3.Cleaner(tags=set(), attributes={}, url_schemes=set(), link_rel=None)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
# Only with its semicolon: "AT&copy" in a title is no copyright sign.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# C0, DEL, C1, surrogates, U+FEFF and noncharacters: they garble mail, or cannot be stored at all.
_UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def clean(text: str) -> str:
    """Return one line without control characters, noncharacters and doubled blanks."""
    spaced = " ".join(text.split())  # U+2028, U+2029 and U+0085 are blanks too
    if spaced.isprintable():
        return spaced
    return " ".join(_UNWANTED.sub("", spaced).split())


def title_text(raw: str | None) -> str:
    """Return a title (or a name, or a tag) as plain text.

    What still shows pairs of tags after the first decoding was surely encoded twice.
    """
    text = _decode(_strip(_CDATA.sub(r"\1", (raw or "")[:_RAW_TITLE])))
    if _PAIR.search(text):
        text = _decode(_strip(text))
    return cut(clean(text), length=TITLE_LENGTH)


def body_text(raw: str | None) -> str:
    """Return a description or a whole post as plain text."""
    value = _CDATA.sub(r"\1", raw or "")
    if not _MARKUP.search(value) and _PAIR.search(decoded := _decode(value)):
        value = decoded  # markup that was encoded once too often
    if _MARKUP.search(value):
        value = _NO_TAGS.clean(_BREAK.sub(" <", value))
        return clean(html.unescape(value))
    return clean(_decode(value))


def cut(text: str, *, length: int) -> str:
    """Return at most ``length`` characters, ending at a word, with an ellipsis when cut."""
    if len(text) <= length:
        return text
    head, _, tail = text[: length - 1].rpartition(" ")
    return (head or tail).rstrip(" ,;:") + "…"


def count_words(text: str) -> int:
    """Count words; two ideographs or syllables of Chinese, Japanese or Korean count as one."""
    if not _IDEOGRAPH.search(text):
        return len(text.split())
    return len(_IDEOGRAPH.sub(" ", text).split()) + len(_IDEOGRAPH.findall(text)) // 2


def _strip(text: str) -> str:
    text = _SINGLE.sub(" ", _SILENT.sub(" ", text))
    found = 1
    while found:
        text, found = _PAIR.subn(r"\2", text)
    return text


def _decode(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
