"""Lists a manifest's products, to be counted and drawn whole.

A product is a group: its images stay together. It belongs to its most frequent label. Rows with
a problem belong to no product, and a product without other rows is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.connected import connect, describe_units
from pixonomy.errors import DataError

GATHERED = ("image_id", "group_id", "label", "problem")
"""The columns of a manifest that say what its products are."""


@dataclass(frozen=True)
class Products:
    """The products of a manifest's rows.

    Attributes:
        of_row: int64, shape (n,): the product of each row; -1 for a row with a problem.
        table: one row a product: unit (its number in `of_row`), label, size (its usable images)
            and image_id (the first of an image with that label).
        counts: how many products each label has; 0 where all its images have problems.
    """

    of_row: npt.NDArray[np.int64]
    table: pl.DataFrame
    counts: Mapping[str, int]

    def draw(self, wanted: Mapping[str, int], seed: int) -> pl.DataFrame:
        """Draw products by chance, as rows of `table`.

        What is drawn of a label depends on its images' ids and the seed alone, and a smaller
        draw is part of a larger one.

        Args:
            wanted: label → number of products; of a label with fewer all are drawn.
            seed: decides which.
        """
        labels = [label for label in wanted if wanted[label] and self.counts.get(label)]
        table = self.table.filter(pl.col("label").is_in(labels)).sort("label", "image_id")
        places, start = [np.zeros(0, np.int64)], 0
        for label, size in table.group_by("label", maintain_order=True).len().iter_rows():
            # A generator for each label: what is drawn of one does not depend on the others.
            # (`hash` of a text differs from process to process, CRC-32 does not.)
            chance = np.random.default_rng([seed, crc32(label.encode())])
            places.append(start + chance.permutation(size)[: wanted[label]])
            start += size
        return table[np.concatenate(places)]

    def rows_of(self, drawn: pl.DataFrame) -> pl.Series:
        """Return, for each of the n rows, whether it is of a drawn product: boolean, (n,)."""
        is_drawn = np.zeros(self.of_row.size + 1, np.bool_)  # the last is for rows of no product
        is_drawn[drawn["unit"].to_numpy()] = True
        return pl.Series(is_drawn[self.of_row])


def list_products(rows: pl.DataFrame) -> Products:
    """Find the products in a manifest's rows, which have at least the columns `GATHERED`.

    Raises:
        DataError: if no usable row has a label.
    """
    labels = rows["label"].drop_nulls().unique().sort()
    usable = rows.with_row_index("row").filter(pl.col("problem").is_null())
    units = usable.select(
        "row",
        "image_id",
        pl.col("label").cast(pl.Enum(labels)),
        unit=connect((usable["group_id"],)),
    )
    of_row = np.full(rows.height, -1, np.int64)
    of_row[units["row"].to_numpy()] = units["unit"].to_numpy()
    table = describe_units(units.drop_nulls("label"))
    if table.is_empty():
        raise DataError("No usable picture with a category was found.")
    sizes = np.bincount(units["unit"].to_numpy())[table["unit"].to_numpy()]
    counts = table.group_by("label").len()
    found = zip(counts["label"].cast(pl.String), counts["len"], strict=True)
    return Products(of_row, table.with_columns(size=sizes), dict.fromkeys(labels, 0) | dict(found))
