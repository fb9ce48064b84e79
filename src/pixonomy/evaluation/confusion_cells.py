"""Chooses which confusion cells are shown, and which images of each."""

from dataclasses import dataclass

import polars as pl

from pixonomy.evaluation.metrics import Metrics

PAIRS, EXAMPLES_OF_A_PAIR = 6, 6
MOST_CELLS, EXAMPLES_OF_A_CELL = 300, 4
MOST_EXAMPLES = 600  # of all cells: a page has to stay small
RIGHT_CATEGORIES = 150  # of more, right answers are not shown

_COLUMNS = ("image_id", "label", "predicted", "confidence")


@dataclass(frozen=True)
class Cells:
    """The images of cells: image_id, label, predicted, confidence, true, answered, count.

    `true` and `answered` are the cell's categories as numbers, `count` its images. Rows of one
    cell stand together.

    Attributes:
        pairs: of the most frequent mistakes, the surest first.
        others: of other mistakes, the most frequent first; then of right answers, the least sure
            ones, category by category.
    """

    pairs: pl.DataFrame
    others: pl.DataFrame


def choose_cells(predictions: pl.DataFrame, metrics: Metrics) -> Cells:
    """Choose the cells that are shown, and some images of each.

    Args:
        predictions: image_id, label, predicted and confidence.
    """
    worst = metrics.confusion.mistakes(PAIRS + MOST_CELLS)
    labels = pl.Series([one.label for one in metrics.classes], dtype=pl.String)
    mistakes = pl.DataFrame(
        {"true": worst.true, "answered": worst.predicted, "count": worst.count}
    ).with_row_index("rank")
    rows = _images(predictions, mistakes, labels, EXAMPLES_OF_A_PAIR, surest_first=True)
    pairs = rows.filter(pl.col("rank") < PAIRS)
    others = rows.filter((pl.col("rank") >= PAIRS) & (pl.col("place") < EXAMPLES_OF_A_CELL))
    others = _whole_cells(others, MOST_EXAMPLES)
    right = metrics.confusion.right
    if len(labels) <= RIGHT_CATEGORIES:
        places = range(len(labels))
        diagonal = pl.DataFrame(
            {"rank": places, "true": places, "answered": places, "count": right},
            schema_overrides={"rank": pl.UInt32, "true": pl.Int64, "answered": pl.Int64},
        )
        shown = _images(predictions, diagonal, labels, EXAMPLES_OF_A_CELL, surest_first=False)
        others = pl.concat([others, _whole_cells(shown, MOST_EXAMPLES - others.height)])
    return Cells(pairs.drop("rank", "place"), others.drop("rank", "place"))


def anchor(true: int, predicted: int) -> str:
    """Return the name of a cell: where its images are on the page."""
    return f"cell-{true}-{predicted}"


def surest_mistakes(predictions: pl.DataFrame, limit: int) -> pl.DataFrame:
    """Return the wrong answers with the highest confidence, the same columns."""
    wrong = predictions.select(_COLUMNS).filter(pl.col("label") != pl.col("predicted"))
    return wrong.sort("confidence", "image_id", descending=[True, False]).head(limit)


def _images(
    predictions: pl.DataFrame, cells: pl.DataFrame, labels: pl.Series, each: int, surest_first: bool
) -> pl.DataFrame:
    """Return up to `each` images a cell, with `rank` of the cell and `place` in it."""
    named = cells.with_columns(
        label=labels.gather(cells["true"]), predicted=labels.gather(cells["answered"])
    )
    found = predictions.select(_COLUMNS).join(named, on=("label", "predicted"), how="inner")
    ordered = found.sort("rank", "confidence", "image_id", descending=[False, surest_first, False])
    placed = ordered.with_columns(place=pl.int_range(pl.len()).over("rank"))
    return placed.filter(pl.col("place") < each).select(
        *_COLUMNS, "true", "answered", "count", "rank", "place"
    )


def _whole_cells(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return the first cells that have `most` images or fewer together."""
    upto = rows.select("rank").with_row_index("row").select(pl.col("row").max().over("rank"))
    return rows.filter(upto.to_series() < max(0, most))
