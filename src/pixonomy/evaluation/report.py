"""Renders the report of a run as one self-contained HTML5 page.

The page needs no network: style, figures (SVG), images (JPEG) and a small script are inside it.
Without the script, tables cannot be sorted; all else is there.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from markupsafe import Markup
from polars import selectors

from pixonomy.evaluation.calibration import CalibrationCheck
from pixonomy.evaluation.copies import DuplicateCheck
from pixonomy.evaluation.examples import Gallery, ImageSource, gather
from pixonomy.evaluation.external_test import ExternalTest
from pixonomy.evaluation.figures import (
    draw_coverage,
    draw_losses,
    draw_recall_counts,
    draw_recalls,
    draw_reliability,
    draw_shares,
    draw_validation_accuracy,
)
from pixonomy.evaluation.hierarchy import Hierarchy
from pixonomy.evaluation.label_issues import LabelIssues
from pixonomy.evaluation.matrix import order_categories, tabulate_confusion
from pixonomy.evaluation.metrics import Metrics, most_confused
from pixonomy.evaluation.mix import describe_mix
from pixonomy.evaluation.new_sources import NewSources
from pixonomy.evaluation.product_metrics import ProductCheck
from pixonomy.evaluation.sections import (
    compare_bars,
    compare_in_words,
    describe_limits,
    describe_weakness,
    tabulate_classes,
)
from pixonomy.evaluation.slices import FEWEST, Slice
from pixonomy.evaluation.verdicts import tabulate_verdicts
from pixonomy.pages.problems import group_problems
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.render import render
from pixonomy.pages.wording import display_names

# More categories have no matrix that anybody could read; the weakest of them are told of.
MATRIX_CATEGORIES = 150
MOST_ROWS = 200
NO_CATEGORY = "(no category)"


@dataclass(frozen=True)
class Report:
    """All that the report page tells.

    metrics: None where the evaluated split has no images; the page then says so.
    evaluated_split: the split behind `metrics` and `predictions`: "test", "validation", …
    labels, names: the k labels in the order of `metrics.classes`; label → name to show.
    predictions: one row per image: image_id, group_id, label, predicted, confidence, verdict.
    images: where the page's images are read from.
    history: one row per epoch: epoch, train_loss, validation_loss, validation_accuracy (0 to 1),
        learning_rate, seconds; None where nothing was trained.
    baselines: name → accuracy (0 to 1) on the same images. "always the most common category"
        and "always <majority label>" are taken from `metrics` instead.
    counts: label (null: of no category) and the ints train, validation, test, left_out.
    problems: image_id, problem: the images left out and why.
    facts: what else is known of the run (model, size, seed, hashes, versions), in order.
    notes: honest caveats, shown below the answer.
    provenance: when, from what and how the page was made.
    copies: the accuracy without images that training knows a duplicate of; None where unknown.
    origins: accuracy by keyword, provider and the like.
    new_sources: the accuracy where training has never been; None where that is not known.
    products: the accuracy by product; None where none has several images.
    certainty: how far the confidences can be believed.
    hierarchy: how near wrong answers are in the tree of categories; None where there is none.
    suspects: suspected wrong labels among the wrong answers; None where nobody has looked.
    elsewhere: where the images are not the run's own, how they differ from those; the page then
        leaves out what is told of training.
    out_of_vocabulary: predictions of labelled images of categories that the classifier does not
        know; None where nobody has looked for such.
    """

    title: str
    metrics: Metrics | None
    evaluated_split: str
    labels: tuple[str, ...]
    names: Mapping[str, str]
    predictions: pl.DataFrame
    images: ImageSource
    history: pl.DataFrame | None
    baselines: Mapping[str, float]
    counts: pl.DataFrame
    problems: pl.DataFrame
    facts: Mapping[str, str]
    notes: tuple[str, ...]
    provenance: Provenance
    copies: DuplicateCheck | None = None
    slices: tuple[Slice, ...] = ()
    products: ProductCheck | None = None
    new_sources: NewSources | None = None
    certainty: CalibrationCheck | None = None
    hierarchy: Hierarchy | None = None
    label_issues: LabelIssues | None = None
    external: ExternalTest | None = None
    out_of_vocabulary: pl.DataFrame | None = None


def render_report(report: Report) -> str:
    """The page as one HTML5 string; every text from outside is escaped."""
    names = display_names(report.labels, report.names)
    counts = report.counts.with_columns(pl.col("label").fill_null(NO_CATEGORY))
    return render(
        Path(__file__).parent,
        "report.html",
        report=report,
        counted_names=display_names(counts["label"].to_list(), report.names),
        counts=_most_images(counts).to_dicts(),
        totals={name: counts[name].sum() for name in counts.columns if name != "label"},
        problems=group_problems(report.problems.lazy()),
        limits=describe_limits(report.metrics, names),
        **_describe_training(report.history),
        **_describe_shares(report.external, names),
        mix_words=describe_mix_of(report, names),
        **_describe_metrics(report, names),
    )


def _describe_metrics(report: Report, names: Mapping[str, str]) -> dict[str, object]:
    """What the template needs where there are metrics; nothing where there are none."""
    metrics = report.metrics
    if metrics is None:
        return {}
    images = report.images
    if not metrics.has_left_baseline:  # where such a network looks means nothing
        images = replace(images, attention=None)
    gallery = gather(report.predictions, metrics, names, images, report.label_issues)
    return {
        "metrics": metrics,
        "bars": compare_bars(metrics, report.baselines, names),
        "weakness": describe_weakness(metrics, names),
        "majority": names[metrics.majority_label],
        "guessing": math.log(len(metrics.classes)),
        "comparisons": compare_in_words(metrics, report.baselines, names),
        **_describe_calibration(report.certainty),
        "verdicts": tabulate_verdicts(report.predictions, report.out_of_vocabulary),
        "gallery": gallery,
        "is_attended": any(one.attention for one in gallery.surest),
        "copies": report.copies,
        "origins": report.slices,
        "products": report.products,
        "origin_fewest": FEWEST,
        **_describe_categories(metrics, names),
        **_describe_confusion(metrics, names, gallery),
    }


def _most_images(counts: pl.DataFrame) -> pl.DataFrame:
    if counts.height <= MOST_ROWS:
        return counts
    return counts.sort("train", "label", descending=[True, False]).head(MOST_ROWS)


def _describe_categories(metrics: Metrics, names: Mapping[str, str]) -> dict[str, object]:
    if len(metrics.classes) <= MATRIX_CATEGORIES:
        recalls = Markup(draw_recalls(metrics.classes, names))
        return {
            "classes": tabulate_classes(metrics, names),
            "recalls": recalls,
            "recall_counts": None,
        }
    return {
        "classes": tabulate_classes(metrics, names, MOST_ROWS),
        "recalls": None,
        "recall_counts": Markup(draw_recall_counts(metrics.classes)),
    }


def _describe_shares(external: ExternalTest | None, names: Mapping[str, str]) -> dict[str, object]:
    if external is None or not external.shares:
        return {"shares": None, "named_shares": []}
    ranked = sorted(external.shares, key=lambda one: -one.share)
    named = [(names[one.label], one) for one in ranked]
    return {"shares": Markup(draw_shares(ranked, names)), "named_shares": named}


def describe_mix_of(report: Report, names: Mapping[str, str]) -> list[str]:
    """Say of an external test set what its other mix of categories does; nothing of other sets."""
    here = report.external
    return describe_mix(here.mix, names, here.own_split) if here and here.mix else []


def _describe_calibration(certainty: CalibrationCheck | None) -> dict[str, object]:
    if certainty is None:
        return {"certainty": None}
    curve = Markup(draw_coverage(certainty.curve))
    return {
        "certainty": certainty,
        "reliability": Markup(draw_reliability(certainty.bins)),
        "coverage": curve,
    }


def _describe_confusion(
    metrics: Metrics, names: Mapping[str, str], gallery: Gallery
) -> dict[str, object]:
    labels = [one.label for one in metrics.classes]
    if len(labels) <= MATRIX_CATEGORIES:
        matrix = tabulate_confusion(metrics, names, gallery.anchors)
        return {"matrix": matrix, "orders": order_categories(metrics)}
    frequent = [
        (names[true], names[predicted], count)
        for true, predicted, count in most_confused(metrics, labels, MOST_ROWS)
    ]
    return {"matrix": None, "frequent": frequent}


def _describe_training(history: pl.DataFrame | None) -> dict[str, object]:
    if history is None or history.is_empty():
        return {"epochs": [], "curves": []}
    history = history.with_columns(selectors.float().fill_nan(None))
    curves = [Markup(draw_losses(history)), Markup(draw_validation_accuracy(history))]
    return {"epochs": history.to_dicts(), "curves": curves}
