"""Rounds: every contestant runs once in each, in turns, so that a noisy machine is fair to all."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from references import Run

ROUNDS, QUICK_ROUNDS = 5, 2
Row = dict[str, Any]
"""name, ratio (None: not compared), must, reference, note; as `run.py` prints it."""


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """The runs of each contestant, by name, one per round."""

    runs: Mapping[str, list[Run]]

    def ratio(self, name: str, *, to: str) -> float:
        """Return the median of the ratios of rates, each of the same round."""
        pairs = zip(self.runs[name], self.runs[to], strict=True)
        return statistics.median(run.rate / reference.rate for run, reference in pairs)

    def rate(self, name: str) -> float:
        """Return the median of letters per second."""
        return statistics.median(run.rate for run in self.runs[name])

    def cpu_us(self, name: str) -> float:
        """Return the median of the sender's microseconds of CPU per letter."""
        return statistics.median(run.cpu_us for run in self.runs[name])

    def memory(self, name: str) -> int:
        """Return the most that one process held, in bytes."""
        return max(run.memory for run in self.runs[name])

    def row(self, name: str, *, to: str, must: str, title: str) -> Row:
        """Compare two contestants."""
        return {
            "name": title,
            "ratio": round(self.ratio(name, to=to), 2),
            "must": must,
            "reference": to,
            "note": f"{self.rate(name):,.0f} letters/s and {self.cpu_us(name):.0f} us each, against"
            f" {self.rate(to):,.0f}/s and {self.cpu_us(to):.0f} us",
        }


def alternate(contestants: Mapping[str, Callable[[], Run]], *, rounds: int) -> Rounds:
    """Let each run once per round; every other round in the reverse order."""
    names = list(contestants)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            runs[name].append(contestants[name]())
    return Rounds(runs=runs)


def not_compared(title: str, *, must: str, reason: object) -> Row:
    """Return the row of what could not be measured here."""
    return {
        "name": title,
        "ratio": None,
        "must": must,
        "reference": "",
        "note": f"not compared: {reason}",
    }
