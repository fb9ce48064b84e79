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


def make_report() -> Report:
    generator = np.random.default_rng(0)
    count = 60
    probabilities = generator.dirichlet((1, 1, 1), count)
    predictions = pl.DataFrame(
        {
            "image_id": [f"{i}.jpg" for i in range(count)],
            "group_id": [f"{i}.jpg" for i in range(count)],
            "label": [LABELS[i % 3] for i in range(count)],
            "predicted": [LABELS[place] for place in probabilities.argmax(axis=1)],
            "confidence": probabilities.max(axis=1),
            "verdict": ["sure" if row.max() > 0.5 else "unsure" for row in probabilities],
            **{f"probability_{k}": probabilities[:, k] for k in range(3)},
        }
    )

    def pictures(image_ids: Sequence[str]) -> dict[str, np.ndarray]:
        return {one: np.full((3, 64, 64), hash(one) % 255, np.uint8) for one in image_ids}

    history = {"epoch": [1, 2], "train_loss": [1.0, 0.8], "validation_loss": [1.1, 0.9]}
    history |= {"validation_accuracy": [0.3, 0.4], "learning_rate": [0.1, 0.0]}
    return Report(
        title="a run",
        metrics=measure(predictions, LABELS, LABELS[0]),
        evaluated_split="test",
        labels=LABELS,
        names={label: label for label in LABELS},
        predictions=predictions,
        pictures=pictures,
        history=pl.DataFrame(history | {"seconds": [1.0, 2.0]}),
        baselines={"linear probe": 0.4},
        counts=pl.DataFrame(
            {"label": LABELS, "train": [9] * 3, "validation": [3] * 3, "test": [20] * 3}
        ).with_columns(left_out=pl.lit(1)),
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
