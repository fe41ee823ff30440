"""Medians with their spread, and ratios of what was measured in the same round."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """A median, with the smallest and the largest value."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values):
        values = list(values)
        return cls(median(values), min(values), max(values))

    def __str__(self):
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


def ratio(ours, theirs):
    """Ours ÷ theirs, round by round."""
    return Spread.of(mine / other for mine, other in zip(ours, theirs, strict=True))


@dataclass(frozen=True)
class Goal:
    """A ratio that is to be reached."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met_by(self, value):
        if self.at_least is not None:
            return value >= self.at_least
        return value <= self.at_most

    def __str__(self):
        return f"≥ {self.at_least}" if self.at_least is not None else f"≤ {self.at_most}"
