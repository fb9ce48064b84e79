import numpy as np
import polars as pl

from pixonomy.evaluation.matrix import order_categories, tabulate_confusion
from pixonomy.evaluation.metrics import Metrics, measure

NAMES = {"cat": "Cat", "dog": "Dog", "fox": "Fox"}


def mostly_right() -> Metrics:
    truth, predicted = ["cat"] * 50 + ["dog"] * 50, ["cat"] * 50 + ["dog"] * 30 + ["fox"] * 20
    return measure(pl.DataFrame({"label": truth, "predicted": predicted}), list(NAMES), "cat")


def test_cells_tell_counts_and_shares_of_their_row() -> None:
    rows = tabulate_confusion(mostly_right(), NAMES, {"cell-1-2"})
    assert [(cell.count, cell.share) for cell in rows[1].cells] == [
        (0, "0%"),
        (30, "60.0%"),
        (20, "40.0%"),
    ]
    assert [cell.is_right for cell in rows[1].cells] == [False, True, False]
    assert [cell.anchor for cell in rows[1].cells] == ["", "", "cell-1-2"]
    assert rows[2].cells[0].share == ""
    assert all(0 <= cell.tint <= 0.55 for row in rows for cell in row.cells)


def test_categories_can_be_shown_in_several_orders() -> None:
    orders = dict(order_categories(mostly_right()))
    assert orders["as listed"] == [0, 1, 2]
    assert orders["hardest first"] == [1, 0, 2]
    assert all(sorted(places) == [0, 1, 2] for places in orders.values())


def test_categories_taken_for_each_other_stand_side_by_side() -> None:
    labels = [f"c{k}" for k in range(8)]
    truth = np.repeat(np.arange(8), 20)
    predicted = truth.copy()
    predicted[::2] = (truth[::2] + 4) % 8  # each is taken for the one four places on
    table = pl.DataFrame(
        {"label": [labels[k] for k in truth], "predicted": [labels[k] for k in predicted]}
    )
    order = dict(order_categories(measure(table, labels, "c0")))["confused ones side by side"]
    assert all(abs(order.index(k) - order.index(k + 4)) == 1 for k in range(4))
