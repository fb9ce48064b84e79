"""Makes one row of those that an image has in several manifests.

A row of the manifest named first stays, with what only others know filled in. Its label stays, too,
unless a reviewer gave another one elsewhere; of its splits the later one counts, so that nothing
that is tested is trained on; what one of the manifests leaves out stays left out. Columns are read
one after another, so that memory does not grow with their number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pixonomy.dataset.location import PLACED
from pixonomy.dataset.manifest import REVIEWER, SPLITS
from pixonomy.dataset.seen import SEEN_COLUMNS
from pixonomy.joining.open_manifests import JOINED_FROM, OpenManifest
from pixonomy.joining.shared_images import MANIFEST, ROW, UNIT

OF_LABEL = ("label", "label_source", "label_quality", "label_by")
"""The columns that go with a label."""

_AT = [MANIFEST, ROW]
_OF_FILE = ("image_id", *PLACED, *SEEN_COLUMNS, JOINED_FROM)  # what only the kept row can know
_REVIEWED, _DONOR = "is reviewed", " of the label that counts"


@dataclass(frozen=True)
class Difference:
    """Images of which the manifests have different values in a column.

    Attributes:
        images: how many.
        example: the id of the first; None where there is none.
        values: of it, in the order of the manifests.
    """

    images: int = 0
    example: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Merged:
    """What becomes of the rows of images that stand in several manifests.

    Attributes:
        shared: all of them: MANIFEST, ROW and UNIT.
        dropped: MANIFEST and ROW of those that are no rows of their own any more.
        changes: MANIFEST, ROW and what some columns of rows that stay become, a table for each
            column, and one for those that go with a label.
        labels, splits: where manifests differ.
        reviewed: images whose label became that of a reviewer.
        left_out: images that one manifest leaves out and another does not.
    """

    shared: pl.DataFrame
    dropped: pl.DataFrame
    changes: tuple[pl.DataFrame, ...] = ()
    labels: Difference = Difference()
    splits: Difference = Difference()
    reviewed: int = 0
    left_out: int = 0

    @property
    def images(self) -> int:
        """How many images there are."""
        return self.shared[UNIT].n_unique()


def merge_rows(manifests: Sequence[OpenManifest], shared: pl.DataFrame) -> Merged:
    """Decide what becomes of the rows of shared images, as `find_shared` gives them."""
    is_kept = pl.col(MANIFEST) == pl.col(MANIFEST).min().over(UNIT)
    dropped = shared.filter(~is_kept).select(_AT)
    if not shared.height:
        return Merged(shared, dropped)
    labels, label_changes, reviewed = _merge_labels(manifests, shared)
    splits, split_changes = _merge_splits(manifests, shared)
    problems = read_shared(manifests, shared, [pl.col("problem").is_not_null()])
    differs = pl.col("problem").any() & ~pl.col("problem").all()
    left_out = problems.group_by(UNIT).agg(differs.alias("differs"))["differs"].sum()
    return Merged(
        shared,
        dropped,
        (label_changes, split_changes, *_fill(manifests, shared)),
        labels,
        splits,
        reviewed,
        int(left_out),
    )


def read_shared(
    manifests: Sequence[OpenManifest], shared: pl.DataFrame, columns: Sequence[str | pl.Expr]
) -> pl.DataFrame:
    """Return some columns of rows, with all columns of `shared`, in the order of images."""
    parts = []
    for number, one in enumerate(manifests):
        wanted = shared.filter(pl.col(MANIFEST) == number).lazy()
        rows = one.rows.select(columns).with_row_index(ROW).join(wanted, on=ROW, how="inner")
        parts.append(rows.collect(engine="streaming"))
    by = [name for name in (UNIT, MANIFEST, ROW) if name in shared.columns]
    return pl.concat(parts).sort(by)


def _merge_labels(
    manifests: Sequence[OpenManifest], shared: pl.DataFrame
) -> tuple[Difference, pl.DataFrame, int]:
    """Return how labels differ, what those that change become, and how many by reviewers."""
    given = pl.col("label").is_not_null()
    is_reviewed = (pl.col("label_source") == REVIEWER).fill_null(False) & given
    columns = [pl.col("label").cast(pl.Categorical), is_reviewed.alias(_REVIEWED)]
    rows = read_shared(manifests, shared, columns)
    best = (
        rows.filter(given)
        .sort(UNIT, ~pl.col(_REVIEWED), MANIFEST, ROW)
        .unique(UNIT, keep="first", maintain_order=True)
        .rename({name: name + _DONOR for name in (*_AT, "label", _REVIEWED)})
    )
    is_better = pl.col(_REVIEWED + _DONOR) & ~pl.col(_REVIEWED)
    differs = pl.col("label").ne_missing(pl.col("label" + _DONOR))
    takes = _kept(rows).join(best, on=UNIT).filter((~given | is_better) & differs)
    reviewed = takes.filter(given)[UNIT].n_unique()
    return _differ(manifests, rows, "label"), _take_labels(manifests, takes), reviewed


def _take_labels(manifests: Sequence[OpenManifest], takes: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that take a label, with all that goes with it."""
    names = [name for name in OF_LABEL if name in manifests[0].rows.collect_schema()]
    places = {name + _DONOR: name for name in _AT}
    donors = takes.select(pl.col(list(places))).rename(places).unique()
    donated = read_shared(manifests, donors, names).rename({v: k for k, v in places.items()})
    return takes.select(*_AT, *places).join(donated, on=list(places)).drop(list(places))


def _merge_splits(
    manifests: Sequence[OpenManifest], shared: pl.DataFrame
) -> tuple[Difference, pl.DataFrame]:
    ordered = pl.col("split").cast(pl.Enum(SPLITS), strict=False)
    rows = read_shared(manifests, shared, [ordered])
    last = pl.col("split").max().over(UNIT)
    changed = _kept(rows.with_columns(last.alias("last"))).filter(
        pl.col("split").ne_missing(pl.col("last"))
    )
    news = changed.select(*_AT, pl.col("last").cast(pl.String).alias("split"))
    return _differ(manifests, rows, "split"), news


def _fill(manifests: Sequence[OpenManifest], shared: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield what only later manifests know of the rows that stay, column by column."""
    apart = {*OF_LABEL, *_OF_FILE, "split"}
    for name in manifests[0].rows.collect_schema():
        if name not in apart and any(name in one.own for one in manifests[1:]):
            rows = read_shared(manifests, shared, [name])
            known = rows.drop_nulls(name).unique(UNIT, keep="first", maintain_order=True)
            lacking = _kept(rows).filter(pl.col(name).is_null()).drop(name)
            news = lacking.join(known.select(UNIT, name), on=UNIT).drop(UNIT)
            if news.height:
                yield news


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col(MANIFEST) == pl.col(MANIFEST).min().over(UNIT))


def _differ(manifests: Sequence[OpenManifest], rows: pl.DataFrame, column: str) -> Difference:
    """Describe the images with several values in a column of categories."""
    code = pl.col(column).to_physical()
    several = rows.group_by(UNIT).agg((code.min() != code.max()).alias("several"))
    units = several.filter(pl.col("several"))[UNIT]
    if not units.len():
        return Difference()
    first = rows.filter(pl.col(UNIT) == units.min())
    values = first[column].drop_nulls().cast(pl.String).unique(maintain_order=True)
    named = read_shared(manifests, first.select(*_AT), ["image_id"]).sort(_AT)
    return Difference(units.len(), named["image_id"][0], tuple(values))
