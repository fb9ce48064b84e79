"""The report page in a real browser; skipped where Chromium is not installed."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from in_browser import cut_off, fits
from pixonomy.evaluation.examples import ImageSource
from pixonomy.evaluation.metrics import measure
from pixonomy.evaluation.report import Report, render_report
from pixonomy.pages.provenance import Provenance

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
        images=ImageSource(images),
        history=pl.DataFrame(history | {"seconds": [1.0, 2.0]}),
        baselines={"linear probe": 0.4},
        counts=pl.DataFrame({"label": labels}).with_columns(
            train=pl.lit(9), validation=pl.lit(3), test=pl.lit(20), left_out=pl.lit(1)
        ),
        problems=pl.DataFrame({"image_id": ["x.jpg"], "problem": ["the file is empty"]}),
        facts={"model": "compact"},
        notes=("A note.",),
        provenance=Provenance("2 May 2026", "pictures", 3.0, "pixonomy evaluate run"),
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
    assert cut_off(page) == []


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


def right_edge(page: Any, box: Any) -> np.ndarray:
    """Return the pixels of the last two columns of a box, (height, 2, 3)."""
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    clip = {**place, "x": place["x"] + place["width"] - 2, "width": 2}
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("section", ["#categories", "#matrix"])
def test_a_wide_table_shows_that_it_goes_on_and_keeps_its_first_column(
    open_page: Any, tmp_path: Path, section: str, scheme: str
) -> None:
    page = open_page(write(tmp_path, 12), 390, scheme)
    box = page.locator(f"{section} .wide")
    assert box.evaluate("one => one.scrollWidth > one.clientWidth")
    headings = [box.locator("tbody th").first, box.locator("thead th").first]
    before, places = right_edge(page, box), [one.bounding_box()["x"] for one in headings]
    box.evaluate("one => { one.scrollLeft = 9999; }")
    after = right_edge(page, box)
    shifts = [one.bounding_box()["x"] for one in headings]
    assert shifts == pytest.approx(places, abs=1)  # half a border
    paper = {"light": (255, 255, 255), "dark": (27, 33, 40)}[scheme]
    is_paper = [(np.abs(one.astype(int) - paper).max(axis=(1, 2)) <= 2) for one in (before, after)]
    assert not is_paper[0].any()  # a shade all along
    assert is_paper[1].any()  # at the end there is none


def test_what_fits_has_no_shade(open_page: Any, tmp_path: Path) -> None:
    page = open_page(write(tmp_path, 3), 1280)
    edge = right_edge(page, page.locator("#matrix .wide"))
    assert (edge == 255).all()


def test_the_answer_stands_before_the_caveats(open_page: Any, tmp_path: Path) -> None:
    page = open_page(write(tmp_path, 3))
    order = page.evaluate("[...document.querySelectorAll('main > section')].map((one) => one.id)")
    assert order[:3] == ["headline", "notes", "certainty"]
    assert "It is weakest at" in page.inner_text("#headline")


def test_the_command_is_copied_as_it_is(open_page: Any, tmp_path: Path) -> None:
    page = open_page(write(tmp_path, 3))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".command button").click()
    page.locator(".command button", has_text="Copied").wait_for(timeout=5000)
    assert page.evaluate("navigator.clipboard.readText()") == "pixonomy evaluate run"


def test_on_paper_nothing_is_hidden_in_a_box_and_all_is_dark_on_light(
    open_page: Any, tmp_path: Path
) -> None:
    page = open_page(write(tmp_path, 30), 1000, "dark")
    page.emulate_media(media="print")
    boxes = page.locator(".wide").evaluate_all(
        "all => all.map((one) => one.scrollHeight - one.clientHeight)"
    )
    assert set(boxes) == {0}
    style = "getComputedStyle(document.documentElement)"
    assert page.evaluate(f"[{style}.colorScheme, {style}.getPropertyValue('--ink')]") == [
        "light",
        "#1f2933",
    ]
    assert not page.locator(".command button").is_visible()
