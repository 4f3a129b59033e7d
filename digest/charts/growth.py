"""Draws how the list of readers grew: an area of all of them, with who joined and left below."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from digest.charts import ink, svg
from digest.charts.figure import Figure, Key, Mark
from digest.charts.scale import Scale, round_up, scale
from digest.charts.words import counted, number

_LEFT, _RIGHT = 70, svg.WIDTH - 8
_TOP, _FLOOR = 14, 124  # of the area
_MIDDLE, _REACH = 166, 24  # of the bars: joined above, left below
_HEIGHT = 214
_LABELS = 6


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week of the list: who joined, who left, and how many readers it ended with."""

    label: str
    joined: int
    left: int
    total: int


def growth(weeks: Sequence[Week]) -> Figure:
    """Draw the weeks, oldest first."""
    title = f"Readers over {counted(len(weeks), 'week')}"
    sentence = _sentence(weeks)
    return Figure(
        name="growth",
        title=title,
        sentence=sentence,
        drawing=svg.document(
            "growth", title=title, sentence=sentence, height=_HEIGHT, parts=_parts(weeks)
        ),
        head=("Week", "Joined", "Left", "Readers"),
        rows=[(week.label, week.joined, week.left, week.total) for week in weeks],
        marks=[
            Mark(
                label=week.label,
                size=week.total,
                words=f"{number(week.total)}  +{number(week.joined)} -{number(week.left)}",
            )
            for week in weeks
        ],
        keys=(
            Key(name="readers", fill=ink.ACCENT),
            Key(name="joined (up)", fill=ink.OK),
            Key(name="left (down)", fill=ink.BAR),
        ),
    )


def _sentence(weeks: Sequence[Week]) -> str:
    if not weeks:
        return "Nothing was counted yet."
    joined, left = sum(week.joined for week in weeks), sum(week.left for week in weeks)
    first, last = weeks[0], weeks[-1]
    before = first.total - first.joined + first.left
    change = last.total - before
    moved = f"{number(abs(change))} {'more' if change > 0 else 'fewer'}" if change else "as many"
    return (
        f"{counted(last.total, 'reader')} now, {moved} {'than' if change else 'as'} before"
        f" {first.label}: {number(joined)} joined, {number(left)} left."
    )


def _parts(weeks: Sequence[Week]) -> Iterator[str]:
    axis = scale([week.total for week in weeks], low=_FLOOR, high=_TOP)
    for value in axis.marks:
        yield svg.rule(y=axis(value), start=_LEFT, end=_RIGHT)
        yield svg.text(number(value), x=_LEFT - 6, y=axis(value) + 4, text_anchor="end")
    if weeks:
        yield from _area(weeks, axis=axis)
        yield from _bars(weeks)
        yield from week_labels([week.label for week in weeks], x=_center, y=_HEIGHT - 6)


def _area(weeks: Sequence[Week], *, axis: Scale) -> Iterator[str]:
    points = [(_center(n, len(weeks)), axis(week.total)) for n, week in enumerate(weeks)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    first, last = points[0][0], points[-1][0]
    yield svg.element(
        "polygon",
        points=f"{first:.1f},{_FLOOR} {line} {last:.1f},{_FLOOR}",
        fill=ink.ACCENT,
        fill_opacity=0.14,
    )
    yield svg.element("polyline", points=line, fill="none", stroke=ink.ACCENT, stroke_width=2)
    if len(points) == 1:
        yield svg.element("circle", cx=first, cy=points[0][1], r=3, fill=ink.ACCENT)


def _bars(weeks: Sequence[Week]) -> Iterator[str]:
    most = round_up(max(max(week.joined, week.left) for week in weeks))
    width = min(0.7 * (_RIGHT - _LEFT) / len(weeks), 24)
    yield svg.rule(y=_MIDDLE, start=_LEFT, end=_RIGHT)
    yield svg.text(f"+{number(most)}", x=_LEFT - 6, y=_MIDDLE - _REACH + 9, text_anchor="end")
    yield svg.text(f"-{number(most)}", x=_LEFT - 6, y=_MIDDLE + _REACH, text_anchor="end")
    for n, week in enumerate(weeks):
        x = _center(n, len(weeks)) - width / 2
        up, down = _REACH * week.joined / most, _REACH * week.left / most
        if up:
            yield svg.box(x=x, y=_MIDDLE - up, width=width, height=up, fill=ink.OK)
        if down:
            yield svg.box(x=x, y=_MIDDLE, width=width, height=down, fill=ink.BAR)


def _center(place: int, of: int) -> float:
    return _LEFT + (place + 0.5) * (_RIGHT - _LEFT) / of


def week_labels(
    labels: Sequence[str], *, x: Callable[[int, int], float], y: float
) -> Iterator[str]:
    """Write so many of the labels below a drawing as have room."""
    step = max(1, -(-len(labels) // _LABELS))
    for n in range(0, len(labels), step):
        yield svg.text(labels[n], x=x(n, len(labels)), y=y, text_anchor="middle")
