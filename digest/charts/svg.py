"""Writes SVG as text: every word is escaped, and no coordinate has more digits than one can see.

Colours and sizes stand in attributes, as a page's policy may forbid styles inside of it.
"""

from collections.abc import Iterable
from html import escape

from digest.charts import ink
from digest.charts.words import writable

WIDTH = 560
TEXT = 13  # pixels at full width; a page shows it no narrower than 480, where they are 11


def clean(words: str) -> str:
    """Return words as text of XML and HTML, whoever wrote them."""
    return escape(writable(words))


def element(name: str, *inside: str, **attributes: str | float) -> str:
    """Write one element; ``inside`` is written already, attributes are escaped here."""
    told = "".join(f' {_key(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{told}>{''.join(inside)}</{name}>" if inside else f"<{name}{told}/>"


def text(words: str, *, x: float, y: float, **attributes: str | float) -> str:
    """Write words; ``y`` is their base line."""
    usual: dict[str, str | float] = {"fill": ink.MUTED}
    return element("text", clean(words), x=x, y=y, **usual | attributes)


def rule(*, y: float, start: float, end: float) -> str:
    """Draw a thin line across."""
    return element("line", x1=start, y1=y, x2=end, y2=y, stroke=ink.RULE)


def box(*, x: float, y: float, width: float, height: float, fill: str, **more: str | float) -> str:
    """Draw a filled rectangle."""
    return element("rect", x=x, y=y, width=width, height=height, fill=fill, **more)


def document(name: str, *, title: str, sentence: str, height: float, parts: Iterable[str]) -> str:
    """Join the parts of a drawing that is `WIDTH` wide; ``name`` makes its ids, always the same."""
    return element(
        "svg",
        element("title", clean(title), id=f"chart-{name}-title"),
        element("desc", clean(sentence), id=f"chart-{name}-desc"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_labelledby=f"chart-{name}-title chart-{name}-desc",
        viewBox=f"0 0 {WIDTH} {_value(height)}",
        width=WIDTH,
        height=height,
        font_family="system-ui, sans-serif",
        font_size=TEXT,
    )


def _key(name: str) -> str:
    return name.replace("_", "-")


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return clean(value)
    return f"{value:.1f}".removesuffix(".0")
