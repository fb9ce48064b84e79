"""A manifest goes in; the same manifest with train, validation and test comes out.

A split never tears a group (a product) or a group of duplicates, is stratified by label, and
depends on the seed and the pictures' ids alone.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pixonomy.curation.units import connect, describe_units
from pixonomy.errors import DataError, SettingError
from pixonomy.manifest import SPLITS, Manifest

DEALT = ("image_id", "group_id", "label", "duplicate_group", "split", "problem")
"""The columns of a manifest that decide about its split."""

_SPLIT = pl.Enum(SPLITS)


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
    is_usable = pl.col("problem").is_null() & pl.col("label").is_not_null()
    usable = rows.filter(is_usable).select("row", *DEALT)
    _check_categories(usable)
    units = usable.select(
        "row",
        "image_id",
        "duplicate_group",
        # Numbers that sort as the texts do: a catalogue has millions of rows.
        pl.col("label").cast(pl.Enum(usable["label"].unique().sort())),
        pl.col("split").cast(_SPLIT),
        unit=connect((usable["group_id"], usable["duplicate_group"])),
    )
    if units["split"].count():
        dealt = _drop_copies(_complete_given_splits(units, shares))
    else:
        wanted = {"test": shares.test, "validation": shares.validation}
        dealt = _assign(units, wanted, shares).with_columns(copy=pl.lit(None, pl.String))
    finished = replace(manifest, rows=_update(rows, dealt))
    _check_training(finished)
    return finished


def small_categories(manifest: Manifest, fewest: int = 3) -> list[str]:
    """Return the labels with fewer usable pictures than `fewest`: kept, but worth a warning."""
    usable = manifest.rows.lazy().filter(pl.col("problem").is_null())
    counts = usable.group_by("label").len().filter(pl.col("len") < fewest).collect()
    return counts["label"].drop_nulls().sort().to_list()


def _update(rows: pl.DataFrame, dealt: pl.DataFrame) -> pl.DataFrame:
    """Put the splits and the problems of copies into the rows they were dealt to."""
    news = dealt.select("row", pl.col("split").cast(pl.String), "copy")
    updated = rows.drop("split").join(news, on="row", how="left", maintain_order="left")
    updated = updated.with_columns(pl.coalesce("problem", "copy").alias("problem"))
    return updated.select(column for column in rows.columns if column != "row")


def _complete_given_splits(units: pl.DataFrame, shares: SplitShares) -> pl.DataFrame:
    units = units.with_columns(pl.col("split").fill_null("train"))
    if (units["split"] == "validation").any():
        return units
    train = units.filter(pl.col("split") == "train")
    # The share of all pictures becomes a share of those the source left for training.
    share = min(0.5, shares.validation / (shares.train + shares.validation))
    cut = _assign(train, {"validation": share}, shares)
    return pl.concat([cut, units.filter(pl.col("split") != "train").select(cut.columns)])


def _drop_copies(units: pl.DataFrame) -> pl.DataFrame:
    """Say of rows whose duplicate group also stands in a later split that they are copies."""
    last = pl.col("split").max().over("duplicate_group")  # of an Enum: the one that comes last
    is_copy = pl.col("duplicate_group").is_not_null() & (pl.col("split") < last)
    problem = pl.format("duplicate of a {} picture", last)
    return units.with_columns(copy=pl.when(is_copy).then(problem))


def _assign(units: pl.DataFrame, wanted: dict[str, float], shares: SplitShares) -> pl.DataFrame:
    """Deal whole units to the `wanted` splits (name → share), the rest to train, by label.

    A label's units are shuffled and laid in a row; each split takes the next stretch of it. A
    label with one unit goes to train; one with as many units as splits has one in each.
    """
    table = describe_units(units).sort("image_id").drop("image_id")
    shuffled = np.random.default_rng(shares.seed).permutation(table.height)
    table = table[np.argsort(shuffled)]
    total = pl.col("size").sum().over("label")
    smallest = min((share for share in wanted.values() if share > 0), default=0.0)
    table = (
        table.with_columns((pl.col("size") > (total * smallest).clip(1)).alias("giant"))
        # Giant groups go last, which is train: they would fill a small split alone.
        .sort("label", "giant", maintain_order=True)
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
    table = table.select("unit", split.cast(_SPLIT).alias("split"))
    dealt = units.drop("split").join(table, on="unit", how="left")
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
    usable = manifest.rows.lazy().filter(pl.col("problem").is_null(), pl.col("split").is_not_null())
    counts = usable.group_by("label", "split").len().collect()
    trained = counts.filter(pl.col("split") == "train")["label"]
    unknown = counts.filter(~pl.col("label").is_in(trained.implode())).sort("label")
    if not unknown.is_empty():
        pictures = unknown["len"].sum()
        raise DataError(
            f"Unknown label {unknown['label'][0]!r}: {pictures} pictures of validation or test "
            "have labels without a single training picture. Add some, or leave these out."
        )
