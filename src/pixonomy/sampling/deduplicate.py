"""Leaves duplicates out of a sample: one image of each stays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.connected import connect
from pixonomy.sampling.draw import Sample, SampledCategory
from pixonomy.sampling.products import GATHERED, Products, list_products

COPIED = ("duplicate_group", "sha256")
"""The columns of a manifest that say which images are duplicates of one another."""

_REPEAT = "a repeat"


def count_once(rows: pl.DataFrame, products: Products, labels: Sequence[str]) -> Products:
    """List the products of the labels again, with each repeated image in the first alone.

    Of duplicates, the image with the first `image_id` counts. A product of which every image is a
    repeat is none.

    Args:
        rows: a manifest's, with the columns `GATHERED` and `COPIED`.
        products: those of the rows, repeats included.
    """
    wanted = products.table.filter(pl.col("label").is_in(list(labels)))
    is_first = _find_firsts(rows, products.rows_of(wanted).to_numpy())
    problem = pl.when(pl.Series(is_first)).then("problem").otherwise(pl.lit(_REPEAT))
    return list_products(rows.select(GATHERED).with_columns(problem=problem))


def drop_duplicates(rows: pl.DataFrame, products: Products, sample: Sample) -> Sample:
    """Keep one image of each duplicate group in a sample of products that `count_once` listed.

    Images that are repeats only of what the sample lacks come back: a product is whole but for
    what the sample holds already.
    """
    units = np.unique(products.of_row[sample.stays.to_numpy()])
    drawn = products.table.filter(pl.col("unit").is_in(units))
    is_drawn = products.rows_of(drawn).to_numpy()
    is_first = _find_firsts(rows, is_drawn)
    unit_of_row = pl.DataFrame({"unit": products.of_row[is_first]})
    labels = unit_of_row.join(drawn.select("unit", pl.col("label").cast(pl.String)), on="unit")
    images = dict(labels.group_by("label").len().iter_rows())
    table: list[SampledCategory] = [
        {**one, "pictures": images.get(one["label"], 0)} for one in sample.table
    ]
    return replace(sample, stays=pl.Series(is_first), table=table)


def count_duplicates(products: Products, once: Products, labels: Sequence[str]) -> int:
    """Return how many images of the labels repeat another one.

    Args:
        once: what `count_once` made of `products`.
    """
    is_wanted = pl.col("label").is_in(list(labels))
    images, once_images = (
        int(one.table.filter(is_wanted)["size"].sum()) for one in (products, once)
    )
    return images - once_images


def _find_firsts(rows: pl.DataFrame, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which rows are the first of their duplicates, of those `among`: bool (n,)."""
    table = rows.filter(among)
    units = table.select("image_id", unit=connect([table[name] for name in COPIED]))
    is_first = units.select(pl.col("image_id") == pl.col("image_id").min().over("unit"))
    found = np.zeros(rows.height, np.bool_)
    found[among] = is_first.to_series().to_numpy()
    return found
