"""Finds the units of rows that must stay together: groups (products) and duplicates."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

DUPLICATES = ("duplicate_group", "sha256")
"""The columns of which an equal value makes two images near-duplicates."""
GROUP = "group_id"
"""The column of which an equal value makes two images one product, burst or page."""


def tie(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Number the units of n images: those of one group or duplicates of each other, int64 (n,).

    Args:
        rows: group_id and, of `DUPLICATES`, the columns that are known.
    """
    return connect([rows[name] for name in (GROUP, *DUPLICATES) if name in rows.columns])


def connect(keys: Sequence[pl.Series]) -> npt.NDArray[np.int64]:
    """Number the connected components of rows that share a value in any of the `keys`.

    Args:
        keys: at least one series, all of one length n; nulls connect nothing.

    Returns:
        int64, shape (n,): the component of each row, 0 to n - 1.
    """
    component = _first_rows(keys[0])
    for key in keys[1:]:
        component = _unite(component, component[_first_rows(key)])
    return component


def describe_units(rows: pl.DataFrame) -> pl.DataFrame:
    """Describe each unit, in no particular order.

    Args:
        rows: columns unit, label and image_id.

    Returns:
        Columns unit, label (the most frequent; of equals the first), size (its rows) and image_id
        (the first).
    """
    # Lazy: twice as fast for millions of rows.
    parts = (
        rows.lazy()
        .group_by("unit", "label")
        .agg(pl.len().alias("size"), pl.col("image_id").min())
        .collect()
    )
    if parts.height == rows["unit"].n_unique():
        return parts
    has_several = pl.col("unit").is_duplicated()  # few: only they are worth sorting
    mixed = parts.filter(has_several).sort("size", "label", descending=[True, False])
    chief = mixed.group_by("unit", maintain_order=True).agg(
        pl.col("label").first(), pl.col("size").sum(), pl.col("image_id").min()
    )
    return pl.concat([parts.filter(~has_several), chief])


def _first_rows(key: pl.Series) -> npt.NDArray[np.int64]:
    """Return, for each row, the first row of its value; a null is its own."""
    first = np.arange(key.len())
    table = pl.DataFrame({"key": key, "row": first}).drop_nulls("key")
    # As lists of rows: a window over millions of texts takes twice as long.
    rows = table.group_by("key").agg("row").to_series(1)
    first[rows.explode().to_numpy()] = np.repeat(rows.list.first(), rows.list.len())
    return first


def _unite(component: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Unite the component of each row with the `other` one that stands beside it."""
    tied = np.flatnonzero(component != other)
    if not tied.size:
        return component
    from scipy.sparse import coo_array  # `list presets` imports this module, and needs no SciPy
    from scipy.sparse.csgraph import connected_components

    edges = (np.ones(tied.size, np.int8), (component[tied], other[tied]))
    graph = coo_array(edges, shape=(component.size, component.size))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)[component]
