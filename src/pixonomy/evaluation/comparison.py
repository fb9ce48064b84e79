"""Compares evaluated runs with the first of them, and with the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pixonomy.evaluation.difference import compare_apart, compare_paired
from pixonomy.evaluation.metrics import Metrics
from pixonomy.intervals import unit_column
from pixonomy.results.model_results import AccuracyDifference

CLEAR_BELOW = 0.05
_Found = tuple[AccuracyDifference, tuple[int | None, int | None]]
_MOSTLY = 0.5  # of the smaller set has to be common for runs to be compared on what is


@dataclass(frozen=True)
class ComparedRun:
    """A run that is compared.

    Attributes:
        name: told apart from the others' names.
        settings: what it was made with, as text.
        names: label → name to show.
        predictions: image_id, label, predicted and `unit` or group_id.
        history: epoch and validation_accuracy; None where nothing was trained.
    """

    name: str
    settings: Mapping[str, str]
    names: Mapping[str, str]
    metrics: Metrics
    predictions: pl.DataFrame
    history: pl.DataFrame | None


@dataclass(frozen=True)
class Compared:
    """A run beside the first one.

    Attributes:
        adjusted: the chance, as it counts when it is one of several (Holm 1979).
        only_first, only_second: images that only one of the two answers rightly; None where
            they were not tested on the same images.
    """

    name: str
    difference: AccuracyDifference
    adjusted: float
    only_first: int | None
    only_second: int | None

    @property
    def is_clear(self) -> bool:
        """Whether chance alone hardly makes such a difference."""
        return self.adjusted < CLEAR_BELOW

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        counts = {"only_first": self.only_first, "only_second": self.only_second}
        return {"run": self.name, **self.difference.as_json(), "adjusted": self.adjusted, **counts}


def compare_with_first(compared_runs: Sequence[ComparedRun]) -> tuple[Compared, ...]:
    """Compare each run but the first with the first.

    On the same images where both were tested on them, or on most of what the one with fewer was.
    """
    first, *others = compared_runs
    found = [_compare(first.predictions, other.predictions) for other in others]
    adjusted = holm([difference.chance for difference, _ in found])
    return _name(others, found, adjusted)


def compare_with_best(compared_runs: Sequence[ComparedRun]) -> tuple[int, tuple[Compared, ...]]:
    """Return the place of the run with the highest accuracy, and the others compared with it.

    Of equal ones it is the first. Which one is the best is only known from the same answers, so
    each p-value counts as one of all pairs of runs (Bonferroni).
    """
    best = max(range(len(compared_runs)), key=lambda place: compared_runs[place].metrics.accuracy)
    others = [one for place, one in enumerate(compared_runs) if place != best]
    found = [_compare(compared_runs[best].predictions, other.predictions) for other in others]
    pairs = len(compared_runs) * len(others) // 2
    adjusted = [min(1.0, pairs * difference.chance) for difference, _ in found]
    return best, _name(others, found, adjusted)


def _name(
    others: Sequence[ComparedRun], found: Sequence[_Found], adjusted: Sequence[float]
) -> tuple[Compared, ...]:
    return tuple(
        Compared(other.name, difference, chance, *counts)
        for other, (difference, counts), chance in zip(others, found, adjusted, strict=True)
    )


def holm(chances: Sequence[float]) -> list[float]:
    """Return p-values as they count when several tests are made (Holm 1979)."""
    adjusted, highest = [0.0] * len(chances), 0.0
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[place]))
        adjusted[place] = highest
    return adjusted


def _compare(first: pl.DataFrame, second: pl.DataFrame) -> _Found:
    sides = [
        table.select(
            "image_id",
            "label",
            right=pl.col("label") == pl.col("predicted"),
            unit=unit_column(table) or "image_id",
        )
        for table in (first, second)
    ]
    common = sides[0].join(sides[1], on=("image_id", "label"), suffix="_second")
    if common.height <= _MOSTLY * min(first.height, second.height):
        apart = [side.rename({"right": "is_right"}) for side in sides]
        return compare_apart(*apart), (None, None)
    answers = common.select("unit", first="right", second="right_second")
    only = [
        answers.filter(pl.col(one) & ~pl.col(other)).height
        for one, other in (("first", "second"), ("second", "first"))
    ]
    return compare_paired(answers), (only[0], only[1])
