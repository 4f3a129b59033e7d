"""What a number among the settings may be; the configuration refuses any other."""

import math
from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Limits:
    """The least and the most that a number may be, both included."""

    least: float
    most: float = math.inf

    def __str__(self) -> str:
        if math.isinf(self.most):
            return f"at least {self.least:g}"
        return f"{self.least:g} to {self.most:,.10g}"

    def allow(self, number: float) -> bool:
        """Whether the number lies within; what is no number or has no end does not."""
        return math.isfinite(number) and self.least <= number <= self.most


Count = Annotated[int, Limits(1)]
CountOrNone = Annotated[int, Limits(0)]  # zero says "no limit" or "none"
Workers = Annotated[int, Limits(1, 100)]  # threads or processes; the database has room for them
Share = Annotated[float, Limits(0, 1)]  # of a whole
Days = Annotated[int, Limits(0, 3650)]
Hours = Annotated[float, Limits(0, 8760)]
Minutes = Annotated[float, Limits(0, 525_600)]
WholeMinutes = Annotated[int, Limits(1, 525_600)]
Seconds = Annotated[float, Limits(0.1, 86_400)]
Pause = Annotated[float, Limits(0, 86_400)]  # seconds, or no pause at all
Port = Annotated[int, Limits(1, 65_535)]
PortOrAny = Annotated[int, Limits(0, 65_535)]  # zero takes a free one
