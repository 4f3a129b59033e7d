"""Draws one line over time, with events and a limit where there are any."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from digest.charts import ink, svg
from digest.charts.figure import Cell, Figure, Mark
from digest.charts.scale import Scale, round_up
from digest.charts.words import number, short

_LEFT, _RIGHT = 70, svg.WIDTH - 12
_TOP, _FLOOR = 22, 150
_HEIGHT = 174
_LABELS = 6
_EVENT = 36  # letters that have room beside a mark
_HALF = (_LEFT + _RIGHT) / 2


@dataclass(frozen=True, kw_only=True)
class Point:
    """One value of the line; ``at`` is its place between the first (0) and the last (1)."""

    at: float
    label: str
    value: int


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened on the way, as "Gmail 421" or "paused by anna"."""

    at: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A value that should not be passed, in the unit of the points."""

    value: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What the line measures, as "Accepted"; ``write`` puts a value in words.

    ``top`` is what it is on its way to, if anything.
    """

    what: str
    write: Callable[[int], str] = number
    top: int | None = None
    limit: Limit | None = None


def line(
    name: str,
    points: Sequence[Point],
    *,
    title: str,
    sentence: str,
    measure: Measure,
    events: Sequence[Event] = (),
) -> Figure:
    """Draw the points in their order."""
    axis = _scale(points, measure)
    drawn = [
        *_axis(axis, points, write=measure.write),
        *_limit(axis, measure.limit),
        *_line(axis, points),
        *_events(events),
    ]
    return Figure(
        name=name,
        title=title,
        sentence=sentence,
        drawing=svg.document(name, title=title, sentence=sentence, height=_HEIGHT, parts=drawn),
        head=("When", measure.what),
        rows=[(point.label, _cell(point, measure)) for point in points],
        marks=[
            Mark(label=point.label, size=point.value, words=measure.write(point.value))
            for point in points
        ],
    )


def _scale(points: Sequence[Point], measure: Measure) -> Scale:
    top, limit = measure.top or 0, measure.limit.value if measure.limit else 0
    most = max([top, limit, *(point.value for point in points)])
    return Scale(top=top if top and most <= top else round_up(most), low=_FLOOR, high=_TOP)


def _cell(point: Point, measure: Measure) -> Cell:
    return point.value if measure.write is number else measure.write(point.value)


def _x(at: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(max(at, 0), 1)


def _axis(axis: Scale, points: Sequence[Point], *, write: Callable[[int], str]) -> Iterator[str]:
    for value in axis.marks:
        yield svg.rule(y=axis(value), start=_LEFT, end=_RIGHT)
        yield svg.text(write(value), x=_LEFT - 6, y=axis(value) + 4, text_anchor="end")
    step = max(1, -(-len(points) // _LABELS))
    for n in range(0, len(points), step):
        anchor = "start" if n == 0 else "middle"
        if points[n].at == 1 and n:
            anchor = "end"
        yield svg.text(points[n].label, x=_x(points[n].at), y=_HEIGHT - 6, text_anchor=anchor)


def _line(axis: Scale, points: Sequence[Point]) -> Iterator[str]:
    places = [(_x(point.at), axis(point.value)) for point in points]
    if len(places) > 1:
        told = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield svg.element("polyline", points=told, fill="none", stroke=ink.ACCENT, stroke_width=2)
    for x, y in places[-1:]:
        yield svg.element("circle", cx=x, cy=y, r=3, fill=ink.ACCENT)


def _limit(axis: Scale, limit: Limit | None) -> Iterator[str]:
    if limit is None:
        return
    y = axis(limit.value)
    yield svg.element(
        "line", x1=_LEFT, y1=y, x2=_RIGHT, y2=y, stroke=ink.BAD, stroke_dasharray="6 3"
    )
    yield svg.text(limit.words, x=_RIGHT, y=y - 5, fill=ink.BAD, text_anchor="end")


def _events(events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        x = _x(event.at)
        yield svg.element(
            "line", x1=x, y1=_TOP - 6, x2=x, y2=_FLOOR, stroke=ink.MUTED, stroke_dasharray="3 3"
        )
        is_late = x > _HALF
        yield svg.text(
            short(event.words, most=_EVENT),
            x=x - 5 if is_late else x + 5,
            y=_TOP - 8,
            text_anchor="end" if is_late else "start",
        )
