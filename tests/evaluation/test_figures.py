import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest

from pixonomy.evaluation.calibration import Bin, Covered
from pixonomy.evaluation.figures import (
    draw_coverage,
    draw_losses,
    draw_recall_counts,
    draw_recalls,
    draw_reliability,
    draw_validation_accuracy,
)
from pixonomy.evaluation.metrics import Metrics, measure

HOSTILE = '<script>alert(1)</script> $5_a$ & Ça -- 靴 id="x"'


def remember(epochs: int) -> pl.DataFrame:
    step = np.arange(epochs)
    return pl.DataFrame(
        {
            "epoch": step + 1,
            "train_loss": 1 / (step + 1),
            "validation_loss": 1.2 / (step + 1),
            "validation_accuracy": 1 - 0.7 / (step + 1),
        }
    )


def measure_many(categories: int) -> tuple[Metrics, dict[str, str]]:
    labels = [f"c{k:03d}" for k in range(categories)]
    truth = [label for label in labels[:-1] for _ in range(3)]
    predicted = [
        labels[(k + (row == 0)) % categories] for k in range(categories - 1) for row in range(3)
    ]
    table = pl.DataFrame({"label": truth, "predicted": predicted})
    names = {label: f"Category {label}" for label in labels} | {labels[0]: HOSTILE}
    return measure(table, labels, labels[0]), names


def texts_of(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


@pytest.mark.parametrize("epochs", [1, 2, 40])
def test_learning_curves_are_drawn_for_any_number_of_epochs(epochs: int) -> None:
    losses, accuracy = draw_losses(remember(epochs)), draw_validation_accuracy(remember(epochs))
    assert {"training", "validation", "epoch", "loss"} <= set(texts_of(losses))
    assert {"epoch", "accuracy", "100%"} <= set(texts_of(accuracy))
    assert len(losses) + len(accuracy) < 60_000


def test_epochs_without_a_validation_are_skipped() -> None:
    gaps = remember(3).with_columns(
        validation_loss=pl.Series([None, 0.5, float("nan")]),
        validation_accuracy=pl.Series([None, None, None], dtype=pl.Float64),
    )
    assert draw_losses(gaps).startswith("<svg")
    assert draw_validation_accuracy(gaps).startswith("<svg")


def test_the_recalls_of_very_many_categories_are_counted() -> None:
    metrics, _ = measure_many(3000)
    svg = draw_recall_counts(metrics.classes)
    assert {"recall", "categories"} <= set(texts_of(svg))
    assert len(svg) < 30_000


def test_the_recall_figure_names_all_categories_that_have_pictures() -> None:
    metrics, names = measure_many(5)
    texts = texts_of(draw_recalls(metrics.classes, names))
    assert "Category c003" in texts
    assert "Category c004" not in texts


def test_names_are_written_as_text_whatever_they_hold() -> None:
    metrics, names = measure_many(30)
    svg = draw_recalls(metrics.classes, names)
    assert "<script" not in svg
    assert any(text.startswith("<script>") for text in texts_of(svg))


def test_a_figure_asks_for_nothing_from_outside() -> None:
    metrics, names = measure_many(30)
    for svg in (draw_recalls(metrics.classes, names), draw_losses(remember(3))):
        assert "http" not in svg
        assert all(
            target.startswith(("#", "data:image/png;base64,"))
            for target in re.findall(r'href="([^"]*)"', svg)
        )


def test_ids_are_the_same_on_every_run_unique_on_a_page_and_found() -> None:
    metrics, names = measure_many(30)
    figures = [
        draw_losses(remember(3)),
        draw_validation_accuracy(remember(3)),
        draw_recalls(metrics.classes, names),
    ]
    page = "".join(figures)
    ids = [found for svg in figures for found in re.findall(r'<[^<>]*?\sid="([^"]*)"', svg)]
    used = re.findall(r'(?:url\(|href=")#([^")]*)', page)
    assert len(ids) == len(set(ids))
    assert used
    assert set(used) <= set(ids)
    assert draw_losses(remember(3)) == figures[0]


def test_matplotlibs_own_settings_stay_as_they_were() -> None:
    before = dict(mpl.rcParams)
    draw_losses(remember(2))
    assert dict(mpl.rcParams) == before


def test_a_coverage_axis_names_no_tick_wrongly() -> None:
    curve = [Covered(share, 0.9, 1 - 0.1 * share) for share in (0.25, 0.5, 0.75, 1.0)]
    svg = ElementTree.fromstring(draw_coverage(curve))
    told = [int(text[:-1]) for one in svg.iter() if (text := one.text or "").endswith("%")]
    accuracies = told[told.index(100) + 1 :]
    assert len(set(np.diff(sorted(accuracies)))) == 1


def test_bins_of_few_and_of_many_pictures_are_drawn() -> None:
    bins = [Bin(3, 0.3, 0.0), Bin(900, 0.95, 0.96)]
    svg = ElementTree.fromstring(draw_reliability(bins))
    assert {"confidence", "accuracy"} <= {one.text for one in svg.iter()}
    assert draw_reliability(bins) != draw_reliability(bins[:1])
