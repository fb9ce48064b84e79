"""Compares evaluated runs with the first of them, as figures and as one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from pixonomy.evaluation.difference import compare_apart, compare_paired
from pixonomy.evaluation.figures import draw_histories
from pixonomy.evaluation.matrix import tabulate_confusion
from pixonomy.evaluation.metrics import Metrics
from pixonomy.intervals import unit_column
from pixonomy.pages.bars import Bar
from pixonomy.pages.render import render
from pixonomy.pages.wording import counted, display_names, percent
from pixonomy.results.model_results import AccuracyDifference

CLEAR_BELOW = 0.05
MATRIX_CATEGORIES = 12  # more do not fit side by side
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

    def as_json(self) -> dict[str, Any]:
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


def render_comparison(
    compared_runs: Sequence[ComparedRun], compared: Sequence[Compared], command: str
) -> str:
    """Return the page as one HTML5 string; every text from outside is escaped."""
    histories = {
        one.name: one.history
        for one in compared_runs
        if one.history is not None and one.history["validation_accuracy"].count()
    }
    return render(
        Path(__file__).parent,
        "comparison.html",
        compared_runs=compared_runs,
        compared=compared,
        sentences=[_describe_compared(compared_runs[0].name, one) for one in compared],
        bars=_bars(compared_runs),
        settings=_differing(compared_runs),
        recalls=_recalls(compared_runs),
        matrices=_matrices(compared_runs),
        curves=Markup(draw_histories(histories)) if histories else None,
        command=command,
    )


def _compare(
    first: pl.DataFrame, second: pl.DataFrame
) -> tuple[AccuracyDifference, tuple[int | None, int | None]]:
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


def _describe_compared(first: str, one: Compared) -> str:
    found = one.difference
    points = f"{100 * abs(found.difference):.1f} points"
    low, high = (f"{100 * bound:+.1f}" for bound in (found.low, found.high))
    where = (
        f"on the same {counted(found.n, 'picture')}" if found.is_paired else "on different pictures"
    )
    if found.groups < found.n:
        where += f" ({counted(found.groups, 'independent unit')})"
    said = "as often right as" if found.difference == 0 else (
        f"right more often, by {points}, than" if found.difference > 0
        else f"right less often, by {points}, than"
    )  # fmt: skip
    verdict = "That is clearly more than chance" if one.is_clear else "That can be chance"
    return (
        f"{one.name} is {said} {first}, {where} (95% interval {low} to {high} points, "
        f"p = {one.adjusted:.2g}). {verdict}; a difference of {100 * found.smallest:.1f} points "
        "would have been found four times in five."
    )


def _bars(compared_runs: Sequence[ComparedRun]) -> list[Bar]:
    return [
        Bar(one.name, percent(one.metrics.accuracy), 100 * one.metrics.accuracy, is_this=not place)
        for place, one in enumerate(compared_runs)
    ]


def _differing(compared_runs: Sequence[ComparedRun]) -> list[tuple[str, list[str]]]:
    """Return each setting that is not the same everywhere, and its values."""
    keys = dict.fromkeys(key for one in compared_runs for key in one.settings)
    rows = [(key, [one.settings.get(key, "–") for one in compared_runs]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]


def _recalls(compared_runs: Sequence[ComparedRun]) -> list[tuple[str, list[str]]]:
    """Return each category that is tested anywhere, and its recall by each run."""
    names = {label: name for one in compared_runs for label, name in one.names.items()}
    shown = display_names(list(names), names)
    by_run = [{row.label: row for row in one.metrics.classes if row.n} for one in compared_runs]
    return [
        (shown[label], [percent(rows[label].recall) if label in rows else "–" for rows in by_run])
        for label in names
        if any(label in rows for rows in by_run)
    ]


def _matrices(compared_runs: Sequence[ComparedRun]) -> list[tuple[str, Any]]:
    if any(len(one.metrics.classes) > MATRIX_CATEGORIES for one in compared_runs):
        return []
    return [
        (one.name, tabulate_confusion(one.metrics, display_names(list(one.names), one.names)))
        for one in compared_runs
    ]
