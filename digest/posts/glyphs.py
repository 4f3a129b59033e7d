"""Takes noise of characters and markup out of a title or a text, and leaves its words; pure."""

import html
import re
import unicodedata

_HTML = re.compile(
    r"a|abbr|b|big|blockquote|center|cite|code|del|div|em|font|h[1-6]|i|ins|kbd|li|mark|ol|p|pre|q"
    r"|s|samp|small|span|strike|strong|sub|sup|table|tbody|t[dhrt]|thead|u|ul|var|script|style"
    r"|iframe|figure|figcaption|section|article"
)
_INLINE = frozenset({"a", "b", "code", "em", "i", "span", "strong"})
_VOID = frozenset({"br", "hr", "img", "wbr"})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,11})(?:\s[^<>]{0,400})?/?>")
_COMMENT = re.compile(r"<!--(?:(?!-->).){0,500}-->", re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{2,7}|#[xX][0-9a-fA-F]{2,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BOLD = re.compile(r"(?<![^\s(\"“])\*\*(?=\S)([^*]{1,200})(?<=\S)\*\*(?![^\s.,:;!?)\"”])")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]{1,200})\]\(https?://[^\s()]{1,500}\)")
_HEADING = re.compile(r"#{1,6}\s+(?=\S)")
_LIST_MARK = re.compile(r"[-*+•‣▪▸◦·–—>»]+\s+(?=\w|[\"“„«(])")  # noqa: RUF001 - all are list marks
# Soft hyphens, zero-width blanks, marks of direction that override, private use and tags.
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u2060-\u2064\u202a-\u202e\ufeff\ufff9-\ufffc\ue000-\uf8ff"
    "\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
_COMMA = re.compile(r"(?<=[\w)\]”\"’]) ,(?=\s|$)")  # noqa: RUF001 - curly quotation mark
_SYMBOLS = frozenset({"So", "Sm", "Sk", "Cf", "Mn", "Co", "Cn"})
_LEGIBLE = frozenset("∞≠≤≥≈√∑∆∀∃∈±×÷№©®™°∂")  # noqa: RUF001 - signs that are words


def without_entities(text: str) -> str:
    """Decode entities, and what was encoded twice until nothing more changes."""
    while (decoded := _ENTITY.sub(lambda found: html.unescape(found[0]), text)) != text:
        if len(decoded) >= len(text):  # an entity that stands for itself
            break
        text = decoded
    return text


def without_markup(text: str) -> str:
    """Drop pairs of HTML tags, void elements, comments and the marks of Markdown.

    A tag without its partner is a word: titles speak of ``<i>`` and ``<div>``.
    """
    if "<" in text:
        text = _without_tags(_COMMENT.sub(" ", text))
    text = _BOLD.sub(r"\1", text) if "**" in text else text
    text = _MARKDOWN_LINK.sub(r"\1", text) if "](" in text else text
    return _HEADING.sub("", text) if _HEADING.match(text) else text


def without_invisible(text: str) -> str:
    """Drop characters that show nothing or garble, and doubled blanks."""
    if not text.isprintable() or "\ufffc" in text:  # the only one of them that counts as printable
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def without_list_mark(text: str) -> str:
    """Drop dashes and bullets of a list from the front."""
    while mark := _LIST_MARK.match(text):
        text = text[mark.end() :]
    return text


def without_leading_symbols(text: str) -> str:
    """Drop symbols and emoji that stand before the first word; many mail clients show boxes.

    Symbols that are a word (``⌘K``, ``∞``) stay, and so does a title of nothing else.
    """
    end = 0
    while end < len(text) and (text[end] == " " or _is_noise(text[end])):
        end += 1
    symbols = text[:end]
    return text[end:] if symbols[-1:] == " " and symbols.strip() and text[end:] else text


def with_tidy_commas(text: str) -> str:
    """Drop the blank before a comma."""
    return _COMMA.sub(",", text) if " ," in text else text


def _is_noise(character: str) -> bool:
    is_symbol = unicodedata.category(character) in _SYMBOLS
    return is_symbol and not character.isascii() and character not in _LEGIBLE


def _without_tags(text: str) -> str:
    opened: dict[str, list[re.Match[str]]] = {}
    gone: list[re.Match[str]] = []
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if name in _VOID:
            gone.append(tag)
        elif _HTML.fullmatch(name) and not tag[1]:
            opened.setdefault(name, []).append(tag)
        elif opened.get(name):
            gone += [opened[name].pop(), tag]
    for tag in sorted(gone, key=re.Match.start, reverse=True):
        blank = "" if tag[2].lower() in _INLINE else " "
        text = text[: tag.start()] + blank + text[tag.end() :]
    return text
