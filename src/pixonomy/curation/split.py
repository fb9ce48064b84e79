"""A manifest goes in; the same manifest with train, validation and test comes out.

A split never tears a group (a product) or a group of duplicates, is stratified by label, and
depends on the seed and the pictures' ids alone.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pixonomy.curation.duplicates import connect
from pixonomy.errors import DataError, SettingError
from pixonomy.manifest import SPLITS, Manifest, conform


@dataclass(frozen=True)
class SplitShares:
    """The shares (0 to 1) of pictures in each split, and the seed that decides which."""

    train: float = 0.7
    validation: float = 0.15
    test: float = 0.15
    seed: int = 0

    def __post_init__(self) -> None:
        shares = (self.train, self.validation, self.test)
        if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6 or self.train == 0:
            raise SettingError(
                "The shares of train, validation and test must be 0 or more, train above 0, and "
                f"add up to 1, not {' + '.join(str(share) for share in shares)}."
            )


def assign_splits(manifest: Manifest, shares: SplitShares) -> Manifest:
    """Give each usable, labelled row its split; splits that the source gave are kept.

    Where a source gives splits, only what is missing is cut from its training rows (the
    validation split always, the test split never), and training or validation rows whose copy
    stands in a later split get a problem, so that no copy stands on both sides.

    Raises:
        DataError: if there is no labelled picture, one category only, or a label in validation
            or test that has no training picture.
    """
    rows = manifest.rows.with_row_index("row")
    usable = rows.filter(pl.col("problem").is_null() & pl.col("label").is_not_null())
    _check_categories(usable)
    units = usable.with_columns(
        pl.Series("unit", connect(usable.height, (usable["group_id"], usable["duplicate_group"])))
    )
    if usable["split"].count():
        assigned = _complete_given_splits(units, shares)
    else:
        assigned = _assign(units, {"test": shares.test, "validation": shares.validation}, shares)
    updated = rows.drop("split").join(
        assigned.select("row", "split", pl.col("problem").alias("copy")), on="row", how="left"
    )
    updated = updated.with_columns(pl.coalesce("problem", "copy").alias("problem"))
    finished = Manifest(conform(updated.drop("row", "copy")), manifest.base, manifest.fingerprint)
    _check_training(finished)
    return finished


def small_categories(manifest: Manifest, fewest: int = 3) -> list[str]:
    """Return the labels with fewer usable pictures than `fewest`: kept, but worth a warning."""
    counts = manifest.usable.group_by("label").len().filter(pl.col("len") < fewest)
    return counts["label"].drop_nulls().sort().to_list()


def _complete_given_splits(units: pl.DataFrame, shares: SplitShares) -> pl.DataFrame:
    units = units.with_columns(pl.col("split").fill_null("train"))
    if not (units["split"] == "validation").any():
        train = units.filter(pl.col("split") == "train")
        # The share of all pictures becomes a share of those the source left for training.
        share = min(0.5, shares.validation / (shares.train + shares.validation))
        cut = _assign(train, {"validation": share}, shares)
        units = pl.concat([cut, units.filter(pl.col("split") != "train")], how="diagonal_relaxed")
    return _drop_copies(units)


def _drop_copies(units: pl.DataFrame) -> pl.DataFrame:
    """Give a problem to rows whose duplicate group also stands in a later split."""
    rank = pl.col("split").replace_strict({name: i for i, name in enumerate(SPLITS)})
    last = rank.max().over("duplicate_group")
    is_copy = pl.col("duplicate_group").is_not_null() & (rank < last)
    later = last.replace_strict(dict(enumerate(SPLITS)), return_dtype=pl.String)
    return units.with_columns(
        pl.when(is_copy).then(pl.format("duplicate of a {} picture", later)).alias("problem")
    )


def _assign(units: pl.DataFrame, wanted: dict[str, float], shares: SplitShares) -> pl.DataFrame:
    """Deal whole units to the `wanted` splits (name → share), the rest to train, by label.

    A label's units are shuffled and laid in a row; each split takes the next stretch of it. A
    label with one unit goes to train; one with as many units as splits has one in each.
    """
    table = units.group_by("unit", maintain_order=True).agg(
        pl.col("label").mode().sort().first(), pl.len().alias("size"), pl.col("image_id").min()
    )
    table = table.sort("image_id")
    shuffled = np.random.default_rng(shares.seed).permutation(table.height)
    table = table.with_columns(pl.Series("chance", shuffled))
    total = pl.col("size").sum().over("label")
    smallest = min((share for share in wanted.values() if share > 0), default=0.0)
    table = (
        table.with_columns((pl.col("size") > (total * smallest).clip(1)).alias("giant"))
        # Giant groups go last, which is train: they would fill a small split alone.
        .sort("label", "giant", "chance")
        .with_columns(
            pl.int_range(pl.len()).over("label").alias("rank"),
            pl.len().over("label").alias("units"),
            ((pl.col("size").cum_sum().over("label") - pl.col("size") / 2) / total).alias("middle"),
        )
    )
    split = pl.lit("train")
    start = sum(wanted.values())
    for place, (name, share) in reversed(list(enumerate(wanted.items()))):
        if share > 0:
            start -= share
            within = (pl.col("middle") > start) & (pl.col("middle") <= start + share)
            owed = (pl.col("rank") == place) & (pl.col("units") > place + 1)
            split = pl.when(owed | within).then(pl.lit(name)).otherwise(split)
    # The last unit of a label is always for training: nothing can be learnt without one.
    split = pl.when(pl.col("rank") == pl.col("units") - 1).then(pl.lit("train")).otherwise(split)
    table = table.with_columns(split.alias("split"))
    dealt = units.drop("split").join(table.select("unit", "split"), on="unit", how="left")
    return _teach_every_label(dealt)


def _teach_every_label(units: pl.DataFrame) -> pl.DataFrame:
    """Bring one unit of each label without a training picture to train.

    A unit of several labels is dealt by its most frequent one, which can leave others out.
    """
    is_taught = (pl.col("split") == "train").any().over("label")
    firsts = units.filter(~is_taught).sort("image_id").unique("label", keep="first")
    moves = pl.col("unit").is_in(firsts["unit"].implode())
    return units.with_columns(split=pl.when(moves).then(pl.lit("train")).otherwise("split"))


def _check_categories(usable: pl.DataFrame) -> None:
    labels = usable["label"].unique().sort()
    if usable.is_empty():
        raise DataError("No usable picture with a category was found.")
    if labels.len() < 2:
        raise DataError(
            f"Only one category was found ({labels[0]!r}): a classifier needs at least two."
        )


def _check_training(manifest: Manifest) -> None:
    usable = manifest.usable
    trained = usable.filter(pl.col("split") == "train")["label"].unique()
    others = usable.filter(pl.col("split").is_in(["validation", "test"]))
    unknown = others.filter(~pl.col("label").is_in(trained.implode()))
    if not unknown.is_empty():
        raise DataError(
            f"Unknown label {unknown['label'][0]!r}: {unknown.height} pictures of validation or "
            "test have labels without a single training picture. Add some, or leave these out."
        )
