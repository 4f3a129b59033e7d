"""Whether clicks are counted, and how the links of a letter lead through the counter; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape

_HREF = re.compile(r'(?P<before>\shref=")(?P<url>[^"]*)(?=")')


@dataclass(frozen=True, kw_only=True)
class ClickSettings:
    """Whether clicks on posts are counted: for each link and day, and never by person."""

    count: bool = False


def html_with(html: str, links: Mapping[str, str]) -> str:
    """Replace the addresses of these links, wherever they are linked, and nothing else."""

    def replaced(match: re.Match[str]) -> str:
        new = links.get(unescape(match["url"]))
        return match[0] if new is None else match["before"] + escape(new)

    return _HREF.sub(replaced, html) if links else html


def text_with(text: str, links: Mapping[str, str]) -> str:
    """Do the same in a text, where an address has a line of its own."""
    if not links:
        return text
    lines = text.split("\n")
    return "\n".join(
        line.replace(url, links[url]) if (url := line.strip()) in links else line for line in lines
    )
