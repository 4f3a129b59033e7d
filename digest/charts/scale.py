"""The scale of an axis: a round top above all values, and where a value stands on it."""

from dataclasses import dataclass

_ROUND = (1, 2, 3, 4, 5, 6, 8, 10)
_STEPS = 2


@dataclass(frozen=True, kw_only=True)
class Scale:
    """An axis from 0 (at ``low``) to ``top`` (at ``high``), in pixels from above."""

    top: int
    low: float
    high: float

    def __call__(self, value: float) -> float:
        """Return where a value stands."""
        return self.low - (self.low - self.high) * value / self.top

    @property
    def marks(self) -> tuple[int, ...]:
        """The values at which a line is drawn."""
        return tuple(sorted({self.top * step // _STEPS for step in range(_STEPS + 1)}))


def scale(values: "list[int]", *, low: float, high: float) -> Scale:
    """Return a scale that has room for all of these values."""
    return Scale(top=round_up(max(values, default=0)), low=low, high=high)


def round_up(value: int) -> int:
    """Return the next number that reads well on an axis, at least 2."""
    if value <= _STEPS:
        return _STEPS
    power = int(10 ** (len(str(value)) - 1))
    return next(step * power for step in _ROUND if step * power >= value)
