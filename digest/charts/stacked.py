"""Draws stacked bars with their counts beside: what became of letters at each provider."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.charts import ink, svg
from digest.charts.figure import Figure, Key, Mark
from digest.charts.words import number, short

_LEFT, _END = 126, 340
_LINE, _BAR = 24, 15
_NAME = 17
_LEAST = 1.5  # pixels of a part that is there at all
_GAP = 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """One kind of part: its name, its colour, and whether it is named beside each bar."""

    name: str
    fill: str
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One bar: its name, and the values of its parts, in the order of the parts."""

    name: str
    values: tuple[int, ...]

    @property
    def whole(self) -> int:
        """All of its parts."""
        return sum(self.values)


def stacked(
    name: str, stacks: Sequence[Stack], *, parts: Sequence[Part], title: str, sentence: str,
    of: str = "Provider",
) -> Figure:  # fmt: skip
    """Draw one bar for each stack, as long as its whole; ``of`` heads the names in the table."""
    return Figure(
        name=name,
        title=title,
        sentence=sentence,
        drawing=svg.document(
            name,
            title=title,
            sentence=sentence,
            height=max(len(stacks), 1) * _LINE + 8,
            parts=_drawn(stacks, parts=parts),
        ),
        head=(of, *(part.name.capitalize() for part in parts), "All"),
        rows=[(stack.name, *stack.values, stack.whole) for stack in stacks],
        marks=[
            Mark(label=stack.name, size=stack.whole, words=_words(stack, parts=parts))
            for stack in stacks
        ],
        keys=[Key(name=part.name, fill=part.fill) for part in parts],
    )


def _words(stack: Stack, *, parts: Sequence[Part]) -> str:
    told = [
        f"{number(value)} {part.name}"
        for part, value in zip(parts, stack.values, strict=True)
        if part.told and value
    ]
    return " · ".join([number(stack.whole), *told])


def _drawn(stacks: Sequence[Stack], *, parts: Sequence[Part]) -> Iterator[str]:
    longest = max((stack.whole for stack in stacks), default=0)
    for n, stack in enumerate(stacks):
        y = 4 + n * _LINE
        yield svg.text(short(stack.name, most=_NAME), x=0, y=y + 12, fill=ink.INK)
        x: float = _LEFT
        for part, value in zip(parts, stack.values, strict=True):
            if not value:
                continue
            width = max((_END - _LEFT) * value / longest, _LEAST)
            yield svg.box(
                x=x, y=y, width=max(width - _GAP, _GAP), height=_BAR, fill=part.fill
            )  # fmt: skip
            x += width
        yield svg.text(_words(stack, parts=parts), x=x + 6, y=y + 12)
    if not stacks:
        yield svg.text("nothing yet", x=0, y=16)
