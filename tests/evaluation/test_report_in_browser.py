"""The report page in a real browser; skipped where Chromium is not installed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from in_browser import fits
from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.report import Report, render_report

LABELS = ("car expenses", "élan <b>&", "travel")


def make_report(categories: int = 3) -> Report:
    generator = np.random.default_rng(0)
    labels = (*LABELS, *(f"category {k}" for k in range(3, categories)))
    count = 20 * categories
    probabilities = generator.dirichlet(np.ones(categories), count)
    truth = generator.integers(0, categories, count)
    probabilities[np.arange(count), truth] += 0.1
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    predictions = pl.DataFrame(
        {
            "image_id": [f"{i}.jpg" for i in range(count)],
            "group_id": [f"{i}.jpg" for i in range(count)],
            "label": [labels[k] for k in truth],
            "predicted": [labels[place] for place in probabilities.argmax(axis=1)],
            "confidence": probabilities.max(axis=1),
            "verdict": ["sure" if row.max() > 0.5 else "unsure" for row in probabilities],
            **{f"probability_{k}": probabilities[:, k] for k in range(categories)},
        }
    )

    def images(image_ids: Sequence[str]) -> dict[str, np.ndarray]:
        return {one: np.full((3, 64, 64), hash(one) % 255, np.uint8) for one in image_ids}

    history = {"epoch": [1, 2], "train_loss": [1.0, 0.8], "validation_loss": [1.1, 0.9]}
    history |= {"validation_accuracy": [0.3, 0.4], "learning_rate": [0.1, 0.0]}
    return Report(
        title="a run",
        metrics=measure(predictions, labels, labels[0]),
        evaluated_split="test",
        labels=labels,
        names={label: label for label in labels},
        predictions=predictions,
        images=images,
        history=pl.DataFrame(history | {"seconds": [1.0, 2.0]}),
        baselines={"linear probe": 0.4},
        counts=pl.DataFrame({"label": labels}).with_columns(
            train=pl.lit(9), validation=pl.lit(3), test=pl.lit(20), left_out=pl.lit(1)
        ),
        problems=pl.DataFrame({"image_id": ["x.jpg"], "problem": ["the file is empty"]}),
        facts={"model": "compact"},
        notes=("A note.",),
        command="pixonomy evaluate run",
    )


def write(folder: Path, categories: int) -> Path:
    file = folder / "report.html"
    file.write_text(render_report(make_report(categories)), "utf-8")
    return file


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("categories", [3, 40])
def test_the_page_opens_without_network_errors_or_sideways_scrolling(
    open_page: Any, tmp_path: Path, width: int, categories: int
) -> None:
    page = open_page(write(tmp_path, categories), width)
    assert page.locator("h1").count() == 1
    assert "élan <b>&" in page.inner_text("body")
    assert fits(page)


@pytest.mark.parametrize(
    ("categories", "scheme"),
    [
        (3, "light"),
        pytest.param(3, "dark", marks=pytest.mark.slow),
        pytest.param(40, "light", marks=pytest.mark.slow),
        (40, "dark"),
    ],
)
def test_axe_finds_nothing_that_keeps_anybody_out(
    open_page: Any, barriers: Any, tmp_path: Path, categories: int, scheme: str
) -> None:
    assert barriers(open_page(write(tmp_path, categories), scheme=scheme)) == []


def test_tables_are_sorted_and_the_matrix_ordered_by_hand(open_page: Any, tmp_path: Path) -> None:
    page = open_page(write(tmp_path, 30))
    table = page.locator("#categories table")
    table.locator("th button", has_text="Pictures").click()
    counts = [int(text) for text in table.locator("tbody td:nth-child(2)").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    assert table.locator("th[aria-sort=descending]").inner_text().startswith("Pictures")
    table.locator("th button", has_text="Category").click()
    names = table.locator("tbody th").all_inner_texts()
    assert (names[0], names[-1]) == ("car expenses", "travel")

    def diagonal() -> list[bool]:
        script = (
            "[...document.querySelectorAll('#confusion tbody tr')].map((row, k) => "
            "row.cells[k + 1].classList.contains('right'))"
        )
        told: list[bool] = page.evaluate(script)
        return told

    before = page.locator("#confusion tbody th").all_inner_texts()
    page.locator(".ordering select").select_option(label="confused ones side by side")
    after = page.locator("#confusion tbody th").all_inner_texts()
    assert before != after
    assert sorted(before) == sorted(after)
    assert page.locator("#confusion thead th").all_inner_texts()[1:] == after
    assert all(diagonal())


def test_a_cell_opens_its_pictures(open_page: Any, tmp_path: Path) -> None:
    page = open_page(write(tmp_path, 30))
    link = page.locator("#confusion td.right a").first
    target = page.locator(str(link.get_attribute("href")))
    assert not target.locator("img").first.is_visible()
    link.click()
    target.locator("img").first.wait_for(state="visible", timeout=5000)
