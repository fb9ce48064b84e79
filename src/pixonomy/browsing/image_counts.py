"""Counts a manifest's rows by category, split and group, streamed: a few bytes of memory a row."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.manifest import SPLITS
from pixonomy.pages.problems import ProblemGroup, group_problems


@dataclass(frozen=True)
class ImageCounts:
    """What is in a manifest of n rows and k categories.

    Attributes:
        rows, groups: all of them, images with a problem included.
        categories: a row a category, most images first, images without a category (label null)
            last: label, images (usable ones), groups, left_out, train, validation, test.
        category_of_row: int32, shape (n,): the place of each row's category in `categories`.
        is_usable: bool, shape (n,): whether a row has no problem.
        group_sizes: usable images of a group → how many groups have so many.
        problems: the images left out, by reason.
    """

    rows: int
    groups: int
    categories: pl.DataFrame
    category_of_row: npt.NDArray[np.int32]
    is_usable: npt.NDArray[np.bool_]
    group_sizes: Mapping[int, int]
    problems: list[ProblemGroup]

    @property
    def named(self) -> pl.DataFrame:
        """The rows of `categories` that have a label."""
        return self.categories.drop_nulls("label")

    @property
    def usable(self) -> int:
        """How many rows have no problem."""
        return int(self.categories["pictures"].sum())


def count_images(rows: pl.LazyFrame) -> ImageCounts:
    """Count the rows of a manifest.

    Args:
        rows: with the columns image_id, group_id, label, split, problem.
    """
    counts = _count(rows)
    table = _measure(rows, counts["label"].drop_nulls())
    groups = table.group_by("category").agg(groups=pl.col("group").n_unique())
    categories = counts.with_row_index("category").join(
        groups.cast({"category": pl.UInt32}), on="category", how="left", maintain_order="left"
    )
    left_out = rows.select("image_id", "problem").filter(pl.col("problem").is_not_null())
    return ImageCounts(
        table.height,
        table["group"].n_unique(),
        categories.select("label", "pictures", "groups", "left_out", *SPLITS),
        table["category"].to_numpy(),
        table["is_usable"].to_numpy(),
        _size_groups(table),
        group_problems(left_out),
    )


def _count(rows: pl.LazyFrame) -> pl.DataFrame:
    is_usable = pl.col("problem").is_null()
    found = rows.group_by("label", "split", is_usable=is_usable).agg(n=pl.len().cast(pl.Int64))
    of_split = [
        pl.col("n").filter("is_usable", pl.col("split") == name).sum().alias(name)
        for name in SPLITS
    ]
    counts = found.group_by("label").agg(
        pl.col("n").filter("is_usable").sum().alias("pictures"),
        pl.col("n").filter(~pl.col("is_usable")).sum().alias("left_out"),
        *of_split,
    )
    order = [pl.col("label").is_null(), -pl.col("pictures"), pl.col("label")]
    return counts.sort(order).collect(engine="streaming")


def _measure(rows: pl.LazyFrame, labels: pl.Series) -> pl.DataFrame:
    """Return category, group (a 64-bit hash of its id) and is_usable of each row, in order."""
    place = pl.col("label").cast(pl.Enum(labels)).to_physical().cast(pl.Int32)
    return rows.select(
        category=place.fill_null(len(labels)),
        group=pl.col("group_id").hash(),
        is_usable=pl.col("problem").is_null(),
    ).collect(engine="streaming")


def _size_groups(table: pl.DataFrame) -> dict[int, int]:
    """Return size → number of groups; groups without usable images are not among them."""
    groups = np.sort(table.filter("is_usable")["group"].to_numpy())
    starts = np.flatnonzero(np.diff(groups, prepend=~groups[:1])) if groups.size else groups
    sizes, numbers = np.unique(np.diff(starts, append=groups.size), return_counts=True)
    return {int(size): int(number) for size, number in zip(sizes, numbers, strict=True) if size}
