"""Draws the figures of the report page as inline SVG."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from pixonomy.evaluation.calibration import Bin, Covered
from pixonomy.evaluation.metrics import ClassMetrics
from pixonomy.evaluation.quantify import CategoryShare
from pixonomy.pages.figure import (
    BLUE,
    COLOURS,
    INK,
    ORANGE,
    as_svg,
    figure_style,
    start_figure,
)
from pixonomy.pages.wording import shorten

NAME_LIMIT = 26
_MARKERS = "os^DvPX"
_VALIDATION = {"name": "validation", "colour": ORANGE, "style": "s--"}


def draw_losses(history: pl.DataFrame) -> str:
    """Training and validation loss by epoch; columns epoch, train_loss, validation_loss."""
    with figure_style():
        figure, axes = start_figure(4.4, 3.0)
        _draw_line(axes, history, "train_loss", name="training", colour=BLUE, style="o-")
        _draw_line(axes, history, "validation_loss", **_VALIDATION)
        axes.set_ylim(bottom=0, top=_above(axes))
        axes.set_ylabel("loss")
        axes.legend(loc="best")
        _label_epochs(axes)
        return as_svg(figure, "losses", "Training and validation loss by epoch")


def draw_validation_accuracy(history: pl.DataFrame) -> str:
    """Validation accuracy by epoch; columns epoch, validation_accuracy (0 to 1)."""
    with figure_style():
        figure, axes = start_figure(4.4, 3.0)
        _draw_line(axes, history, "validation_accuracy", **_VALIDATION)
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_ylabel("accuracy")
        _label_epochs(axes)
        return as_svg(figure, "accuracies", "Validation accuracy by epoch")


def draw_histories(histories: Mapping[str, pl.DataFrame]) -> str:
    """Validation accuracy by epoch of several runs; columns epoch, validation_accuracy."""
    with figure_style():
        figure, axes = start_figure(5.0, 3.4)
        for place, (name, history) in enumerate(histories.items()):
            colour, marker = COLOURS[place % len(COLOURS)], _MARKERS[place % len(_MARKERS)]
            shown = shorten(name, NAME_LIMIT)
            _draw_line(
                axes, history, "validation_accuracy", name=shown, colour=colour, style=f"{marker}-"
            )
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_ylabel("accuracy")
        axes.legend(loc="best")
        _label_epochs(axes)
        return as_svg(figure, "histories", "Validation accuracy of each run by epoch")


def draw_reliability(bins: Sequence[Bin]) -> str:
    """How often answers of about one confidence are right, beside the line of exact ones."""
    n = np.array([one.n for one in bins])
    with figure_style():
        figure, axes = start_figure(4.2, 3.4)
        axes.plot([0, 1], [0, 1], "--", color=INK, linewidth=1, label="exact")
        axes.scatter(
            [one.confidence for one in bins],
            [one.accuracy for one in bins],
            s=12 + 150 * n / max(1, n.max(initial=0)),
            color=BLUE,
            alpha=0.85,
            label="answers",
        )
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlabel("confidence")
        axes.set_ylabel("accuracy")
        _as_percentages(axes)
        return as_svg(figure, "reliability", "Accuracy by confidence")


def draw_coverage(curve: Sequence[Covered]) -> str:
    """Accuracy of the surest share of images, from a twentieth to all of them."""
    with figure_style():
        figure, axes = start_figure(4.2, 3.4)
        accuracies = [one.accuracy for one in curve]
        axes.plot([one.coverage for one in curve], accuracies, "o-", color=BLUE, markersize=4)
        axes.set_xlim(0, 1.03)
        axes.set_ylim(max(0.0, min(accuracies, default=0.0) - 0.08), 1.01)
        axes.set_xlabel("share of pictures answered")
        axes.set_ylabel("accuracy")
        _as_percentages(axes)
        return as_svg(figure, "coverage", "Accuracy by the share of pictures answered")


def draw_recall_counts(classes: Sequence[ClassMetrics]) -> str:
    """How many categories have which recall; those without test images are left out."""
    recalls = [one.recall for one in classes if one.recall is not None]
    with figure_style():
        figure, axes = start_figure(4.6, 3.1)
        axes.hist(recalls, bins=20, range=(0, 1), color=BLUE, edgecolor="white", linewidth=0.6)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("recall")
        axes.set_ylabel("categories")
        return as_svg(figure, "recalls", "Number of categories by their recall")


def draw_recalls(classes: Sequence[ClassMetrics], names: Mapping[str, str]) -> str:
    """Recall of each category with its 95% Wilson interval, weakest at the top.

    Categories without test images have no recall and are left out.
    """
    shown = sorted((one for one in classes if one.recall is not None), key=_recall, reverse=True)
    recalls = np.array([_recall(one) for one in shown])
    reach = np.array([(one.recall_low or 0.0, one.recall_high or 0.0) for one in shown])
    # Rounding may put a bound a hair on the wrong side of the point it belongs to.
    errors = np.abs(reach.reshape(-1, 2).T - recalls)
    rows = np.arange(len(shown))
    with figure_style():
        figure, axes = start_figure(4.6, 0.9 + 0.2 * len(shown))
        axes.errorbar(
            recalls, rows, xerr=errors, fmt="o", color=BLUE, markersize=4.5, elinewidth=1.4
        )
        axes.set_yticks(
            rows, [shorten(names.get(one.label, one.label), NAME_LIMIT) for one in shown]
        )
        axes.set_ylim(-0.7, len(shown) - 0.3)
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("recall")
        title = "Recall of each category with its 95% interval, weakest at the top"
        return as_svg(figure, "recalls", title)


def draw_shares(shares: Sequence[CategoryShare], names: Mapping[str, str]) -> str:
    """Share of each category with its interval, and the count of answers; the first at the top."""
    shown = list(reversed(shares))
    found = np.array([one.share for one in shown])
    reach = np.abs(np.array([(one.low, one.high) for one in shown]).T - found)
    rows = np.arange(len(shown))
    with figure_style():
        figure, axes = start_figure(4.6, 1.3 + 0.22 * len(shown))
        axes.plot([one.counted for one in shown], rows, "x", color=ORANGE, label="answers counted")
        axes.errorbar(
            found, rows, xerr=reach, fmt="o", color=BLUE, markersize=4.5, label="estimate"
        )
        ticks = [shorten(names.get(one.label, one.label), NAME_LIMIT) for one in shown]
        axes.set_yticks(rows, ticks)
        axes.set_ylim(-0.7, len(shown) - 0.3)
        axes.set_xlim(left=-0.01)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("share of pictures")
        axes.legend(loc="lower right")
        return as_svg(figure, "shares", "Share of each category with its 90% interval")


def _as_percentages(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        # Whole per cents only: a tick at 97.5 would be called 98.
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _recall(one: ClassMetrics) -> float:
    return one.recall if one.recall is not None else 0.0


def _draw_line(
    axes: Axes, history: pl.DataFrame, column: str, *, name: str, colour: str, style: str
) -> None:
    points = history.select("epoch", pl.col(column).cast(pl.Float64)).drop_nulls().drop_nans()
    axes.plot(
        points["epoch"].to_numpy(),
        points[column].to_numpy(),
        style,
        color=colour,
        label=name,
        markersize=4,
        markevery=max(1, points.height // 20),
    )


def _above(axes: Axes) -> float | None:
    """A limit that leaves the highest marker whole; None where nothing is drawn."""
    highest = float(axes.dataLim.y1)
    return 1.08 * highest if np.isfinite(highest) and highest > 0 else None


def _label_epochs(axes: Axes) -> None:
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
