"""A run's metrics, predictions and facts enter; one self-contained HTML5 page leaves.

The page needs no network and no script: style, figures (SVG) and pictures (JPEG) are inside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from markupsafe import Markup
from polars import selectors

from pixonomy.evaluation.certainty import Certainty
from pixonomy.evaluation.copies import CopyCheck
from pixonomy.evaluation.elsewhere import Elsewhere
from pixonomy.evaluation.examples import Mistakes, Pictures, gather_mistakes
from pixonomy.evaluation.figures import (
    draw_confusion,
    draw_coverage,
    draw_losses,
    draw_recalls,
    draw_reliability,
    draw_shares,
    draw_validation_accuracy,
)
from pixonomy.evaluation.metrics import Metrics, most_confused
from pixonomy.evaluation.origins import FEWEST, Origin
from pixonomy.evaluation.products import ProductCheck
from pixonomy.evaluation.sections import (
    compare_bars,
    compare_in_words,
    tabulate_classes,
    tabulate_confusion,
    tabulate_verdicts,
    tell_limits,
)
from pixonomy.pages.problems import group_problems
from pixonomy.pages.render import render
from pixonomy.pages.wording import display_names

# Up to here the confusion matrix is a table with numbers; beyond, a heat map; then nothing legible.
TABLE_CATEGORIES = 25
HEAT_MAP_CATEGORIES = 150
NO_CATEGORY = "(no category)"


@dataclass(frozen=True)
class Report:
    """All that the report page tells.

    metrics: None where the evaluated split has no pictures; the page then says so.
    evaluated_split: the split behind `metrics` and `predictions`: "test", "validation", …
    labels, names: the k labels in the order of `metrics.classes`; label → name to show.
    predictions: one row per picture: image_id, group_id, label, predicted, confidence, verdict.
    pictures: image ids → uint8 (3, height, width) RGB; ids it cannot serve may be missing.
    history: one row per epoch: epoch, train_loss, validation_loss, validation_accuracy (0 to 1),
        learning_rate, seconds; None where nothing was trained.
    baselines: name → accuracy (0 to 1) on the same pictures. "always the most common category"
        and "always <majority label>" are taken from `metrics` instead.
    counts: label (null: of no category) and the ints train, validation, test, left_out.
    problems: image_id, problem: the pictures left out and why.
    facts: what else is known of the run (model, size, seed, hashes, versions), in order.
    notes: honest caveats, shown first; command: what to type to repeat the run.
    copies: the accuracy without pictures known in another copy; None where that is not told.
    origins: accuracy by keyword, provider and the like.
    products: the accuracy by product; None where none has several pictures.
    certainty: how far the confidences can be believed.
    elsewhere: where the pictures are not the run's own, how they differ from those; the page then
        leaves out what is told of training.
    """

    title: str
    metrics: Metrics | None
    evaluated_split: str
    labels: tuple[str, ...]
    names: Mapping[str, str]
    predictions: pl.DataFrame
    pictures: Pictures
    history: pl.DataFrame | None
    baselines: Mapping[str, float]
    counts: pl.DataFrame
    problems: pl.DataFrame
    facts: Mapping[str, str]
    notes: tuple[str, ...]
    command: str
    copies: CopyCheck | None = None
    origins: tuple[Origin, ...] = ()
    products: ProductCheck | None = None
    certainty: Certainty | None = None
    elsewhere: Elsewhere | None = None


def render_report(report: Report) -> str:
    """The page as one HTML5 string; every text from outside is escaped."""
    names = display_names(report.labels, report.names)
    counts = report.counts.with_columns(pl.col("label").fill_null(NO_CATEGORY))
    return render(
        Path(__file__).parent,
        "report.html",
        report=report,
        counted_names=display_names(counts["label"].to_list(), report.names),
        counts=counts.to_dicts(),
        problems=group_problems(report.problems.lazy()),
        limits=tell_limits(report.metrics, report.predictions, names),
        **_tell_training(report.history),
        **_tell_shares(report.elsewhere, names),
        **_tell_metrics(report, names),
    )


def _tell_metrics(report: Report, names: Mapping[str, str]) -> dict[str, object]:
    """What the template needs where there are metrics; nothing where there are none."""
    metrics = report.metrics
    if metrics is None:
        return {}
    return {
        "metrics": metrics,
        "bars": compare_bars(metrics, report.baselines, names),
        "comparisons": compare_in_words(metrics, report.baselines, names),
        "classes": tabulate_classes(metrics, names),
        "recalls": Markup(draw_recalls(metrics.classes, names)),
        **_tell_certainty(report.certainty),
        "verdicts": tabulate_verdicts(report.predictions),
        "mistakes": _gather(report, metrics, names),
        "copies": report.copies,
        "origins": report.origins,
        "products": report.products,
        "origin_fewest": FEWEST,
        **_tell_confusion(metrics, names),
    }


def _tell_shares(elsewhere: Elsewhere | None, names: Mapping[str, str]) -> dict[str, object]:
    if elsewhere is None or not elsewhere.shares:
        return {"shares": None, "named_shares": []}
    ranked = sorted(elsewhere.shares, key=lambda one: -one.share)
    named = [(names[one.label], one) for one in ranked]
    return {"shares": Markup(draw_shares(ranked, names)), "named_shares": named}


def _tell_certainty(certainty: Certainty | None) -> dict[str, object]:
    if certainty is None:
        return {"certainty": None}
    curve = Markup(draw_coverage(certainty.curve))
    return {
        "certainty": certainty,
        "reliability": Markup(draw_reliability(certainty.bins)),
        "coverage": curve,
    }


def _tell_confusion(metrics: Metrics, names: Mapping[str, str]) -> dict[str, object]:
    categories = len(metrics.classes)
    if categories <= TABLE_CATEGORIES:
        return {"matrix": tabulate_confusion(metrics, names), "heat_map": None}
    if categories <= HEAT_MAP_CATEGORIES:
        return {"matrix": None, "heat_map": Markup(draw_confusion(metrics, names))}
    return {"matrix": None, "heat_map": None}


def _gather(report: Report, metrics: Metrics, names: Mapping[str, str]) -> Mistakes:
    pairs = most_confused(metrics, report.labels)
    return gather_mistakes(report.predictions, pairs, names, report.pictures)


def _tell_training(history: pl.DataFrame | None) -> dict[str, object]:
    if history is None or history.is_empty():
        return {"epochs": [], "curves": []}
    history = history.with_columns(selectors.float().fill_nan(None))
    curves = [Markup(draw_losses(history)), Markup(draw_validation_accuracy(history))]
    return {"epochs": history.to_dicts(), "curves": curves}
