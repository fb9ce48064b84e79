"""Assigns units of rows to splits at random, stratified by label."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from pixonomy.dataset.connected import describe_units
from pixonomy.dataset.manifest import SPLITS

SPLIT = pl.Enum(SPLITS)
"""The splits as a type: of two, the larger one comes later in the pipeline."""


def assign_groups(units: pl.DataFrame, wanted: Mapping[str, float], seed: int) -> pl.DataFrame:
    """Assign whole units to the `wanted` splits (name → share), the rest to train, by label.

    A label's units are shuffled and laid in a row; each split takes the next part of it. A
    label with one unit goes to train; one with as many units as splits has one in each.

    Args:
        units: columns unit, label, image_id and others; a row an image.

    Returns:
        The same with the column `split`.
    """
    table = describe_units(units).sort("image_id").drop("image_id")
    shuffled = np.random.default_rng(seed).permutation(table.height)
    table = table[np.argsort(shuffled)]
    total = pl.col("size").sum().over("label")
    smallest = min((share for share in wanted.values() if share > 0), default=0.0)
    table = (
        table.with_columns((pl.col("size") > (total * smallest).clip(1)).alias("giant"))
        # Giant groups go last, which is train: they would fill a small split alone.
        .sort("label", "giant", maintain_order=True)
        .with_columns(
            pl.int_range(pl.len()).over("label").alias("rank"),
            pl.len().over("label").alias("units"),
            ((pl.col("size").cum_sum().over("label") - pl.col("size") / 2) / total).alias("middle"),
        )
    )
    table = table.select("unit", split=_by_middle(wanted).cast(SPLIT))
    assigned = units.drop("split", strict=False).join(table, on="unit", how="left")
    return _teach_every_label(assigned)


def _by_middle(wanted: Mapping[str, float]) -> pl.Expr:
    """Return the split of a unit by its rank and middle in the row of its label's units."""
    split = pl.lit("train")
    start = sum(wanted.values())
    for place, (name, share) in reversed(list(enumerate(wanted.items()))):
        if share > 0:
            start -= share
            within = (pl.col("middle") > start) & (pl.col("middle") <= start + share)
            owed = (pl.col("rank") == place) & (pl.col("units") > place + 1)
            split = pl.when(owed | within).then(pl.lit(name)).otherwise(split)
    # The last unit of a label is always for training: nothing can be learnt without one.
    return pl.when(pl.col("rank") == pl.col("units") - 1).then(pl.lit("train")).otherwise(split)


def _teach_every_label(units: pl.DataFrame) -> pl.DataFrame:
    """Bring one unit of each label without a training image to train.

    A unit of several labels is assigned by its most frequent one, which can leave others out.
    """
    is_covered = (pl.col("split") == "train").any().over("label")
    firsts = units.filter(~is_covered).sort("image_id").unique("label", keep="first")
    moves = pl.col("unit").is_in(firsts["unit"].implode())
    return units.with_columns(split=pl.when(moves).then(pl.lit("train")).otherwise("split"))
