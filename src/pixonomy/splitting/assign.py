"""Splits a manifest into train, validation and test.

A split never tears a group (a product) or a group of duplicates, is stratified by label, and
depends on the seed and the images' ids alone. Whole values of a column can be held out.
"""

from dataclasses import dataclass, replace
from typing import cast

import polars as pl

from pixonomy.dataset.connected import connect
from pixonomy.dataset.manifest import Manifest
from pixonomy.errors import DataError, SettingError
from pixonomy.splitting.holdout import HeldOut, HeldOutRecord, hold_out
from pixonomy.splitting.stratified import SPLIT, assign_groups

DECISIVE = ("image_id", "group_id", "label", "duplicate_group", "split", "problem")
"""The columns of a manifest that decide about its split."""

_NO_COPY = pl.lit(None, pl.String)

TORN = "another picture of its group is a"
"""How the problem of an image begins whose group the source gave to a later split, too."""
HELD_OUT = "held_out"
"""The note of a manifest on what was held out."""


def read_held_out(manifest: Manifest) -> HeldOutRecord | None:
    """Return what was held out in a manifest; None where nothing was."""
    return cast(HeldOutRecord | None, manifest.notes.get(HELD_OUT))


@dataclass(frozen=True)
class SplitShares:
    """The shares (0 to 1) of images in each split, and the seed that decides which.

    Attributes:
        hold_out: the column of which whole values are tested, such as keyword or provider.
    """

    train: float = 0.7
    validation: float = 0.15
    test: float = 0.15
    seed: int = 0
    hold_out: str | None = None

    def __post_init__(self) -> None:
        shares = (self.train, self.validation, self.test)
        if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6 or self.train == 0:
            raise SettingError(
                "The shares of train, validation and test must be 0 or more, train above 0, and "
                f"add up to 1, not {' + '.join(str(share) for share in shares)}."
            )
        if self.hold_out is not None and not self.test:
            raise SettingError("What is held out is tested: --hold-out needs a --test above 0.")

    @property
    def wanted(self) -> dict[str, float]:
        """The shares of the splits that images are taken out for, the more important first."""
        return {"test": self.test, "validation": self.validation}

    @property
    def validation_share(self) -> float:
        """The share of validation in what is left without the test images."""
        return min(0.5, self.validation / (self.train + self.validation))


def assign_splits(manifest: Manifest, shares: SplitShares) -> Manifest:
    """Give each usable, labelled row its split; splits that the source gave are kept.

    A source that calls all its images training images gives no splits: all are assigned.
    Where a source gives splits, rows without one follow the other images of their group, and
    only what is missing is cut from the training rows (the validation split always, the test split
    never). Training or validation rows whose duplicate, or another image of whose group, is in a
    later split get a problem, so that nothing stands on both sides.

    With `shares.hold_out` everything is assigned anew, see `hold_out`, and the manifest's notes
    hold what was held out; else it has none.

    Raises:
        DataError: if there is no labelled image, one category only, or a label in validation
            or test that has no training image; if nothing can be held out.
    """
    rows = manifest.rows.with_row_index("row")
    is_usable = pl.col("problem").is_null() & pl.col("label").is_not_null()
    usable = rows.filter(is_usable)
    _check_categories(usable, manifest.rows["problem"])
    units = usable.select(
        "row",
        "image_id",
        "duplicate_group",
        # Numbers that sort as the texts do: a catalogue has millions of rows.
        pl.col("label").cast(pl.Enum(usable["label"].unique().sort())),
        pl.col("split").cast(SPLIT),
        unit=connect((usable["group_id"], usable["duplicate_group"])),
    )
    notes: dict[str, object] = {}
    if shares.hold_out is not None:
        held_out = _hold_out(units, usable, shares)
        assigned, notes[HELD_OUT] = held_out.assigned, held_out.summary
    elif not set(units["split"].drop_nulls().unique()) <= {"train"}:
        assigned = _drop_duplicates(_complete_given_splits(units, shares))
    else:
        assigned = assign_groups(units, shares.wanted, shares.seed).with_columns(copy=_NO_COPY)
    finished = replace(manifest, rows=_update(rows, assigned), notes=notes)
    _check_training(finished)
    return finished


