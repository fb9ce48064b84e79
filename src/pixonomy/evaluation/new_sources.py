"""Accuracy where training has never been: on test images of sources that it holds none of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import polars as pl

from pixonomy.dataset.manifest import ORIGIN_COLUMNS
from pixonomy.evaluation.shares import share_of


@dataclass(frozen=True)
class NewSources:
    """How test images of sources that training holds none of are answered.

    Attributes:
        column: that names the source.
        sources: how many there are.
        n: images of them.
        accuracy, accuracy_low, accuracy_high: over these images, with a 95 % interval in which a
            source is one unit: images of one source are right or wrong together.
        mean_of_sources: the mean of each source's accuracy.
        n_of_known: test images of sources that training has seen.
        accuracy_of_known: over those; None of none.
    """

    column: str
    sources: int
    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    mean_of_sources: float
    n_of_known: int
    accuracy_of_known: float | None

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)


def measure_new_sources(
    predictions: pl.DataFrame, rows: pl.DataFrame, columns: Sequence[str] = ORIGIN_COLUMNS
) -> NewSources | None:
    """Measure it by the first of the columns that names a source training holds none of.

    Args:
        predictions: image_id, label and predicted.
        rows: image_id, split and the columns, of these images and of the training images.

    Returns:
        None where no test image comes from a new source, as far as is known.
    """
    for column in columns:
        if column not in rows.columns:
            continue
        known = rows.filter(pl.col("split") == "train")[column].drop_nulls().unique()
        asked = predictions.join(rows.select("image_id", source=column), on="image_id")
        asked = asked.drop_nulls("source").with_columns(
            is_right=pl.col("label") == pl.col("predicted"),
            is_new=~pl.col("source").is_in(known.implode()),
        )
        new = asked.filter("is_new")
        if new.height and known.len():
            return _describe(column, new, asked.filter(~pl.col("is_new")))
    return None


def _describe(column: str, new: pl.DataFrame, known: pl.DataFrame) -> NewSources:
    share = share_of(new["is_right"], new["source"])
    assert share is not None  # there are some
    by_source = new.group_by("source").agg(pl.col("is_right").mean())["is_right"]
    of_known = share_of(known["is_right"])
    return NewSources(
        column,
        by_source.len(),
        share.n,
        share.accuracy,
        share.accuracy_low,
        share.accuracy_high,
        float(by_source.to_numpy().mean()),
        known.height,
        None if of_known is None else of_known.accuracy,
    )
