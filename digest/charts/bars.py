"""Draws horizontal bars, one for each name: topics, answers, links, the steps of a sign-up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.charts import ink, svg
from digest.charts.figure import Cell, Figure, Mark
from digest.charts.words import counted, number, share, short

_LEFT, _END = 150, 430
_LINE, _BAR = 24, 15
_NAME = 20  # letters that have room before the bars


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar; ``words`` stand behind it, as "12 of 40"; nothing there writes the value."""

    name: str
    value: int
    words: str = ""


def bars(
    name: str, rows: Sequence[Bar], *, title: str, sentence: str, what: str, fill: str = ink.ACCENT
) -> Figure:
    """Draw bars as long as their values; ``what`` is counted, as "Posts"."""
    return Figure(
        name=name,
        title=title,
        sentence=sentence,
        drawing=svg.document(
            name,
            title=title,
            sentence=sentence,
            height=max(len(rows), 1) * _LINE + 8,
            parts=_parts(rows, fill=fill),
        ),
        head=("Name", what),
        rows=[_row(row) for row in rows],
        marks=[
            Mark(label=row.name, size=row.value, words=row.words or number(row.value))
            for row in rows
        ],
    )


def mix(name: str, counts: Sequence[tuple[str, int]], *, title: str, what: str) -> Figure:
    """Draw how a whole falls into parts, the largest first; ``what`` is one of it, as "post"."""
    whole = sum(value for _, value in counts)
    largest = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    rows = [
        Bar(name=label, value=value, words=f"{number(value)}, {share(value, whole)}")
        for label, value in largest
    ]
    sentence = f"There is no {what} yet."
    if whole:
        most = largest[0]
        sentence = (
            f"{counted(whole, what)} in all; most are {most[0]}:"
            f" {number(most[1])} of {number(whole)}, {share(most[1], whole)}."
        )
    return bars(name, rows, title=title, sentence=sentence, what=f"{what.capitalize()}s")


def funnel(*, asked: int, mailed: int, confirmed: int, since: str) -> Figure:
    """Draw how many asked for the newsletter, whose mail server took the letter, who confirmed.

    ``since`` says of which time that is, as "the last 4 weeks".
    """
    rows = (
        Bar(name="Asked to join", value=asked),
        Bar(name="Letter taken", value=mailed, words=_of(mailed, asked)),
        Bar(name="Confirmed", value=confirmed, words=_of(confirmed, asked)),
    )
    lost = max(asked - confirmed, 0)
    sentence = (
        f"Of {counted(asked, 'person', 'people')} who asked in {since},"
        f" {number(confirmed)} confirmed; {share(lost, asked)} did not, or not yet."
        if asked
        else f"Nobody asked to join in {since}."
    )
    return bars(
        "funnel", rows, title="From asking to reading", sentence=sentence, what="People",
        fill=ink.OK,
    )  # fmt: skip


def _of(part: int, whole: int) -> str:
    return f"{number(part)}, {share(part, whole)}"


def _row(row: Bar) -> tuple[Cell, ...]:
    return row.name, row.value


def _parts(rows: Sequence[Bar], *, fill: str) -> Iterator[str]:
    longest = max((row.value for row in rows), default=0)
    for n, row in enumerate(rows):
        y = 4 + n * _LINE
        length = (_END - _LEFT) * row.value / longest if longest else 0
        yield svg.text(short(row.name, most=_NAME), x=0, y=y + 12, fill=ink.INK)
        if length:
            width = max(length, 1)
            yield svg.box(x=_LEFT, y=y, width=width, height=_BAR, fill=fill, rx=2)
        yield svg.text(row.words or number(row.value), x=_LEFT + length + 6, y=y + 12)
    if not rows:
        yield svg.text("nothing yet", x=0, y=16)
