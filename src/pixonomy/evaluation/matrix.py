"""Lays out the confusion matrix of a page: its rows, colours and orders."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from pixonomy.evaluation.confusion_cells import anchor
from pixonomy.evaluation.metrics import Metrics
from pixonomy.evaluation.sections import weakness
from pixonomy.pages.wording import percent

# Dark ink stays readable on the strongest of these tints (contrast above 7 to 1).
STRONGEST_TINT = 0.55


@dataclass(frozen=True)
class Cell:
    """One cell of the confusion matrix: a count, its share of the row, and the tint 0 to 1.

    `anchor` is where its images are on the page; empty where none are shown.
    """

    count: int
    share: str
    tint: float
    is_right: bool
    anchor: str = ""


@dataclass(frozen=True)
class MatrixRow:
    """One true category of the confusion matrix."""

    name: str
    n: int
    cells: tuple[Cell, ...]


def tabulate_confusion(
    metrics: Metrics, names: Mapping[str, str], anchors: Collection[str] = ()
) -> list[MatrixRow]:
    """The confusion matrix, rows and columns in the order of the labels.

    `anchors` are the cells whose images the page shows.
    """
    confusion = metrics.confusion.dense()
    return [
        MatrixRow(
            names[one.label],
            one.n,
            tuple(
                _cell(int(count), one.n, k == column, anchor(k, column), anchors)
                for column, count in enumerate(confusion[k])
            ),
        )
        for k, one in enumerate(metrics.classes)
    ]


def order_categories(metrics: Metrics) -> list[tuple[str, list[int]]]:
    """Return orders to show categories in, each with its name: places among the labels."""
    places = range(len(metrics.classes))
    hardest = sorted(places, key=lambda k: weakness(metrics.classes[k]))
    most = sorted(places, key=lambda k: -metrics.classes[k].n)
    orders = [
        ("as listed", list(places)),
        ("hardest first", hardest),
        ("most pictures first", most),
    ]
    if len(places) > 2:
        orders.append(("confused ones side by side", _side_by_side(metrics.confusion.dense())))
    return orders


def _side_by_side(confusion: npt.NDArray[np.int64]) -> list[int]:
    """Order categories by average linkage on how often they are taken for each other.

    Of all orders that its tree allows, the one with the most confusion between neighbours
    (Bar-Joseph et al. 2001), as SciPy finds it.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    distance = 1 - np.minimum(shares + shares.T, 1)
    np.fill_diagonal(distance, 0)
    condensed = squareform(distance, checks=False)
    tree = linkage(condensed, "average")
    return [int(k) for k in leaves_list(optimal_leaf_ordering(tree, condensed))]


def _cell(count: int, n: int, is_right: bool, place: str, anchors: Collection[str]) -> Cell:
    tint = round(STRONGEST_TINT * float(np.sqrt(count / max(n, 1))), 3)
    share = percent(count / n) if n else ""
    return Cell(count, share, tint, is_right, place if place in anchors else "")
