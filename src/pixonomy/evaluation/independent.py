"""Marks which predictions depend on each other: images of one product, burst or near-duplicates."""

import polars as pl

from pixonomy.dataset.connected import DUPLICATES, tie
from pixonomy.intervals import UNIT


def number_groups(predictions: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the column `unit`: one value for images of one product, burst or set of duplicates.

    It is the first image_id of all images that are tied by group_id or as duplicates, directly or
    by others among the predicted ones.

    Args:
        predictions: image_id and group_id.
        rows: image_id and, of `dataset.connected.DUPLICATES`, the columns that are known.
    """
    marks = [name for name in DUPLICATES if name in rows.columns]
    known = rows.select("image_id", *marks).unique("image_id", keep="first")
    joined = predictions.select("image_id", "group_id").join(
        known, on="image_id", how="left", maintain_order="left"
    )
    if joined.is_empty():
        return predictions.with_columns(pl.lit(None, pl.String).alias(UNIT))
    tied = pl.Series("tied", tie(joined))
    return predictions.with_columns(pl.col("image_id").first().over(tied).alias(UNIT))
