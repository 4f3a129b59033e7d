"""Makes a page of a mail's HTML, which any theme may have written: adds to it, takes nothing away.

Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape

_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_HEADING = re.compile(r"<h2\b(?P<words>[^>]*)>(?P<inside>.*?)</h2\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r'(?P<before>\shref=")(?P<url>[^"]*)(?=")')


@dataclass(frozen=True, kw_only=True)
class Graft:
    """What is added: to the head, at the top and the end of the body, to headings of topics.

    ``anchors`` are the topics' names by what their headings are to be called.
    """

    head: str
    top: str
    end: str
    anchors: Mapping[str, str]


def graft(html: str, additions: Graft) -> str:
    """Return the page; a mail without head or body comes back without the addition."""
    html = _HEADING.sub(lambda match: _anchored(match, additions.anchors), html)
    html = _HEAD_END.sub(lambda match: additions.head + match[0], html, count=1)
    html = _BODY.sub(lambda match: f"{match[0]}\n{additions.top}", html, count=1)
    body, end, rest = html.rpartition("</body>")
    return f"{body}{additions.end}{end}{rest}" if end else html


def relinked(html: str, known: Mapping[str, str]) -> str:
    """Replace the addresses of links that are known, by what ``known`` says."""

    def replaced(match: re.Match[str]) -> str:
        url = unescape(match["url"])
        new = known.get(url.partition("#")[0])
        if new is None:
            return match[0]
        _, mark, part = url.partition("#")
        return match["before"] + escape(new + mark + part)

    return _LINK.sub(replaced, html)


def _anchored(match: re.Match[str], anchors: Mapping[str, str]) -> str:
    """Give a heading its id, unless it has one or is no topic's."""
    text = " ".join(unescape(_TAG.sub("", match["inside"])).split())
    for slug, name in anchors.items():
        is_whole = text[len(name) :][:1] in {"", " "}
        if text.startswith(name) and is_whole and "id=" not in match["words"]:
            return f'<h2 id="{escape(slug)}"{match["words"]}>{match["inside"]}</h2>'
    return match[0]
