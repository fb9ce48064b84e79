"""Predictions of single pictures go in; how right whole products are answered comes out.

A product of several pictures gets one answer, from all of them: that is what counts in a
catalogue.
"""

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import polars as pl

from pixonomy.bundle.calibrate import Doubles
from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.pooling import Pool, Pooling
from pixonomy.evaluation.shares import Share

_TINIEST = np.finfo(np.float64).tiny  # a probability of zero has no logarithm


@dataclass(frozen=True)
class Pooled:
    """How right products are answered when their pictures are pooled in one way."""

    pooling: Pooling
    share: Share
    macro_f1: float


@dataclass(frozen=True)
class ProductCheck:
    """How products fare.

    Attributes:
        n: products; of these, `several` have more than one picture.
        mixed: groups of pictures of different categories, which are no products and left out.
        ways: one entry a way of pooling; the first is the one `predict` takes by default.
    """

    n: int
    several: int
    mixed: int
    ways: tuple[Pooled, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        ways = {one.pooling: {**one.share.as_json(), "macro_f1": one.macro_f1} for one in self.ways}
        return {"n": self.n, "several": self.several, "mixed": self.mixed, "poolings": ways}


def check_products(
    predictions: pl.DataFrame, labels: tuple[str, ...], majority_label: str
) -> ProductCheck | None:
    """Pool the pictures of each product in every way, and compare with its label.

    Args:
        predictions: image_id, group_id, label, predicted and `probability_<k>`.
        labels: k categories.

    Returns:
        None where no product has several pictures.
    """
    grouped = predictions.sort("group_id", "image_id")
    of_group = grouped.group_by("group_id", maintain_order=True).agg(
        pl.col("label").first(), pl.len().alias("pictures"), pl.col("label").n_unique().alias("k")
    )
    of_group = of_group.with_columns(is_mixed=pl.col("k") > 1).with_row_index("number")
    products = of_group.filter(~pl.col("is_mixed"))
    several = products.filter(pl.col("pictures") > 1).height
    if not several:
        return None
    numbers = grouped.join(of_group, on="group_id", how="left", maintain_order="left")["number"]
    columns = [f"probability_{place}" for place in range(len(labels))]
    probabilities = grouped.select(columns).to_numpy()
    ways = tuple(
        _pool(pooling, numbers, probabilities, products, (labels, majority_label, of_group.height))
        for pooling in get_args(Pooling)
    )
    return ProductCheck(products.height, several, of_group.height - products.height, ways)


def _pool(
    pooling: Pooling,
    numbers: pl.Series,
    probabilities: Doubles,
    products: pl.DataFrame,
    known: tuple[tuple[str, ...], str, int],
) -> Pooled:
    labels, majority_label, groups = known
    scores = probabilities
    if pooling == "mean_log":
        scores = np.log(np.maximum(probabilities, _TINIEST))
    pool = Pool(pooling, groups)
    pool.add(numbers.to_numpy().astype(np.int64), scores)
    winners = pl.Series(labels, dtype=pl.String).gather(pool.winners)
    answered = products.select("label", predicted=winners.gather(products["number"]))
    found = measure(answered, labels, majority_label)
    share = Share(found.n, found.accuracy, found.accuracy_low, found.accuracy_high)
    return Pooled(pooling, share, found.macro_f1)
