"""Derives the findings about duplicates from groups, labels and splits, and counts every kind.

A finding is a row of a table: row (of the manifest), other (the row it is compared with), score and
detail. What the findings of each kind are is told at `count_findings`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pixonomy.auditing.duplicate_groups import Duplicates
from pixonomy.auditing.kinds import (
    CATEGORY_LEAKS,
    CONFLICTS,
    COUNTED,
    EXACT,
    NEAR,
    SPLIT_LEAKS,
)

FINDING: Mapping[str, pl.DataType] = {
    "row": pl.UInt32(),
    "other": pl.UInt32(),
    "score": pl.Float32(),
    "detail": pl.String(),
}

MANIFEST_COLUMNS = ("label", "keyword", "split")
"""The columns of a manifest that findings depend on, beside the images."""

Findings = Mapping[str, pl.DataFrame]
"""Kind → its findings, columns `FINDING`, those to look at first in front."""


@dataclass(frozen=True)
class Audited:
    """The images of an audit, a few bytes each.

    Attributes:
        rows: row (UInt32), image and group (UInt32, see `Duplicates`; null where there is no
            image, group also where it is alone), and `MANIFEST_COLUMNS` as categoricals.
        pairs: first, second, how and score: near-duplicates.
    """

    rows: pl.DataFrame
    pairs: pl.DataFrame


def gather_audited(labelled: pl.DataFrame, duplicates: Duplicates, pairs: pl.DataFrame) -> Audited:
    """Put together what findings are drawn from.

    Args:
        labelled: n rows of a manifest, with some of the columns `MANIFEST_COLUMNS`.
    """
    known = [name for name in MANIFEST_COLUMNS if name in labelled.columns]
    numbers = pl.DataFrame(
        {"picture": duplicates.image, "group": duplicates.group, "size": duplicates.size}
    ).with_row_index("row")
    has_image = pl.col("picture") >= 0
    is_copied = has_image & (pl.col("size") > 1)
    rows = numbers.select(
        "row",
        pl.when(has_image).then("picture").cast(pl.UInt32),
        pl.when(is_copied).then("group").cast(pl.UInt32),
    )
    columns = labelled.select(known).with_columns(
        pl.lit(None).alias(name) for name in MANIFEST_COLUMNS if name not in known
    )
    kinds = columns.select(pl.col(name).cast(pl.Categorical) for name in MANIFEST_COLUMNS)
    return Audited(rows.hstack(kinds), pairs)


def find_duplicates_and_leaks(audited: Audited) -> dict[str, pl.DataFrame]:
    """Find exact and near-duplicates, and where these contradict each other."""
    copied = audited.rows.drop_nulls("group")
    repeats = copied.filter(pl.col("row") != pl.col("picture"))
    conflicts = _find_conflicts(copied, repeats)
    return {
        EXACT: conform(repeats.select("row", other="picture")),
        NEAR: _find_near(copied, audited.pairs),
        CONFLICTS: conflicts,
        CATEGORY_LEAKS: _find_category_leaks(copied),
        SPLIT_LEAKS: _find_disagreeing(copied, "group", "split", "in {}"),
    }


def count_findings(findings: Findings, audited: Audited) -> dict[str, int]:
    """Count the findings of each kind.

    exact_duplicates counts repeats: the rows beyond the first of each image (equal SHA-256).
    near_duplicates counts the rows beyond the first of each duplicate group that are no repeats.
    conflicting_labels counts images (SHA-256) that carry more than one label. category_leaks
    counts duplicate groups in more than one category or keyword; a group that is one image with
    conflicting labels, and nothing else, is not counted again. split_leaks counts duplicate groups
    in more than one split. All others count images.
    """
    units = {CONFLICTS: "picture", CATEGORY_LEAKS: "group", SPLIT_LEAKS: "group"}
    counts = {}
    for kind in COUNTED:
        found = findings[kind]
        if kind in units:
            unit = audited.rows[units[kind]].gather(found["row"])
            counts[kind] = unit.n_unique()
        else:
            counts[kind] = found.height
    return counts


def conform(found: pl.DataFrame) -> pl.DataFrame:
    """Return findings with every column of `FINDING`, of the right type."""
    return found.select(
        (pl.col(name) if name in found.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in FINDING.items()
    )


def _find_near(copied: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Find the images of a group beyond its first, each beside the one it is most alike."""
    is_near = (pl.col("row") == pl.col("picture")) & (pl.col("row") != pl.col("group"))
    near = copied.filter(is_near).select("row", "group")
    both = pl.concat(
        [
            pairs.select(row="second", other="first", how="how", score="score"),
            pairs.select(row="first", other="second", how="how", score="score"),
        ]
    )
    best = both.sort("row", pl.col("score"), "other", descending=[False, True, False]).unique(
        "row", keep="first", maintain_order=True
    )
    # Tied by a mark of before, and by nothing else: compared with the first of the group.
    joined = near.join(best, on="row", how="left", maintain_order="left")
    detail = pl.when(pl.col("how").is_null()).then(pl.lit("marked as a copy before"))
    return conform(
        joined.select(
            "row",
            pl.coalesce("other", "group").alias("other"),
            "score",
            detail.otherwise(pl.format("found by their {}", "how")).alias("detail"),
        )
    )


def _find_conflicts(copied: pl.DataFrame, repeats: pl.DataFrame) -> pl.DataFrame:
    repeated = copied.filter(pl.col("picture").is_in(repeats["picture"].unique().implode()))
    return _find_disagreeing(repeated, "picture", "label", "labelled {}")


def _find_category_leaks(copied: pl.DataFrame) -> pl.DataFrame:
    """Leave out groups of one file whose labels conflict: they are told as such."""
    labels = pl.col("label").drop_nulls().n_unique().over("group")
    keywords = pl.col("keyword").drop_nulls().n_unique().over("group")
    images = pl.col("picture").n_unique().over("group")
    is_leak = pl.when(images > 1).then((labels > 1) | (keywords > 1))
    leaking = copied.filter(is_leak.otherwise((labels <= 1) & (keywords > 1)))
    where = pl.format("in {}", pl.col("label").cast(pl.String).fill_null("no category"))
    keyword = pl.format("{}, found by “{}”", where, pl.col("keyword").cast(pl.String))
    detailed = leaking.with_columns(detail=pl.coalesce(keyword, where)).sort("group", "row")
    return conform(detailed.select("row", _others("group"), "detail"))


def _find_disagreeing(rows: pl.DataFrame, unit: str, column: str, sentence: str) -> pl.DataFrame:
    """Return all rows with a value in a column, of units in which it has several values."""
    several = pl.col(column).drop_nulls().n_unique().over(unit) > 1
    found = rows.filter(several & pl.col(column).is_not_null()).sort(unit, "row")
    detail = pl.format(sentence, pl.col(column).cast(pl.String)).alias("detail")
    return conform(found.select("row", _others(unit), detail))


def _others(unit: str) -> pl.Expr:
    """Compare each row with the first of its unit, and that with nothing."""
    first = pl.col("row").first().over(unit)
    return pl.when(first != pl.col("row")).then(first).alias("other")
