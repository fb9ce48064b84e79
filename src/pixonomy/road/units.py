"""Predictions and what is known of copies go in; they come out with what is independent of what."""

import polars as pl

from pixonomy.curation.units import connect
from pixonomy.evaluation.copies import MARKS
from pixonomy.evaluation.intervals import UNIT


def mark_units(predictions: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the column `unit`: one value for pictures of one product, burst or set of copies.

    It is the first image_id of all pictures that are tied by group_id or as copies, directly or by
    others among the predicted ones.

    Args:
        predictions: image_id and group_id.
        rows: image_id and, of `copies.MARKS`, the columns that are known.
    """
    marks = [name for name in MARKS if name in rows.columns]
    known = rows.select("image_id", *marks).unique("image_id", keep="first")
    told = predictions.select("image_id", "group_id").join(
        known, on="image_id", how="left", maintain_order="left"
    )
    if told.is_empty():
        return predictions.with_columns(pl.lit(None, pl.String).alias(UNIT))
    keys = [told[name] for name in ("group_id", *marks) if told[name].count()]
    tied = pl.Series("tied", connect(keys)) if keys else told["image_id"].alias("tied")
    return predictions.with_columns(pl.col("image_id").first().over(tied).alias(UNIT))
