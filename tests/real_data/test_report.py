"""The report of many categories of real products, in a real browser."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from in_browser import fits

PRODUCTS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "products"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not PRODUCTS.is_dir(), reason="the real pictures are not at hand"),
]

Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pixonomy import (
        ArraySettings,
        IndexChoices,
        TrainChoices,
        evaluate,
        index,
        plan_training,
        prepare,
        split,
        train,
    )

    folder = tmp_path_factory.mktemp("products")
    tree = IndexChoices(categories=PRODUCTS / "category_names.csv")
    index([PRODUCTS / "train.bson"], folder / "all.parquet", tree)
    split(folder / "all.parquet", folder / "split.parquet")
    prepare(folder / "split.parquet", folder / "arrays", ArraySettings((32,), "stretch"))
    changes = {"epochs": 1, "size": 32}
    choices = TrainChoices(model="compact", weights="none", changes=changes)
    train(folder / "arrays", folder / "run", plan_training(choices))
    evaluate(folder / "run")
    return folder / "run" / "report.html"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_of_63_categories_is_small_and_quick(
    report: Path, open_page: Any, barriers: Any, width: int
) -> None:
    assert report.stat().st_size < 5_000_000
    began = time.monotonic()
    page = open_page(report, width)
    assert page.locator("#confusion tbody tr").count() == 63
    assert time.monotonic() - began < 5  # two, where nothing else runs
    assert fits(page)
    assert {"levels", "products", "mistakes"} <= set(
        page.evaluate("[...document.querySelectorAll('section')].map((one) => one.id)")
    )
    assert barriers(page) == []
