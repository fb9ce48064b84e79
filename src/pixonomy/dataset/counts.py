"""Counts a manifest chunk by chunk, in memory that hardly grows with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.manifest import SPLITS, Summary, most_frequent
from pixonomy.dataset.taxonomy import Taxonomy

_MOST_REASONS = 100  # of each chunk


@dataclass
class OutcomeCounts:
    """What was counted.

    Attributes:
        groups: one 64-bit hash a run of equal group ids, a few bytes a product.
        labels, usable_labels: rows of each category, and those without a problem.
        reasons: rows of the most frequent problems.
        unlabelled: usable images without a category.
    """

    rows: int = 0
    problems: int = 0
    unlabelled: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    usable_labels: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    groups: list[npt.NDArray[np.uint64]] = field(default_factory=list)

    def add(self, rows: pl.DataFrame) -> None:
        """Count rows with the columns `SUMMED`."""
        has_problem = rows["problem"].is_not_null()
        usable = rows.filter(~has_problem) if has_problem.any() else rows
        self.rows += rows.height
        self.problems += rows.height - usable.height
        self.unlabelled += usable["label"].null_count()
        counts = dict(rows["label"].drop_nulls().value_counts().iter_rows())
        self.labels.update(counts)
        if usable is not rows:
            reasons = rows["problem"].drop_nulls().value_counts(sort=True).head(_MOST_REASONS)
            self.reasons.update(dict(reasons.iter_rows()))
            counts = dict(usable["label"].drop_nulls().value_counts().iter_rows())
        self.usable_labels.update(counts)
        self.splits.update(dict(usable["split"].drop_nulls().value_counts().iter_rows()))
        group = pl.col("group_id")
        is_new = group.ne_missing(group.shift()) | (pl.int_range(pl.len()) == 0)
        self.groups.append(rows.filter(is_new)["group_id"].hash().to_numpy())

    def summary(self) -> Summary:
        """Return {rows, groups, categories, problems, splits, labels}."""
        hashes = np.concatenate(self.groups) if self.groups else np.zeros(0, np.uint64)
        return {
            "rows": self.rows,
            "groups": _count_distinct(hashes),
            "categories": len(self.labels),
            "problems": self.problems,
            "splits": {name: self.splits.get(name, 0) for name in SPLITS},
            "labels": most_frequent(self.labels),
        }

    def unknown(self, taxonomy: Taxonomy | None, level: int | None) -> list[str]:
        """Return the labels that a taxonomy has none of, at a level or at all, sorted."""
        if taxonomy is None:
            return []
        known = taxonomy.categories if level is None else taxonomy.label_at(level).values()
        return sorted(self.labels.keys() - set(known))


def _count_distinct(values: npt.NDArray[np.uint64]) -> int:
    # NumPy's own `unique` builds a hash table, which is ten times slower than sorting.
    ordered = np.sort(values)
    return int(np.count_nonzero(np.diff(ordered))) + min(1, ordered.size)


def outcome_counts(parts: Iterable[pl.DataFrame]) -> OutcomeCounts:
    """Count the rows of tables with the columns `SUMMED`, one after another."""
    counted = OutcomeCounts()
    for part in parts:
        counted.add(part)
    return counted
