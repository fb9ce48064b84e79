"""Assigns equally many images of each category to the splits of a study.

Of duplicates one image stays: another teaches nothing new, and would count twice in a test. Whole
groups stay together: products, bursts. A group whose images carry several labels is left out:
nobody knows what it would teach.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pixonomy.dataset.connected import connect
from pixonomy.errors import DataError
from pixonomy.splitting.stratified import assign_groups
from pixonomy.studies.plan import Fold, Sample

COLUMNS = ("image_id", "group_id", "label", "duplicate_group", "split", "problem")
"""The columns of a manifest that decide which images are assigned."""

_TEST, _LEARN = "test", "learn"


def usable_units(rows: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """Return the rows that can be assigned: row, image_id, label, unit, and part.

    The part is "test" for a row that the source gives to its test split, else "learn".

    Args:
        rows: `COLUMNS`, one row an image of the manifest.
        labels: of the categories that count.
    """
    wanted = pl.col("problem").is_null() & pl.col("label").is_in(list(labels))
    chosen = rows.with_row_index("row").filter(wanted)
    unit = pl.Series("unit", connect((chosen["group_id"], chosen["duplicate_group"])))
    part = pl.when(pl.col("split") == _TEST).then(pl.lit(_TEST)).otherwise(pl.lit(_LEARN))
    assigned = chosen.select("row", "image_id", "label", unit, part=part)
    of_unit = [pl.col(name).n_unique().over("unit") == 1 for name in ("label", "part")]
    is_first = pl.col("row") == pl.col("row").min().over("copies")
    copies = pl.coalesce(chosen["duplicate_group"], "image_id")
    return assigned.with_columns(copies=copies).filter(*of_unit, is_first).drop("copies")


def count_parts(units: pl.DataFrame, labels: Sequence[str]) -> dict[str, int]:
    """Return how many images the smallest category has in each part.

    Raises:
        DataError: if a category has no image to learn from.
    """
    smallest = {}
    for part in (_LEARN, _TEST):
        counts = dict(units.filter(pl.col("part") == part).group_by("label").len().iter_rows())
        smallest[part] = min(counts.get(label, 0) for label in labels)
        if part == _LEARN and not smallest[part]:
            empty = next(label for label in labels if not counts.get(label))
            raise DataError(f"Category {empty} has no usable picture to learn from.")
    return smallest


def equalise(units: pl.DataFrame, each: Mapping[str, int], seed: int) -> pl.DataFrame:
    """Keep of each part and label whole units of `each[part]` images in all, drawn by chance.

    One image fewer or two where no unit fits in.
    """
    ordered = _shuffle(units, seed)
    keep, left = [], dict[tuple[str, str], int]()
    for unit, label, part, size in ordered.select("unit", "label", "part", "size").iter_rows():
        free = left.setdefault((label, part), each[part])
        if size <= free:
            left[label, part] = free - size
            keep.append(unit)
    return units.filter(pl.col("unit").is_in(keep))


def assign_fold(units: pl.DataFrame, sample: Sample, fold: Fold, seed: int) -> pl.DataFrame:
    """Return row and split of units: those tested in a fold, and the others.

    Validation images are taken out of what is not tested.
    """
    if sample.folds:
        tested = _of_fold(units, sample.folds, fold, seed)
    elif (units["part"] == _TEST).any():
        tested = units.filter(pl.col("part") == _TEST)["unit"].unique()
    else:
        assigned = assign_groups(units.drop("part"), {_TEST: sample.test}, seed)
        tested = assigned.filter(pl.col("split") == _TEST)["unit"].unique()
    is_tested = pl.col("unit").is_in(tested.implode())
    learn = units.filter(~is_tested).drop("part")
    learn = assign_groups(learn, {"validation": sample.validation}, seed + 1 + 1000 * fold.repeat)
    test = units.filter(is_tested).select("row", split=pl.lit(_TEST))
    both = [learn.select("row", pl.col("split").cast(pl.String)), test]
    return pl.concat(both).sort("row")


def _of_fold(units: pl.DataFrame, folds: int, fold: Fold, seed: int) -> pl.Series:
    """Return the units of one fold: each label's, laid in a row by chance, cut into equal parts."""
    ordered = _shuffle(units, seed + 1000 * fold.repeat)
    middle = (pl.col("size").cum_sum() - pl.col("size") / 2).over("label")
    place = (folds * middle / pl.col("size").sum().over("label")).floor().cast(pl.Int64)
    return ordered.filter(place == fold.fold)["unit"]


def _shuffle(units: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return one row a unit (unit, label, part, size), in an order that the seed decides alone."""
    table = (
        units.group_by("unit")
        .agg(
            pl.col("label").first(),
            pl.col("part").first(),
            pl.len().cast(pl.Int64).alias("size"),
            pl.col("image_id").min(),
        )
        .sort("image_id")
    )
    return table[np.random.default_rng(seed).permutation(table.height)]
