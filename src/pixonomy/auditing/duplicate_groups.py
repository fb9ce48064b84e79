"""Groups exact and near-duplicates: which rows of a manifest show the same image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pixonomy.storage.tables import scan_parquet

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Duplicates:
    """Which images are duplicates of each other.

    Attributes:
        image: int32 (n,): the first row with the same bytes; -1 where there is no image.
        group: int32 (n,): the first row of its duplicate group, itself where it is alone. Being a
            duplicate is transitive.
        size: int32 (n,): how many rows the group has.
    """

    image: Rows
    group: Rows
    size: Rows


def number_images(table: Path) -> Rows:
    """Return the first row with the same SHA-256 for each row of an audit's statistics table.

    Returns:
        int32 (n,); -1 where there is no image.
    """
    digits = pl.col("sha256")
    with scan_parquet(table) as rows:
        # 120 of 256 bits as two numbers: the texts would take five times the memory.
        halves = rows.select(
            high=pl.when(pl.col("problem").is_null()).then(digits.str.slice(0, 15)),
            low=digits.str.slice(15, 15),
        ).select(pl.all().str.to_integer(base=16, strict=False))
        found = halves.collect(engine="streaming")
    has_image = found["high"].is_not_null().to_numpy()
    places = np.flatnonzero(has_image).astype(np.int32)
    high, low = (found[name].to_numpy()[places] for name in ("high", "low"))
    order = np.lexsort((low, high))  # stable: of equal ones the first row comes first
    is_new = np.ones(order.size, bool)
    is_new[1:] = (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0)
    firsts = places[order[is_new]]
    image = np.full(has_image.size, -1, np.int32)
    image[places[order]] = firsts[np.cumsum(is_new) - 1]
    return image


def group_duplicates(
    image: Rows, pairs: pl.DataFrame, marks: pl.Series | None = None
) -> Duplicates:
    """Put rows together that have the same bytes, are a pair, or were marked as duplicates before.

    Args:
        image: int32 (n,), see `Duplicates`.
        pairs: columns first and second: numbers of rows.
        marks: (n,) duplicate groups of before; null where there is none.
    """
    rows = np.arange(image.size, dtype=np.int32)
    repeats = np.flatnonzero((image >= 0) & (image != rows)).astype(np.int32)
    first, second = (pairs[name].to_numpy().astype(np.int32) for name in ("first", "second"))
    ties = [(repeats, image[repeats]), (first, second)]
    if marks is not None and marks.null_count() < marks.len():
        marked = pl.DataFrame({"mark": marks, "row": rows, "has": image >= 0})
        marked = marked.filter(pl.col("mark").is_not_null() & pl.col("has"))
        together = marked.select("row", pl.col("row").first().over("mark").alias("first"))
        ties.append((together["row"].to_numpy(), together["first"].to_numpy()))
    starts, ends = (np.concatenate(side) for side in zip(*ties, strict=True))
    if not starts.size:
        return Duplicates(image, rows, np.ones(rows.size, np.int32))
    edges = (np.ones(starts.size, np.int8), (starts, ends))
    graph = coo_array(edges, shape=(rows.size, rows.size))
    component = connected_components(graph, directed=False)[1]
    _, group_first, number, count = np.unique(
        component, return_index=True, return_inverse=True, return_counts=True
    )
    return Duplicates(image, group_first.astype(np.int32)[number], count.astype(np.int32)[number])
