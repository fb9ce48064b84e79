"""Counts findings by what the images come from: category, keyword, provider."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from pixonomy.auditing.findings import Findings
from pixonomy.auditing.flaws import FLAWS
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    EXACT,
    LABEL_ISSUES,
    NEAR,
    SPLIT_LEAKS,
)

COUNTED_BY: dict[str, tuple[str, ...]] = {
    "Exact copies": (EXACT,),
    "Near-copies": (NEAR,),
    "Leaks": (CATEGORY_LEAKS, SPLIT_LEAKS),
    "Conflicting labels": (CONFLICTS,),
    "Suspected labels": (LABEL_ISSUES,),
    "Bad pictures": FLAWS,
}
"""The columns of the table, and the kinds of findings whose rows each of them counts."""

_SHOWN = 50


@dataclass(frozen=True)
class Origin:
    """One line of the table: a category, keyword or provider, and counts of its rows."""

    name: str | None
    images: int
    counts: tuple[int, ...]


@dataclass(frozen=True)
class SliceTable:
    """A table: what it is by, its lines (those with most findings first) and how many more."""

    title: str
    lines: Sequence[Origin]
    hidden: int


def tabulate(title: str, values: pl.Series, is_usable: pl.Series, findings: Findings) -> SliceTable:
    """Count images and findings for each value.

    Args:
        title: what the values are: categories, keywords, providers.
        values: of each row; null where unknown.
        is_usable: boolean, of each row.
    """
    by = values.alias("value").to_frame()
    table = by.filter(is_usable).group_by("value").len("pictures")
    for name, kinds in COUNTED_BY.items():
        rows = _rows_of(findings[kind]["row"] for kind in kinds)
        counts = by[rows].group_by("value").len(name)
        table = table.join(counts, on="value", how="left", nulls_equal=True)
    filled = table.with_columns(pl.col(*COUNTED_BY).fill_null(0))
    ordered = filled.with_columns(all=pl.sum_horizontal(*COUNTED_BY)).sort(
        "all", "pictures", "value", descending=[True, True, False]
    )
    lines = [
        Origin(value, images, tuple(counts))
        for value, images, *counts in ordered.drop("all").head(_SHOWN).iter_rows()
    ]
    return SliceTable(title, lines, max(0, ordered.height - _SHOWN))


def _rows_of(series: Iterable[pl.Series]) -> pl.Series:
    """Put rows together; a row counts once."""
    return pl.concat(list(series)).unique().sort()
