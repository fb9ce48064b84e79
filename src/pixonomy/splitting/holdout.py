"""Group hold-out: splits that share no value of a column, such as keyword or provider.

Test images then come from values that training never saw: a random split cannot show how that goes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypedDict

import polars as pl

from pixonomy.errors import DataError
from pixonomy.splitting.assign_groups import ValueCounts, assign_values
from pixonomy.splitting.stratified import SPLIT, assign_groups

NAMED_AT_MOST = 100  # values of a split listed by name; all are counted

_REASONS = {
    "duplicate_group": "duplicate of a {} picture",
    "group_id": "of the same group as a {} picture",
}
_NO_TEXT = pl.lit(None, pl.String)


class HeldOutRecord(TypedDict, total=False):
    """What was held out, as plain JSON.

    Attributes:
        column: whose values are held out.
        replaced: how many images had a split already.
        values: how many are in training, validation and test; which, the first hundred, of those.
        without_value: how many images have none.
        untested: the labels that have no test image.
        single: those of them with one value or none.
        kept: those that stay in training although all their values are held out.
    """

    column: str
    replaced: int
    values: dict[str, int]
    test: list[str]
    validation: list[str]
    without_value: int
    untested: list[str]
    single: list[str]
    kept: list[str]


@dataclass(frozen=True)
class HeldOut:
    """Rows with their splits.

    Attributes:
        assigned: the rows with the columns `split` and `copy`: why a row is left out, or null.
    """

    assigned: pl.DataFrame
    summary: HeldOutRecord


@dataclass(frozen=True)
class _Rows:
    """The rows, and what their numbers in the columns value and label mean."""

    units: pl.DataFrame
    values: pl.Series
    labels: pl.Series

    @property
    def counts(self) -> ValueCounts:
        number = pl.col("label").to_physical().alias("label")
        pairs = self.units.drop_nulls("value").group_by("value", number).agg(n=pl.len())
        totals = dict(self.units.group_by(number).len().iter_rows())
        return ValueCounts(
            pairs.sort("value", "label"), [totals[place] for place in range(len(self.labels))]
        )


def hold_out(
    units: pl.DataFrame, column: str, wanted: Mapping[str, float], seed: int, fill: float = 0.0
) -> HeldOut:
    """Assign whole values of a column to the `wanted` splits, the rest to train.

    See `assign_values`.

    Rows without a value stay on the training side, and so does a label of which all values are
    held out: it would have nothing to learn from. A row there (or in validation) that duplicates
    an image in a later split, or of the same group as one, is left out: moving it would bring
    its value to both sides. Only where a label would lose all its training rows so, the other
    side is left out. A label that has no value in validation gives whole units of its training
    rows.

    Args:
        units: columns row, image_id, group_id, duplicate_group, label (an Enum of the labels that
            there are), unit (numbers of what must stay together) and value (text or null); a row
            an image.
        wanted: split → share, those above 0; test before validation.
        fill: the share of training images that a label without validation images gives.

    Raises:
        DataError: if nothing can be held out.
    """
    names = units["value"].drop_nulls().unique().sort()
    value = pl.col("value").cast(pl.Enum(names)).to_physical()
    labels = units["label"].unique().sort().cast(pl.String)
    rows = _Rows(units.with_columns(value), names, labels)
    places = assign_values(rows.counts, wanted, seed)
    if "test" not in places:
        raise DataError(
            f"Nothing can be held out by {column!r}: too few categories have pictures of two "
            "values of it. Split at random, without --hold-out."
        )
    assigned = _leave_out(_spread(rows.units, places))
    if fill and "validation" in wanted:
        assigned = _fill_validation(assigned, fill, seed)
    return HeldOut(assigned, {"column": column, **_count_values(rows, assigned, places)})


def _spread(units: pl.DataFrame, places: Collection[str]) -> pl.DataFrame:
    """Give each row the split of its value; rows and labels without one are for training."""
    split = pl.Series("split", places, SPLIT).gather(units["value"])
    placed = units.with_columns(split.fill_null("train"))
    is_covered = (pl.col("value").is_not_null() & (pl.col("split") == "train")).any().over("label")
    otherwise = pl.when(is_covered).then("split").otherwise(pl.lit("train", SPLIT))
    return placed.with_columns(split=otherwise)


def _leave_out(assigned: pl.DataFrame) -> pl.DataFrame:
    """Note in `copy` the rows whose duplicate, or another of whose group, is in a later split."""
    marked = assigned.with_columns(copy=pl.coalesce(_reasons(pl.col("split").max())))
    is_train = pl.col("split") == "train"
    # A label that would lose every training row keeps them: the later duplicates go.
    has_rest = (is_train & pl.col("copy").is_null()).any().over("label")
    marked = marked.with_columns(spared=is_train & ~has_rest)
    if not marked["spared"].any():
        return marked.drop("spared")
    others = [
        pl.when(pl.col(column).is_not_null() & pl.col("spared").any().over(column) & ~is_train)
        .then(pl.format(reason, pl.lit("training")))
        for column, reason in _REASONS.items()
    ]  # fmt: skip
    copy = pl.when("spared").then(_NO_TEXT).otherwise(pl.coalesce(*others, "copy"))
    return marked.with_columns(copy=copy).drop("spared")


def _reasons(last: pl.Expr) -> list[pl.Expr]:
    """Give the reason to leave a row out for each way to be related to one of a later split."""
    reasons: list[pl.Expr] = []
    for column, reason in _REASONS.items():
        latest = last.over(column)
        # Nulls make one group in a window; a row without a group is alone.
        is_earlier = pl.col(column).is_not_null() & (pl.col("split") < latest)
        reasons.append(pl.when(is_earlier).then(pl.format(reason, latest.cast(pl.String))))
    return reasons


def _fill_validation(assigned: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """Cut validation images from the training rows of labels that have none, by whole units."""
    is_in = pl.col("copy").is_null()
    is_lacking = ~(is_in & (pl.col("split") == "validation")).any().over("label")
    train = assigned.with_columns(lacks=is_lacking).filter(is_in, pl.col("split") == "train")
    train = train.filter(pl.col("lacks").all().over("unit")).drop("lacks")
    if train.is_empty():
        return assigned
    drawn = assign_groups(train, {"validation": share}, seed).select("row", "split")
    return assigned.update(drawn, on="row")


def _count_values(rows: _Rows, assigned: pl.DataFrame, places: list[str]) -> HeldOutRecord:
    is_tested = pl.col("copy").is_null() & (pl.col("split") == "test")
    tested = set(assigned.filter(is_tested)["label"].unique().cast(pl.String))
    place = pl.Series("place", places, SPLIT).gather(rows.units["value"])
    labels = rows.units.with_columns(place).group_by("label").agg(
        values=pl.col("value").drop_nulls().n_unique(),
        is_kept=pl.col("place").is_not_null().any() & (pl.col("place") != "train").all(),
    )  # fmt: skip
    labels = labels.with_columns(pl.col("label").cast(pl.String)).sort("label")
    untested = labels.filter(~pl.col("label").is_in(list(tested)))
    of_split = {
        name: [value for value, found in zip(rows.values, places, strict=True) if found == name]
        for name in ("train", "validation", "test")
    }
    return {
        "values": {name: len(values) for name, values in of_split.items()},
        "test": of_split["test"][:NAMED_AT_MOST],
        "validation": of_split["validation"][:NAMED_AT_MOST],
        "without_value": rows.units["value"].null_count(),
        "untested": untested["label"].to_list(),
        "single": untested.filter(pl.col("values") < 2)["label"].to_list(),
        "kept": untested.filter("is_kept")["label"].to_list(),
    }
