"""Estimates what each axis of a study changes, with its uncertainty."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.stats import t as student

from pixonomy.evaluation.comparison import holm
from pixonomy.evaluation.difference import (
    LEVEL,
    POWER,
    compare_apart,
    compare_paired,
)
from pixonomy.results.comparison_results import StudyEffect
from pixonomy.results.model_results import AccuracyDifference
from pixonomy.studies.study_cells import Done


def find_effects(
    axes: Mapping[str, tuple[object, ...]], cells: Sequence[Done]
) -> tuple[StudyEffect, ...]:
    """Compare all pairs of values of each axis, as far as both have been tried alike."""
    answers = _answers(cells)
    found = []
    for axis, values in axes.items():
        for pair in itertools.combinations(values, 2):
            effect = _compare(answers, axis, pair)
            if effect is not None:
                found.append(effect)
    adjusted = holm([effect.chance for effect in found])
    return tuple(
        replace(effect, adjusted=chance) for effect, chance in zip(found, adjusted, strict=True)
    )


def _answers(cells: Sequence[Done]) -> pl.DataFrame:
    """Return a row a cell and test image: its setting, seed, image_id, group_id, is_right."""
    tables = []
    for one in cells:
        columns = [pl.lit(str(value)).alias(axis) for axis, value in one.cell.setting]
        tables.append(
            one.predictions.select(
                "image_id",
                "group_id",
                pl.lit(one.cell.seed).alias("seed"),
                *columns,
                is_right=(pl.col("label") == pl.col("predicted")).cast(pl.Float64),
            )
        )
    return pl.concat(tables)


def _compare(answers: pl.DataFrame, axis: str, pair: tuple[object, object]) -> StudyEffect | None:
    others = [
        name for name in answers.columns if name not in {"image_id", "group_id", "is_right", axis}
    ]
    sides = [answers.filter(pl.col(axis) == str(value)) for value in pair]
    # Only what was tried with both values: a study may not be finished.
    alike = sides[0].select(others).unique().join(sides[1].select(others).unique(), on=others)
    sides = [side.join(alike, on=others, how="semi") for side in sides]
    if not alike.height:
        return None
    found = _of_images(*(_by_image(side) for side in sides))
    seeds = _of_seeds(*sides)
    return _make_effect(axis, pair, found, seeds)


def _by_image(side: pl.DataFrame) -> pl.DataFrame:
    means = side.group_by("image_id", "group_id").agg(pl.col("is_right").mean())
    return means.sort("image_id")


def _of_images(first: pl.DataFrame, second: pl.DataFrame) -> AccuracyDifference:
    if first["image_id"].equals(second["image_id"]):
        both = first.select("group_id", first="is_right", second=second["is_right"])
        return compare_paired(both)
    return compare_apart(first, second)


def _of_seeds(first: pl.DataFrame, second: pl.DataFrame) -> tuple[float, ...]:
    means = [
        dict(side.group_by("seed").agg(pl.col("is_right").mean()).iter_rows())
        for side in (first, second)
    ]
    return tuple(means[1][seed] - means[0][seed] for seed in sorted(means[0]))


def _make_effect(
    axis: str, pair: tuple[object, object], found: AccuracyDifference, seeds: tuple[float, ...]
) -> StudyEffect:
    count = len(seeds)
    of_images = found.spread**2
    of_training = float(np.var(seeds, ddof=1)) / count if count > 1 else 0.0
    error = float(np.sqrt(of_images + of_training))
    parts = of_images**2 / found.freedom + (of_training**2 / (count - 1) if count > 1 else 0.0)
    freedom = (of_images + of_training) ** 2 / parts if parts else np.inf
    reach = float(student.ppf((1 + LEVEL) / 2, freedom))
    chance = 1.0
    if error:
        chance = float(2 * student.sf(abs(found.difference) / error, freedom))
    return StudyEffect(
        axis=axis,
        first_value=pair[0],
        second_value=pair[1],
        n=found.n,
        first=found.first,
        second=found.second,
        difference=found.difference,
        low=found.difference - reach * error,
        high=found.difference + reach * error,
        chance=chance,
        adjusted=chance,
        smallest=(reach + float(student.ppf(POWER, freedom))) * error,
        of_seeds=seeds,
        is_paired=found.is_paired,
    )