def small_categories(manifest: Manifest, fewest: int = 3) -> list[str]:
    """Return the labels with fewer usable images than `fewest`: kept, but worth a warning."""
    usable = manifest.rows.lazy().filter(pl.col("problem").is_null())
    counts = usable.group_by("label").len().filter(pl.col("len") < fewest).collect()
    return counts["label"].drop_nulls().sort().to_list()


def _update(rows: pl.DataFrame, assigned: pl.DataFrame) -> pl.DataFrame:
    """Put the splits and the problems of duplicates into the rows they belong to."""
    news = assigned.select("row", pl.col("split").cast(pl.String), "copy")
    updated = rows.drop("split").join(news, on="row", how="left", maintain_order="left")
    updated = updated.with_columns(pl.coalesce("problem", "copy").alias("problem"))
    return updated.select(column for column in rows.columns if column != "row")


def _hold_out(units: pl.DataFrame, usable: pl.DataFrame, shares: SplitShares) -> HeldOut:
    assert shares.hold_out is not None
    text = usable[shares.hold_out].cast(pl.String).str.strip_chars()
    wanted = {name: share for name, share in shares.wanted.items() if share > 0}
    valued = units.with_columns(usable["group_id"], value=text.set(text == "", None))
    return hold_out(valued, shares.hold_out, wanted, shares.seed, shares.validation_share)


def _complete_given_splits(units: pl.DataFrame, shares: SplitShares) -> pl.DataFrame:
    given = pl.col("split").max().over("unit")  # of an Enum: the one that comes last
    units = units.with_columns(pl.coalesce("split", given).fill_null("train"))
    if (units["split"] == "validation").any():
        return units
    train = units.filter(pl.col("split") == "train")
    # The share of all images becomes a share of those the source left for training.
    validated = assign_groups(train, {"validation": shares.validation_share}, shares.seed)
    return pl.concat(
        [
            validated,
            units.filter(pl.col("split") != "train").select(validated.columns),
        ]
    )


def _drop_duplicates(units: pl.DataFrame) -> pl.DataFrame:
    """Give a problem to rows whose duplicate, or another of whose group, is in a later split."""
    last = pl.col("split").max().over("duplicate_group")  # of an Enum: the one that comes last
    is_duplicate = pl.col("duplicate_group").is_not_null() & (pl.col("split") < last)
    last_of_unit = pl.col("split").max().over("unit")
    copy = pl.format("duplicate of a {} picture", last)
    torn = pl.format(TORN + " {} picture", last_of_unit)
    is_torn = pl.col("split") < last_of_unit
    return units.with_columns(copy=pl.when(is_duplicate).then(copy).when(is_torn).then(torn))


def _check_categories(usable: pl.DataFrame, problems: pl.Series) -> None:
    labels = usable["label"].unique().sort()
    if usable.is_empty():
        raise DataError(f"No usable picture with a category was found{_most_frequent(problems)}.")
    if labels.len() < 2:
        raise DataError(
            f"Only one category was found ({labels[0]!r}): a classifier needs at least two."
        )


def _most_frequent(problems: pl.Series) -> str:
    if not problems.count():
        return ""
    problem, count = problems.drop_nulls().value_counts(sort=True).row(0)
    return (
        f"; {problems.count()} of {problems.len()} are left out, most ({count}) because: {problem}"
    )


def _check_training(manifest: Manifest) -> None:
    usable = manifest.rows.lazy().filter(pl.col("problem").is_null(), pl.col("split").is_not_null())
    counts = usable.group_by("label", "split").len().collect()
    trained = counts.filter(pl.col("split") == "train")["label"]
    unknown = counts.filter(~pl.col("label").is_in(trained.implode())).sort("label")
    if not unknown.is_empty():
        images = unknown["len"].sum()
        raise DataError(
            f"Unknown label {unknown['label'][0]!r}: {images} pictures of validation or test "
            "have labels without a single training picture. Add some, or leave these out."
        )
