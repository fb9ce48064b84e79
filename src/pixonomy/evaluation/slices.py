"""Measures accuracy by slice: keyword, provider and whatever else says where images come from."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import polars as pl

from pixonomy.dataset.manifest import COLUMNS
from pixonomy.evaluation.shares import share_among
from pixonomy.intervals import UNIT, unit_column

FIRST = ("keyword", "provider")
"""The columns of a collected set that tell where an image comes from; they are told first."""

OTHERS_AT_MOST = 4  # columns of a source's own
ROWS_AT_MOST = 50
FEWEST = 5  # images of a value that has a line of its own

# What `collect` and `audit` know of each image by itself: no origins.
_OF_ONE_IMAGE = frozenset(
    {"format", "page_url", "image_url", "license_url", "creator", "fetched_at", "title", "caption"}
)


@dataclass(frozen=True)
class SliceRow:
    """How the images of one value fare.

    Attributes:
        value: None stands for images without one.
        values: how many values it stands for: several small ones are told together.
        train: how many images of it training saw.
    """

    value: str | None
    values: int
    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    train: int


@dataclass(frozen=True)
class Slice:
    """Accuracy by the values of a column, worst first.

    Attributes:
        rows: each value with at least five images, at most fifty, the worst first; then, in one
            line each, those with fewer images, and images without a value.
        hidden: how many values with at least five images are not among the rows.
        unseen: how many values training has not seen.
        values: how many values there are.
    """

    column: str
    rows: tuple[SliceRow, ...]
    hidden: int
    unseen: int
    values: int

    @property
    def is_constant(self) -> bool:
        """Whether all images have one value, which training has seen, too."""
        return len(self.rows) == 1 and self.rows[0].value is not None and not self.unseen

    def as_json(self) -> dict[str, object]:
        """Return it as plain JSON."""
        return asdict(self)


def find_slice_columns(rows: pl.DataFrame, ids: pl.Series) -> list[str]:
    """Return the columns that say where images come from.

    These are keyword and provider, and a source's own columns of text of which the values have
    two images or more on average; a column with one value says nothing.

    Args:
        rows: image_id and all that is known of the images.
        ids: the images that count.
    """
    wanted = rows.filter(pl.col("image_id").is_in(ids.implode()))
    own = [
        name
        for name, dtype in rows.schema.items()
        if dtype == pl.String and name not in COLUMNS and name not in _OF_ONE_IMAGE
    ]
    found = [name for name in FIRST if name in own and wanted[name].count()]
    others = [name for name in own if name not in FIRST and _says_something(wanted[name])]
    return found + others[:OTHERS_AT_MOST]


def measure_slices(
    predictions: pl.DataFrame, rows: pl.DataFrame, columns: Sequence[str]
) -> tuple[Slice, ...]:
    """Measure how the images of each value of each column fare.

    Args:
        predictions: image_id, label, predicted and, where known, `unit` or group_id.
        rows: image_id, split and the columns, of these images and of the training images.
    """
    unit = unit_column(predictions) or "image_id"
    found = predictions.select("image_id", "label", "predicted", pl.col(unit).alias(UNIT))
    return tuple(_measure(column, found, rows) for column in columns)


def _says_something(values: pl.Series) -> bool:
    return 2 <= values.drop_nulls().n_unique() <= values.count() / 2


def _measure(column: str, found: pl.DataFrame, rows: pl.DataFrame) -> Slice:
    valued = rows.select("image_id", "split", value=column)
    train = valued.filter(pl.col("split") == "train").group_by("value").agg(train=pl.len())
    tested = found.join(valued, on="image_id")
    is_right = pl.col("label") == pl.col("predicted")
    table = (
        tested.group_by("value")
        .agg(n=pl.len(), right=is_right.sum())
        .join(train, on="value", how="left", nulls_equal=True)
        .with_columns(pl.col("train").fill_null(0), share=pl.col("right") / pl.col("n"))
        .sort("share", "n", "value", descending=[False, True, False])
    )
    of_value = table.filter(pl.col("value").is_not_null())
    large = of_value.filter(pl.col("n") >= FEWEST)
    small = of_value.filter(pl.col("n") < FEWEST)
    by_value = tested.partition_by("value", as_dict=True)
    lines = [
        _row(value, 1, by_value[(value,)], train)
        for value, train in large.head(ROWS_AT_MOST).select("value", "train").iter_rows()
    ]
    if not small.is_empty():
        together = tested.join(small.select("value"), on="value", how="semi")
        lines.append(_row(None, small.height, together, int(small["train"].sum())))
    nowhere = table.filter(pl.col("value").is_null())
    lines += [_row(None, 0, by_value[(None,)], train) for train in nowhere["train"]]
    unseen = of_value.filter(pl.col("train") == 0).height
    hidden = max(0, large.height - ROWS_AT_MOST)
    return Slice(column, tuple(lines), hidden, unseen, of_value.height)


def _row(value: str | None, values: int, tested: pl.DataFrame, train: int) -> SliceRow:
    share = share_among(tested)
    assert share is not None  # a value that no image has is not in the table
    return SliceRow(
        value, values, share.n, share.accuracy, share.accuracy_low, share.accuracy_high, train
    )
