"""Makes one row of those that an image has in several manifests.

A row of the manifest named first stays, with what only others know filled in. Its label stays, too,
unless a reviewer gave another one elsewhere; of its splits the later one counts, so that nothing
that is tested is trained on; what one of the manifests leaves out stays left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pixonomy.dataset.location import PLACED
from pixonomy.dataset.manifest import REVIEWER, SPLITS
from pixonomy.dataset.seen import SEEN_COLUMNS
from pixonomy.joining.open_manifests import JOINED_FROM, OpenManifest
from pixonomy.joining.shared_images import MANIFEST, ROW, UNIT

DROPPED = "is dropped"
"""The column of `Merged.changes` that marks rows that are no rows of their own any more."""

_OF_LABEL = ("label", "label_source", "label_quality", "label_by")
_OF_FILE = ("image_id", *PLACED, *SEEN_COLUMNS, JOINED_FROM)  # what only the kept row can know
_BEST = " of the label that counts"
_OTHER = " of others"


@dataclass(frozen=True)
class Difference:
    """Images of which the manifests have different values in a column.

    Attributes:
        images: how many.
        example: the id of the first; None where there is none.
        values: of it, in the order of the manifests.
    """

    images: int
    example: str | None
    values: tuple[str, ...]


@dataclass(frozen=True)
class Merged:
    """What becomes of the rows of images that stand in several manifests.

    Attributes:
        rows: all of them, as they were, with MANIFEST, ROW and UNIT.
        changes: MANIFEST, ROW, DROPPED, and what the columns that may change become.
        images: how many images there are.
        labels, splits: where manifests differ.
        reviewed: images whose label became that of a reviewer.
        left_out: images that one manifest leaves out and another does not.
    """

    rows: pl.DataFrame
    changes: pl.DataFrame
    images: int
    labels: Difference
    splits: Difference
    reviewed: int
    left_out: int


def merge_rows(manifests: Sequence[OpenManifest], shared: pl.DataFrame) -> Merged:
    """Decide what becomes of the rows of shared images, as `find_shared` gives them."""
    rows = _read(manifests, shared)
    is_kept = pl.col(MANIFEST) == pl.col(MANIFEST).min().over(UNIT)
    kept, dropped = rows.filter(is_kept), rows.filter(~is_kept)
    chosen = _choose(kept, rows)
    lacking = [name for name in chosen.columns if name not in (MANIFEST, ROW, DROPPED)]
    gone = dropped.select(MANIFEST, ROW, pl.lit(True).alias(DROPPED))
    changes = pl.concat([chosen, gone], how="diagonal").select(MANIFEST, ROW, DROPPED, *lacking)
    before = kept.select(MANIFEST, ROW, old="label")
    news = chosen.join(before, on=[MANIFEST, ROW])
    differs = pl.col("problem").is_null().any() & pl.col("problem").is_not_null().any()
    return Merged(
        rows,
        changes,
        rows[UNIT].n_unique(),
        _differ(rows, "label"),
        _differ(rows, "split"),
        news.filter(pl.col("old") != pl.col("label")).height,
        int(rows.group_by(UNIT).agg(differs.alias("differs"))["differs"].sum()),
    )


def _read(manifests: Sequence[OpenManifest], shared: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for number, one in enumerate(manifests):
        wanted = shared.filter(pl.col(MANIFEST) == number).lazy()
        rows = one.rows.with_row_index(ROW).join(wanted, on=ROW, how="inner")
        parts.append(rows.collect(engine="streaming"))
    return pl.concat(parts).sort(UNIT, MANIFEST, ROW)


def _choose(kept: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return MANIFEST, ROW, DROPPED and the values of the rows that stay."""
    of_label = [name for name in _OF_LABEL if name in rows.columns]
    apart = {*_OF_LABEL, *_OF_FILE, "split", MANIFEST, ROW, UNIT}
    filled = [name for name in rows.columns if name not in apart]
    is_reviewed = (pl.col("label_source") == REVIEWER).fill_null(False)
    is_reviewed &= pl.col("label").is_not_null()
    ranked = rows.sort(UNIT, ~is_reviewed, pl.col("label").is_null(), MANIFEST, ROW)
    best = ranked.group_by(UNIT, maintain_order=True).agg(
        pl.col(of_label).first().name.suffix(_BEST), is_best_reviewed=is_reviewed.first()
    )
    others = rows.group_by(UNIT, maintain_order=True).agg(
        pl.col(filled).drop_nulls().first().name.suffix(_OTHER),
        last=pl.col("split").cast(pl.Enum(SPLITS), strict=False).max().cast(pl.String),
    )
    takes = pl.col("label").is_null() | (pl.col("is_best_reviewed") & ~is_reviewed)
    joined = kept.join(best, on=UNIT).join(others, on=UNIT)
    return joined.select(
        MANIFEST,
        ROW,
        pl.lit(False).alias(DROPPED),
        *(pl.when(takes).then(name + _BEST).otherwise(name).alias(name) for name in of_label),
        *(pl.coalesce(name, name + _OTHER).alias(name) for name in filled),
        pl.coalesce("last", "split").alias("split"),
    )


def _differ(rows: pl.DataFrame, column: str) -> Difference:
    found = (
        rows.lazy()
        .drop_nulls(column)
        .group_by(UNIT, maintain_order=True)
        .agg(pl.col("image_id").first(), pl.col(column).unique(maintain_order=True))
        .filter(pl.col(column).list.len() > 1)
        .collect()
    )
    if not found.height:
        return Difference(0, None, ())
    return Difference(found.height, found["image_id"][0], tuple(found[column][0]))
