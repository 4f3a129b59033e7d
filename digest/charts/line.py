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
_EVENT = 32  # letters that have room beside a mark
_LETTER, _BESIDE, _LINE = 7, 5, 15  # pixels: of a letter, of the gap to a mark, of a line of words
_LINES = 4
_HALF = (_LEFT + _RIGHT) / 2


@dataclass(frozen=True, kw_only=True)
class Point:
    """One value of the line; ``at`` is its place between the first (0) and the last (1)."""

    at: float
    label: str
    value: int


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened on the way, as "Gmail 421" or "paused by anna".

    ``at`` and ``label`` are as a point's. With ``until`` it lasted from ``at`` to there.
    """

    at: float
    label: str
    words: str
    until: float | None = None


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
    """Draw the points in their order; the words of events stand above them."""
    axis = _scale(points, measure)
    labels = _placed(events)
    more = _LINE * max((label.line for label in labels), default=0)
    drawn = [
        *_lasting(events),
        *_axis(axis, points, write=measure.write),
        *_limit(axis, measure.limit),
        *_line(axis, points),
        *_events(labels),
    ]
    parts = [svg.element("g", *drawn, transform=f"translate(0 {more})")] if more else drawn
    return Figure(
        name=name,
        title=title,
        sentence=sentence,
        drawing=svg.document(
            name, title=title, sentence=sentence, height=_HEIGHT + more, parts=parts
        ),
        head=("When", measure.what, "What happened") if events else ("When", measure.what),
        rows=_rows(points, events, measure=measure),
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
    yield from _labels(points)


def _labels(points: Sequence[Point]) -> Iterator[str]:
    """Write under the axis when that was; what would run into the words before it is left out."""
    step, written = max(1, -(-len(points) // _LABELS)), 0.0
    for n in range(0, len(points), step):
        x, width = _x(points[n].at), _LETTER * len(points[n].label)
        anchor, start = ("start", x) if n == 0 else ("middle", x - width / 2)
        if points[n].at == 1 and n:
            anchor, start = "end", x - width
        if start >= written:
            yield svg.text(points[n].label, x=x, y=_HEIGHT - 6, text_anchor=anchor)
            written = start + width + _BESIDE


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


def _rows(
    points: Sequence[Point], events: Sequence[Event], *, measure: Measure
) -> list[tuple[Cell, ...]]:
    """Return the points as a table; events stand among them, with what was reached by then."""
    if not events:
        return [(point.label, _cell(point, measure)) for point in points]
    rows: list[tuple[float, tuple[Cell, ...]]] = [
        (point.at, (point.label, _cell(point, measure), "")) for point in points
    ]
    for event in events:
        before = [point for point in points if point.at <= event.at]
        reached = before[-1] if before else Point(at=0, label="", value=0)
        rows.append((event.at, (event.label, _cell(reached, measure), event.words)))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


@dataclass(frozen=True, kw_only=True)
class _Label:
    """The words of an event and where they stand; ``line`` 0 is the lowest above the drawing."""

    x: float
    words: str
    line: int
    is_left: bool

    @property
    def span(self) -> tuple[float, float]:
        """From where to where the words go, and their mark with them."""
        width = _LETTER * len(self.words) + 2 * _BESIDE
        return (self.x - width, self.x) if self.is_left else (self.x, self.x + width)

    def meets(self, other: "_Label") -> bool:
        """Whether the words of two, or the words of one and the mark of the other, would meet."""
        lower, upper = sorted((self, other), key=lambda label: label.line)
        (start, end), (from_, to) = lower.span, upper.span
        if lower.line < upper.line:
            return start < upper.x < end
        return start < to and from_ < end


def _placed(events: Sequence[Event]) -> list[_Label]:
    """Give each event a line on which its words run into no others; the last line takes all."""
    placed: list[_Label] = []
    for event in events:
        x, words = _x(event.at), short(event.words, most=_EVENT)
        places = [_Label(x=x, words=words, line=n, is_left=x > _HALF) for n in range(_LINES)]
        free = (one for one in places if not any(one.meets(other) for other in placed))
        placed.append(next(free, places[-1]))
    return placed


def _lasting(events: Sequence[Event]) -> Iterator[str]:
    """Draw the time that something lasted as a field behind the line."""
    for event in events:
        if event.until is not None:
            x, end = _x(event.at), _x(event.until)
            width = max(end - x, 1)
            yield svg.box(
                x=x, y=_TOP, width=width, height=_FLOOR - _TOP, fill=ink.RULE, opacity=0.4
            )


def _events(labels: Sequence[_Label]) -> Iterator[str]:
    for label in labels:
        y = _TOP - 8 - _LINE * label.line
        yield svg.element(
            "line", x1=label.x, y1=y - 9, x2=label.x, y2=_FLOOR, stroke=ink.MUTED,
            stroke_dasharray="3 3",
        )  # fmt: skip
        yield svg.text(
            label.words,
            x=label.x - _BESIDE if label.is_left else label.x + _BESIDE,
            y=y,
            text_anchor="end" if label.is_left else "start",
        )
