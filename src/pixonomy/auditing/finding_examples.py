"""Chooses the few findings that the page shows, with the rows to be seen side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pixonomy.auditing.findings import Audited, Findings
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    EXACT,
    KINDS,
    NEAR,
    SPLIT_LEAKS,
    UNDECODABLE,
)

SHOWN = 40  # examples of each kind
_SIDE_BY_SIDE = 4  # images of one example

_UNITS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    EXACT: ("picture", ()),
    CONFLICTS: ("picture", ("label",)),
    CATEGORY_LEAKS: ("group", ("label", "keyword")),
    SPLIT_LEAKS: ("group", ("split",)),
}
"""What one example of a kind is, and what its images differ by (nothing: by themselves)."""


@dataclass(frozen=True)
class Example:
    """One example of a finding.

    Attributes:
        rows: numbers of the rows to be seen side by side.
        size: how many rows it has in all.
        detail: the finding's own sentence, or None.
        score: its figure, or None.
    """

    rows: tuple[int, ...]
    size: int
    detail: str | None = None
    score: float | None = None


def choose_examples(findings: Findings, audited: Audited) -> dict[str, list[Example]]:
    """Choose up to 40 examples of each kind that has any; files without an image have none."""
    chosen = {}
    for kind in KINDS:
        found = findings[kind]
        if found.is_empty() or kind == UNDECODABLE:
            continue
        if kind in _UNITS:
            chosen[kind] = _choose_units(found, audited.rows, *_UNITS[kind])
        elif kind == NEAR:
            chosen[kind] = _choose_pairs(found)
        else:
            chosen[kind] = [
                Example((row,), 1, detail, score)
                for row, detail, score in found.head(SHOWN)
                .select("row", "detail", "score")
                .iter_rows()
            ]
    return chosen


def _choose_pairs(found: pl.DataFrame) -> list[Example]:
    """Choose some over the whole range, from the least to the most alike."""
    ordered = found.sort("score", "row", nulls_last=True)
    places = np.unique(np.linspace(0, found.height - 1, min(SHOWN, found.height)).astype(np.int64))
    return [
        Example((other, row), 2, detail, score)
        for row, other, detail, score in ordered[places]
        .select("row", "other", "detail", "score")
        .iter_rows()
    ]


def _choose_units(
    found: pl.DataFrame, rows: pl.DataFrame, unit: str, differing: tuple[str, ...]
) -> list[Example]:
    """Choose the units with most rows, and of each rows that differ."""
    units = rows[unit].gather(found["row"])
    counts = units.to_frame().group_by(unit).len().sort("len", unit, descending=[True, False])
    most = counts.head(SHOWN)
    members = (rows[found["row"]] if differing else rows).join(
        most, on=unit, how="semi", maintain_order="left"
    )
    examples = []
    for one, size in most.iter_rows():
        some = members.filter(pl.col(unit) == one)
        if differing:
            some = some.unique(differing, keep="first", maintain_order=True)
        shown = tuple(some["row"].head(_SIDE_BY_SIDE))
        examples.append(Example(shown, size + (not differing)))
    return examples
