"""A figure: one drawing, the sentence a person would say about it, and its numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

from digest.charts import ink, svg
from digest.charts.words import number

Cell = str | int


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One bar of a figure where it is drawn in letters: what it is, how long, and in words."""

    label: str
    size: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Key:
    """What one colour of a figure stands for."""

    name: str
    fill: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing and its numbers; ``name`` is a slug, once on a page.

    ``head`` and ``rows`` are the table: its numbers are those that are drawn. ``marks`` are for
    the terminal.
    """

    name: str
    title: str
    sentence: str
    drawing: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    marks: Sequence[Mark]
    keys: Sequence[Key] = ()

    def __html__(self) -> str:
        """Return it for a page: the drawing, what its colours mean, and the table behind it."""
        legend = [_key(key) for key in self.keys]
        parts = (
            self._drawn(),
            svg.element("ul", *legend, **{"class": "legend"}) if legend else "",
            svg.element("figcaption", svg.clean(self.sentence)),
            svg.element("details", svg.element("summary", "As a table"), self._table()),
        )
        return svg.element("figure", *parts, **{"class": "chart"})

    def standing_alone(self) -> str:
        """Return the drawing as a file of its own, on paper."""
        start, end, rest = self.drawing.partition(">")
        paper = svg.box(x=0, y=0, width=svg.WIDTH, height=self._height(), fill=ink.CARD)
        declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
        head, closed, drawn = rest.partition("</desc>")
        return ink.fixed(f"{declared}{start}{end}{head}{closed}{paper}{drawn}\n")

    def as_data(self) -> dict[str, object]:
        """Return it as JSON can say it."""
        return {
            "name": self.name,
            "title": self.title,
            "sentence": self.sentence,
            "head": list(self.head),
            "rows": [list(row) for row in self.rows],
        }

    def _drawn(self) -> str:
        """Put the drawing where it can be moved sideways: its words stay readable on a phone."""
        return svg.element(
            "div",
            self.drawing,
            **{"class": "drawn"},
            tabindex="0",
            role="region",
            aria_label=f"{self.title}, drawn",
        )

    def _height(self) -> float:
        return float(self.drawing.partition(' height="')[2].partition('"')[0])

    def _table(self) -> str:
        head = [svg.element("th", svg.clean(word), scope="col") for word in self.head]
        body = [svg.element("tr", *starmap(_cell, enumerate(row))) for row in self.rows]
        return svg.element(
            "div",
            svg.element(
                "table",
                svg.element("caption", svg.clean(self.title)),
                svg.element("thead", svg.element("tr", *head)),
                svg.element("tbody", *body or ("<tr></tr>",)),
                **{"class": "rows"},
            ),
            **{"class": "scroll"},
            tabindex="0",
            role="region",
            aria_label=f"{self.title}, as a table",
        )


def _cell(place: int, value: Cell) -> str:
    words = svg.clean(number(value) if isinstance(value, int) else value)
    if place == 0:
        return svg.element("th", words, scope="row")
    return svg.element("td", words, **({"class": "count"} if isinstance(value, int) else {}))


def _key(key: Key) -> str:
    swatch = svg.element(
        "svg",
        svg.box(x=0, y=0, width=12, height=12, fill=key.fill, rx=2),
        width=12,
        height=12,
        aria_hidden="true",
    )
    return svg.element("li", swatch, " ", svg.clean(key.name))
