"""Lenses: the mail as mail programs show it, each a change to its HTML; pure.

They are approximations by the rules that are known of these programs, not the programs.
"""

import colorsys
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape

from digest.errors import UsageError

_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_SCHEMES = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")light dark(")')
_NOT_OUTLOOK = re.compile(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", re.DOTALL)
_OUTLOOK = re.compile(r"<!--\[if (?:mso|mso \| IE)\]>(.*?)<!\[endif\]-->", re.DOTALL)
_ELEMENT = re.compile(r'<(\w+)((?:\s+[\w:-]+(?:="[^"]*")?)*\s*)(/?)>')
_INLINE = re.compile(r'\sstyle="([^"]*)"')
_COLOUR = re.compile(r"((?:^|;)\s*)(color|background|background-color)(\s*:\s*)(#[0-9a-fA-F]{6})")
_GROUND = re.compile(r'(bgcolor=")(#[0-9a-fA-F]{6})(")')
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\b[^>]*>.*?</a>", re.DOTALL | re.IGNORECASE)
_HREF = re.compile(r"\shref\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_OPENING = re.compile(r"<(?:a|area|base|link)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_ALT = re.compile(r'\balt="([^"]*)"')
# What the Word engine of classic Outlook does not know (caniemail.com, June 2026).
_UNKNOWN_TO_WORD = frozenset(
    {"border-radius", "max-height", "max-width", "opacity", "overflow", "text-decoration-color"}
)
_CELLS = frozenset({"td", "th", "table"})
_BRIGHT_GROUND, _DARK_TEXT = 0.6, 0.5  # lightness from which, and up to which, Gmail inverts
_DARKEST = 0.07


@dataclass(frozen=True, kw_only=True)
class Lens:
    """One way to look: a name, what it stands for, how wide its window is in pixels."""

    name: str
    about: str
    width: int
    see: Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of a mail: what it is called, and where it leads."""

    words: str
    url: str


def links_of(html: str) -> tuple[Link, ...]:
    """Return the links of a mail in its order, each once."""
    found: dict[Link, None] = {}
    for anchor in _ANCHOR.finditer(html):
        href = _HREF.search(anchor[0].partition(">")[0] + ">")
        if href:
            words = " ".join(unescape(_TAG.sub(" ", anchor[0])).split())
            found[Link(words=words, url=unescape(href[1].strip("\"'")))] = None
    return tuple(found)


def without_links(html: str) -> str:
    """Show the mail with dead links, for a frame that has to stay where it is."""
    return _OPENING.sub(lambda opening: _HREF.sub("", opening[0]), html)


def find_lens(name: str) -> Lens:
    """Return a lens by its name; raises `UsageError` naming those there are."""
    for lens in LENSES:
        if lens.name == name:
            return lens
    known = ", ".join(NAMES)
    raise UsageError(f"there is no lens {name!r}; there are: {known}")


def light(html: str) -> str:
    """Show the mail where people prefer light."""
    return _scheme(_DARK.sub("@media not all", html), "light")


def dark(html: str) -> str:
    """Show the mail where people prefer dark, and the mail program respects our colours."""
    return _scheme(_DARK.sub("@media all", html), "dark")


def forced_dark(html: str) -> str:
    """Show the mail where the program darkens by itself, as Gmail's apps do.

    Bright grounds and dark texts are inverted; what is dark or strong already stays.
    """
    inverted = _INLINE.sub(lambda m: f' style="{_COLOUR.sub(_darkened, m[1])}"', light(html))
    return _GROUND.sub(lambda m: f"{m[1]}{_inverted(m[2], is_ground=True)}{m[3]}", inverted)


def no_styles(html: str) -> str:
    """Show the mail without its style blocks, as GMX and WEB.DE do, and Gmail at times."""
    return _STYLE.sub("", html)


def outlook(html: str) -> str:
    """Show the mail to the Word engine: its own branch, and no padding but in cells."""
    branch = _OUTLOOK.sub(r"\1", _NOT_OUTLOOK.sub("", html))
    return _ELEMENT.sub(_as_word_does, _STYLE.sub("", branch))


def images_off(html: str) -> str:
    """Show what stands for each picture where pictures are not loaded."""

    def words(image: re.Match[str]) -> str:
        alt = _ALT.search(image[0])
        return f"<span>{alt[1]}</span>" if alt else "<span>[image]</span>"

    return _IMAGE.sub(words, light(html))


def text_page(text: str) -> str:
    """Show the text part, as text readers and watches do."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Text</title></head>'
        '<body style="margin:16px"><pre style="font:14px/1.4 monospace;white-space:pre-wrap;'
        f'overflow-wrap:anywhere">{escape(text)}</pre></body></html>'
    )


def as_reader(body: str, *, values: Mapping[str, str], is_html: bool) -> str:
    """Fill the markers of slots with one reader's values; both by the marker itself."""
    for marker, value in values.items():
        body = body.replace(marker, escape(value) if is_html else value)
    return body


def _scheme(html: str, scheme: str) -> str:
    return _SCHEMES.sub(rf"\g<1>{scheme}\g<2>", html).replace(
        ":root{color-scheme:light dark", f":root{{color-scheme:{scheme}"
    )


def _darkened(colour: re.Match[str]) -> str:
    before, name, colon, value = colour.groups()
    return f"{before}{name}{colon}{_inverted(value, is_ground=name != 'color')}"


def _inverted(colour: str, *, is_ground: bool) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    if is_ground and lightness > _BRIGHT_GROUND:
        lightness = max(_DARKEST, 1 - lightness)
    elif not is_ground and lightness < _DARK_TEXT:
        lightness = 1 - lightness
    parts = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _as_word_does(element: re.Match[str]) -> str:
    tag, attributes, slash = element.groups()
    style = _INLINE.search(attributes)
    if not style:
        return element[0]
    kept = ";".join(_declarations(tag, style[1]))
    return f"<{tag}{attributes.replace(style[0], f' style={chr(34)}{kept}{chr(34)}')}{slash}>"


def _declarations(tag: str, style: str) -> Iterator[str]:
    for declaration in filter(None, map(str.strip, style.split(";"))):
        name = declaration.partition(":")[0].strip()
        if name in _UNKNOWN_TO_WORD or (name.startswith("padding") and tag not in _CELLS):
            continue
        if name == "mso-hide":
            yield "display:none"
        else:
            yield declaration.replace("mso-padding-alt", "padding")


LENSES = (
    Lens(name="desktop", about="a wide window", width=900, see=light),
    Lens(name="phone", about="a phone", width=375, see=light),
    Lens(name="light", about="where people prefer light", width=640, see=light),
    Lens(name="dark", about="where people prefer dark", width=640, see=dark),
    Lens(name="phone-dark", about="a phone in the dark", width=375, see=dark),
    Lens(name="forced-dark", about="Gmail's app, darkened by itself", width=375, see=forced_dark),
    Lens(name="no-styles", about="GMX, WEB.DE: without style blocks", width=375, see=no_styles),
    Lens(name="outlook", about="classic Outlook: the Word engine", width=640, see=outlook),
    Lens(name="images-off", about="pictures not loaded", width=640, see=images_off),
)
TEXT, INBOX_LINE, READ_ALOUD = "text", "inbox-line", "read-aloud"
OF_WORDS = (
    (TEXT, "the text part"),
    (INBOX_LINE, "as the lists of mail programs cut it"),
    (READ_ALOUD, "what a screen reader says"),
)
"""What is looked at as words, not as a change to the HTML; `looking.see` shows them."""
ALL = (*((lens.name, lens.about) for lens in LENSES), *OF_WORDS)
"""Every lens, by its name and what it stands for."""
NAMES = tuple(name for name, _ in ALL)
