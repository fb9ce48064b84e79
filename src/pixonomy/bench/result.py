"""Turns timed figures into the JSON that every benchmark prints."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TypedDict

AT_MOST, AT_LEAST = "goal, at most", "goal, at least"
"""Yardsticks that are the project's own goals."""


@dataclass(frozen=True)
class Yardstick:
    """Something well known that does the same work, and its figure in the same run."""

    name: str
    figure: float


class YardstickRecord(TypedDict):
    """A `Yardstick` as JSON, and our figure as a multiple of it."""

    name: str
    figure: float
    ratio: float | None


class MeasurementRecord(TypedDict):
    """A `Measurement` as JSON."""

    work: str
    figure: float
    unit: str
    yardsticks: list[YardstickRecord]


@dataclass(frozen=True)
class Measurement:
    """One piece of work: our figure and what it is measured against."""

    work: str
    figure: float
    unit: str
    yardsticks: tuple[Yardstick, ...]

    def as_json(self) -> MeasurementRecord:
        """Return {work, figure, unit, yardsticks: [{name, figure, ratio}]}.

        A ratio to nothing is null.
        """
        return {
            "work": self.work,
            "figure": round(self.figure, 3),
            "unit": self.unit,
            "yardsticks": [
                {
                    "name": one.name,
                    "figure": round(one.figure, 3),
                    "ratio": round(self.figure / one.figure, 3) if one.figure else None,
                }
                for one in self.yardsticks
            ],
        }


def measure_in_turn(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Let each way run once a round, in turn, and return the median figure of each.

    The machine's own ups and downs then meet all of them alike; the first round warms up and
    does not count.
    """
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for round_number in range(rounds + 1):
        for name, way in contenders.items():
            figure = way()
            if round_number:
                figures[name].append(figure)
    return {name: median(values) for name, values in figures.items()}
