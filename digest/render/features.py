"""The HTML and CSS that a mail may use: mail programs show it, or the mail does without."""

import re
from collections.abc import Iterator

# What each may carry; "*" stands for every element. Asked of caniemail.com, June 2026: article,
# section and nav are stripped, forms and SVG work nowhere in full, images are blocked.
_EVERYWHERE = frozenset({"class", "style", "lang", "dir", "role", "align", "aria-label"})
TAGS = {
    "html": {"xmlns", "xmlns:o", "xmlns:v"},
    "head": set[str](),
    "title": set[str](),
    "meta": {"charset", "content", "http-equiv", "name"},
    "style": {"media", "type"},
    "body": {"bgcolor"},
    "div": {"aria-hidden", "aria-roledescription"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "tbody": set[str](),
    "thead": set[str](),
    "tr": set[str](),
    "td": {"bgcolor", "colspan", "height", "rowspan", "valign", "width"},
    "th": {"bgcolor", "colspan", "rowspan", "scope", "valign", "width"},
    "caption": set[str](),
    "h1": set[str](),
    "h2": set[str](),
    "h3": set[str](),
    "p": set[str](),
    "a": {"href", "name", "title"},
    "span": {"aria-hidden"},
    "b": set[str](),
    "strong": set[str](),
    "i": set[str](),
    "em": set[str](),
    "code": set[str](),
    "br": set[str](),
    "ul": set[str](),
    "ol": set[str](),
    "li": set[str](),
}
# Written into elements: they work everywhere, or the mail is complete without them.
INLINE = frozenset(
    re.findall(
        r"\S+",
        """
    background background-color border border-bottom border-collapse border-left border-radius
    border-right border-top color direction display font-family font-size font-style font-weight
    height letter-spacing line-height margin margin-bottom margin-left margin-right margin-top
    max-height max-width mso-hide mso-line-height-rule mso-padding-alt mso-table-lspace
    mso-table-rspace overflow padding padding-bottom padding-left padding-right padding-top
    text-align text-decoration text-decoration-color text-indent text-transform vertical-align
    white-space width word-break word-spacing
    """,
    )
)
# Only in style blocks, which some clients drop: improvements, and the compiler's own resets.
HEAD = INLINE | {
    "-ms-interpolation-mode",
    "-ms-text-size-adjust",
    "-webkit-text-size-adjust",
    "color-scheme",
    "outline",
    "supported-color-schemes",
    "text-underline-offset",
}
_PADDED = frozenset({"td", "th", "table", "body", "html", "a"})  # "a": beside mso-padding-alt
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_ELEMENT = re.compile(
    r"""<([a-zA-Z][\w:-]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*)\s*/?>"""
)
_ATTRIBUTE = re.compile(r"""([^\s=/]+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'))?""")
_DECLARATION = re.compile(r"(?:^|[;{])\s*([\w-]+)\s*:")


def unsupported(html: str) -> Iterator[str]:
    """Say of each element, attribute and property of a mail that it is not known to work."""
    found: dict[str, None] = {}
    seen = _COMMENT.sub("", html)
    for block in _STYLE.findall(seen):
        found.update(dict.fromkeys(_properties(block, known=HEAD, where="a style block")))
    for element in _ELEMENT.finditer(_STYLE.sub("", seen)):
        found.update(dict.fromkeys(_of_element(element[1].lower(), element[2])))
    yield from found


def _of_element(tag: str, attributes: str) -> Iterator[str]:
    if tag not in TAGS:
        yield f"<{tag}> is not known to work in mail programs"
        return
    for name, double, single in _ATTRIBUTE.findall(attributes):
        if name.lower() not in TAGS[tag] | _EVERYWHERE:
            yield f'the attribute "{name}" of <{tag}> is not known to work in mail programs'
        elif name.lower() == "style":
            yield from _properties(double or single, known=INLINE, where=f"the style of <{tag}>")
            if tag not in _PADDED and re.search(r"\bpadding\b(?!-alt)", double or single):
                yield f"padding of <{tag}> is lost in Outlook: give it to a cell"


def _properties(css: str, *, known: frozenset[str], where: str) -> Iterator[str]:
    for name in _DECLARATION.findall(css):
        if name.lower() not in known:
            yield f'"{name}" in {where} is not known to work in mail programs'
