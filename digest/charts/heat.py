"""Draws how often each blog posts: a row for each, a cell for each week, and its state in words.

A cell is filled from below, higher and stronger with more posts: never by colour alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.charts import ink, svg
from digest.charts.figure import Figure, Mark
from digest.charts.growth import week_labels
from digest.charts.words import counted, listed, number, short

_LEFT, _RIGHT = 140, 472
_LINE, _CELL = 20, 14
_NAME = 18
_LEVELS = 4
_FINE = "ok"
_GAP = 2


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """One blog: its posts of each week, oldest first, and its state in a word."""

    name: str
    posts: tuple[int, ...]
    state: str


def heat(sources: Sequence[Cadence], *, weeks: Sequence[str], known: int | None = None) -> Figure:
    """Draw the blogs; ``weeks`` are the names of the weeks.

    ``known`` is how many blogs there are, where more are known than are drawn.
    """
    name = "cadence"
    title = f"Posts per week, by source, over {counted(len(weeks), 'week')}"
    sentence = _sentence(sources, known=known or len(sources))
    height = len(sources) * _LINE + 28
    return Figure(
        name=name,
        title=title,
        sentence=sentence,
        drawing=svg.document(
            name, title=title, sentence=sentence, height=height, parts=_parts(sources, weeks)
        ),
        head=("Source", *weeks, "State"),
        rows=[(source.name, *source.posts, source.state) for source in sources],
        marks=[
            Mark(
                label=source.name,
                size=sum(source.posts),
                words=f"{number(sum(source.posts))}  {source.state}",
            )
            for source in sources
        ],
    )


def _sentence(sources: Sequence[Cadence], *, known: int) -> str:
    if not sources:
        return "No source is followed yet."
    posts = counted(sum(sum(source.posts) for source in sources), "post")
    told = f"{posts} of {counted(len(sources), 'source')}"
    if known > len(sources):
        told = f"{posts} of {number(len(sources))} of {number(known)} sources"
    odd = [source for source in sources if source.state != _FINE]
    if not odd:
        return f"{told}; all {'of these ' if known > len(sources) else 'sources '}are ok."
    names = [f"{source.name} ({source.state})" for source in odd[:5]]
    more = [f"{number(len(odd) - 5)} more"] if len(odd) > len(names) else []
    return f"{told}; to look at: {listed(names + more)}."


def _parts(sources: Sequence[Cadence], weeks: Sequence[str]) -> Iterator[str]:
    most = max((max(source.posts, default=0) for source in sources), default=0)
    for n, source in enumerate(sources):
        y = n * _LINE
        yield svg.text(short(source.name, most=_NAME), x=0, y=y + 13, fill=ink.INK)
        yield from _cells(source.posts, most, y=y + 1)
        fill = ink.OK if source.state == _FINE else ink.BAD
        yield svg.text(source.state, x=_RIGHT + 8, y=y + 13, fill=fill)
    yield from week_labels(weeks, x=_center, y=len(sources) * _LINE + 20)


def _cells(posts: Sequence[int], most: int, *, y: float) -> Iterator[str]:
    """Draw the weeks of a source; those that look the same are one path, as there are many."""
    width = max((_RIGHT - _LEFT) / max(len(posts), 1) - _GAP, 1)
    places = [_x(place, len(posts)) for place in range(len(posts))]
    yield _path(places, y=y, width=width, height=_CELL, fill=ink.RULE, opacity=0.5)
    levels = [-(-count * _LEVELS // most) if count else 0 for count in posts]
    for level in sorted({*levels} - {0}):
        height = _CELL * level / _LEVELS
        yield _path(
            [x for x, one in zip(places, levels, strict=True) if one == level],
            y=y + _CELL - height,
            width=width,
            height=height,
            fill=ink.ACCENT,
            opacity=0.4 + 0.6 * level / _LEVELS,
        )


def _path(
    places: Sequence[float], *, y: float, width: float, height: float, fill: str, opacity: float
) -> str:
    drawn = "".join(f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z" for x in places)
    return svg.element("path", d=drawn, fill=fill, fill_opacity=opacity)


def _x(place: int, of: int) -> float:
    return _LEFT + place * (_RIGHT - _LEFT) / of


def _center(place: int, of: int) -> float:
    return _x(place, of) + (_RIGHT - _LEFT) / of / 2
