"""What a number among the settings may be; the configuration refuses any other."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """The least and the most that a number may be, both included; the least not with ``above``."""

    least: float
    most: float = math.inf
    above: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        if self.above:
            return f"more than {self.least:g}, at most {self.most:,.10g}"
        if math.isinf(self.most):
            return f"at least {self.least:g}"
        return f"{self.least:g} to {self.most:,.10g}"

    def allow(self, number: float) -> bool:
        """Whether the number lies within; what is no number or has no end does not."""
        is_enough = number > self.least if self.above else number >= self.least
        return math.isfinite(number) and is_enough and number <= self.most
