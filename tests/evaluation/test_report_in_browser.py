"""The report page in a real browser; skipped where Chromium is not installed."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.report import Report, render_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LABELS = ("car expenses", "élan <b>&", "travel")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


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

    def pictures(image_ids: Sequence[str]) -> dict[str, np.ndarray]:
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
        pictures=pictures,
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which containers often are.
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-first-run", *quiet]
        )
        yield found
        found.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_without_network_errors_or_sideways_scrolling(
    browser: Any, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_report(make_report()), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    assert page.locator("h1").count() == 1
    assert "élan <b>&" in page.inner_text("body")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert page.evaluate(broken) == 0
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("categories", [3, 40])
def test_axe_finds_nothing_that_keeps_anybody_out(
    browser: Any, tmp_path: Path, categories: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "report.html"
    file.write_text(render_report(make_report(categories)), "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    told = [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html']}" for one in found]
    assert told == []
    page.close()


def test_tables_are_sorted_and_the_matrix_is_ordered_by_hand(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_report(make_report(30)), "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
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
    page.close()


def test_a_cell_opens_its_pictures(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_report(make_report(30)), "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    link = page.locator("#confusion td.right a").first
    target = page.locator(str(link.get_attribute("href")))
    assert not target.locator("img").first.is_visible()
    link.click()
    target.locator("img").first.wait_for(state="visible", timeout=5000)
    page.close()
