"""Measures how right whole products are answered, pooled from predictions of single images.

A product of several images gets one answer, from all of them: that is what counts in a catalogue.
"""

from dataclasses import asdict, dataclass
from typing import TypedDict, get_args

import numpy as np
import polars as pl

from pixonomy.bundle.calibrate import Doubles
from pixonomy.evaluation.metrics import Metrics, measure
from pixonomy.evaluation.shares import Share, share_among
from pixonomy.intervals import UNIT, unit_column
from pixonomy.prediction.pooling import Aggregation, Pooling
from pixonomy.prediction.predictions import TOP, has_probabilities

_TINIEST = np.finfo(np.float64).tiny  # a probability of zero has no logarithm
_COUNTS = 12


@dataclass(frozen=True)
class Pooled:
    """How right products are answered when their images are pooled in one way."""

    pooling: Pooling
    share: Share
    macro_f1: float


@dataclass(frozen=True)
class ImageCount:
    """How products of so many images fare.

    Attributes:
        images: of each product.
        pooled: share of these products answered rightly, pooled in the first way.
        single: share of their images answered rightly, each by itself.
    """

    images: int
    pooled: Share
    single: Share


class ImageCountRecord(TypedDict):
    """What was right of the products with so many images, pooled and image by image."""

    pictures: int
    pooled: dict[str, object]
    single: dict[str, object]


class ProductRecord(TypedDict):
    """A `ProductCheck` as plain JSON."""

    n: int
    several: int
    mixed: int
    poolings: dict[str, dict[str, object]]
    by_pictures: list[ImageCountRecord]


@dataclass(frozen=True)
class ProductCheck:
    """How products fare.

    Attributes:
        n: products; of these, `several` have more than one image.
        mixed: groups of images of different categories, which are no products and left out.
        ways: one entry a way of pooling; the first is the one `predict` takes by default.
        counts: by the number of images of a product, the twelve smallest numbers.
    """

    n: int
    several: int
    mixed: int
    ways: tuple[Pooled, ...]
    counts: tuple[ImageCount, ...]

    def as_json(self) -> ProductRecord:
        """Return it as plain JSON."""
        ways: dict[str, dict[str, object]] = {
            one.pooling: {**one.share.as_json(), "macro_f1": one.macro_f1} for one in self.ways
        }
        counts: list[ImageCountRecord] = [
            {"pictures": one.images, "pooled": asdict(one.pooled), "single": asdict(one.single)}
            for one in self.counts
        ]
        return {
            "n": self.n,
            "several": self.several,
            "mixed": self.mixed,
            "poolings": ways,
            "by_pictures": counts,
        }


def check_products(
    predictions: pl.DataFrame, labels: tuple[str, ...], majority_label: str
) -> ProductCheck | None:
    """Pool the images of each product in every way, and compare with its label.

    Args:
        predictions: image_id, group_id, label, predicted and `probability_<k>`, or, of many
            categories, the ten likeliest: one that is not among those of an image then counts as
            likely as the tenth.
        labels: k categories.

    Returns:
        None where no product has several images.
    """
    unit = unit_column(predictions) or "group_id"
    grouped = predictions.with_columns(pl.col(unit).alias(UNIT)).sort("group_id", "image_id")
    of_group = grouped.group_by("group_id", maintain_order=True).agg(
        pl.col("label", UNIT).first(),
        pl.len().alias("pictures"),
        pl.col("label").n_unique().alias("k"),
    )
    of_group = of_group.with_columns(is_mixed=pl.col("k") > 1).with_row_index("number")
    products = of_group.filter(~pl.col("is_mixed"))
    several = products.filter(pl.col("pictures") > 1).height
    if not several:
        return None
    of_image = of_group.select("group_id", "number", "pictures", "is_mixed")
    grouped = grouped.join(of_image, on="group_id", how="left", maintain_order="left")
    is_whole = has_probabilities(predictions, len(labels))
    pool = _pool_all if is_whole else _pool_top
    ways, first = [], None
    for pooling in get_args(Pooling):
        most_likely = pool(pooling, grouped, labels, of_group.height)
        answered = products.with_columns(predicted=most_likely.gather(products["number"]))
        first = answered if first is None else first
        ways.append(_as_way(pooling, measure(answered, labels, majority_label)))
    assert first is not None
    mixed = of_group.height - products.height
    return ProductCheck(products.height, several, mixed, tuple(ways), _count(first, grouped))


def _as_way(pooling: Pooling, found: Metrics) -> Pooled:
    units = found.n if found.units is None else found.units
    share = Share(found.n, found.accuracy, found.accuracy_low, found.accuracy_high, units)
    return Pooled(pooling, share, found.macro_f1)


def _pool_all(
    pooling: Pooling, grouped: pl.DataFrame, labels: tuple[str, ...], groups: int
) -> pl.Series:
    """Return the label each group wins, by the probabilities of all categories."""
    scores: Doubles = grouped.select([f"probability_{k}" for k in range(len(labels))]).to_numpy()
    if pooling == "mean_log":
        scores = np.log(np.maximum(scores, _TINIEST))
    pool = Aggregation(pooling, groups)
    pool.add(grouped["number"].to_numpy().astype(np.int64), scores)
    return pl.Series(labels, dtype=pl.String).gather(pool.most_likely)


def _pool_top(
    pooling: Pooling, grouped: pl.DataFrame, _labels: tuple[str, ...], _groups: int
) -> pl.Series:
    """Return the label each group wins, by the ten likeliest categories of its images."""
    last = pl.max_horizontal(pl.col(f"top_{TOP}_probability"), _TINIEST)
    several = grouped.filter(pl.col("pictures") > 1)
    # Only what a category has above the tenth counts: the tenths themselves are all categories'.

    def above(chance: pl.Expr) -> pl.Expr:
        if pooling == "mean_log":
            return pl.max_horizontal(chance, _TINIEST).log() - last.log()
        return chance - last if pooling == "mean" else chance

    ranked = (
        several.select("number", label=f"top_{k}", score=above(pl.col(f"top_{k}_probability")))
        for k in range(1, TOP + 1)
    )
    score = pl.col("score").max() if pooling == "max" else pl.col("score").sum()
    won = (
        pl.concat(ranked)
        .group_by("number", "label")
        .agg(score)
        .sort("number", "score", "label", descending=[False, True, False])
        .unique("number", keep="first", maintain_order=True)
        .select("number", winner="label")
    )
    firsts = grouped.unique("number", keep="first", maintain_order=True)
    both = firsts.select("number", "predicted").join(
        won, on="number", how="left", maintain_order="left"
    )
    return both.select(pl.coalesce("winner", "predicted")).to_series()


def _count(answered: pl.DataFrame, grouped: pl.DataFrame) -> tuple[ImageCount, ...]:
    single = grouped.filter(~pl.col("is_mixed"))
    counts = []
    for images in answered["pictures"].unique().sort()[:_COUNTS]:
        pooled_share, single_share = (
            share_among(table.filter(pictures=images)) for table in (answered, single)
        )
        if pooled_share and single_share:  # there is a product of so many images
            counts.append(ImageCount(images, pooled_share, single_share))
    return tuple(counts)
