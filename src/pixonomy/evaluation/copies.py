"""Measures accuracy without the test images that training has seen a duplicate of.

A test image of which training saw a near-duplicate, or another image of the same product, is
answered from memory: it flatters.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from pixonomy.dataset.connected import DUPLICATES, GROUP
from pixonomy.evaluation.shares import Share, share_among
from pixonomy.intervals import UNIT, unit_column


@dataclass(frozen=True)
class DuplicateCheck:
    """How a classifier fares with and without images that training knows a duplicate of.

    Attributes:
        n: how many of the images have a near-duplicate in training, or one of the same group.
        unknown: of how many nobody has looked for duplicates.
        all: of all images.
        without: of those that have none; None where there are no others.
        copies: of those that have one; None where there are none.
    """

    n: int
    unknown: int
    all: Share | None
    without: Share | None
    copies: Share | None

    @property
    def is_known(self) -> bool:
        """Whether anybody has looked for duplicates of any of the images."""
        return self.all is None or self.unknown < self.all.n

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        shares = {"all": self.all, "without": self.without, "copies": self.copies}
        figures = {name: share.as_json() if share else None for name, share in shares.items()}
        return {"in_training": self.n, "unknown": self.unknown, **figures}


def check_duplicates(predictions: pl.DataFrame, rows: pl.DataFrame) -> DuplicateCheck:
    """Look for near-duplicates of the predicted images among the training images.

    Args:
        predictions: image_id, label, predicted and, where known, `unit` or group_id.
        rows: image_id, split and, of `DUPLICATES` and group_id, those that are known, of these
            images and of the training images.
    """
    ties = [name for name in (*DUPLICATES, GROUP) if name in rows.columns]
    marks = [name for name in ties if name != GROUP]
    unit = unit_column(predictions) or "image_id"
    own = predictions.select("image_id", "label", "predicted", pl.col(unit).alias(UNIT))
    marked = own.join(rows.select("image_id", *ties), on="image_id", how="left")
    train = rows.filter(pl.col("split") == "train")
    nothing = pl.Series([False]).new_from_index(0, marked.height)
    is_duplicate = reduce(or_, (_among(marked[name], train[name]) for name in ties), nothing)
    is_known = reduce(or_, (marked[name].is_not_null() for name in marks), nothing)
    return DuplicateCheck(
        n=int(is_duplicate.sum()),
        unknown=int((~is_known).sum()),
        all=share_among(marked),
        without=share_among(marked.filter(~is_duplicate)),
        copies=share_among(marked.filter(is_duplicate)),
    )


def _among(values: pl.Series, others: pl.Series) -> pl.Series:
    return values.is_in(others.drop_nulls().unique().implode()).fill_null(False)
