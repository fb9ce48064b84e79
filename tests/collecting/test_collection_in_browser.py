"""The pages of a collection in a real browser, wide and narrow; skipped without Chromium."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from in_browser import fits
from pixonomy.collecting.collection_page import (
    CategorySheet,
    CollectedPage,
    KeywordSheet,
    render_collected,
    render_credits,
)
from pixonomy.pages.provenance import Provenance
from pixonomy.pages.thumbnail import as_data_uri

LONG = "a-keyword-without-a-single-space-" * 3
CATEGORIES = ("Car expenses", "Home expenses", "Travel")


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    """The page of 60 keywords, some of them without pictures, and every other kind of trouble."""
    stream = io.BytesIO()
    Image.new("RGB", (160, 120), "teal").save(stream, "JPEG")
    thumbnails = ((as_data_uri(stream.getvalue()), "teal"),) * 8
    sheets = [
        KeywordSheet(
            CATEGORIES[n % 3], LONG if n == 2 else f"keyword {n}", had, had, 50, 3,
            {"commons": had}, {"CC0-1.0": had}, thumbnails if had else (),
        )
        for n, had in enumerate([40] * 40 + [0] * 20)
    ]  # fmt: skip
    reasons = {f"reason {n}: {LONG}": n for n in range(25)}
    page = CollectedPage(
        title="Savings goals",
        provenance=Provenance("30 November 2026", "goals.toml", 3700.0, "pixonomy collect x.toml"),
        next_command="pixonomy audit pictures/manifest.parquet -o audit",
        totals={"kept": 1604, "usable": 1600, "copies": 9, "refused": 300, "failed": 2},
        categories=[CategorySheet(name, 533, 400) for name in CATEGORIES],
        sheets=sheets,
        left_out=reasons,
        refused=reasons,
        failed=reasons,
        left={"example.org": "it failed"},
        licenses={"CC0-1.0": 1604},
        permissions={"html": LONG},
        policy=("CC0-1.0",),
    )
    (tmp_path / "collected.html").write_text(render_collected(page), "utf-8")
    return tmp_path / "collected.html"


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light")])
def test_the_page_is_whole_and_not_endless_and_keeps_nobody_out(
    open_page: Any, barriers: Any, page_file: Path, width: int, scheme: str
) -> None:
    page = open_page(page_file, width, scheme)
    assert fits(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= 8_000
    assert barriers(page) == []  # opens what is folded
    assert fits(page)


def test_what_there_is_and_what_is_missing_comes_first(open_page: Any, page_file: Path) -> None:
    page = open_page(page_file, 390)
    first, second = page.locator("header .answer").all_inner_texts()
    assert first == (
        "1,600 usable pictures of 3 categories, found by 40 keywords. "
        "1,400 are missing: 60 keywords have fewer than wanted."
    )
    assert second.endswith("pixonomy audit pictures/manifest.parquet -o audit")
    assert "pixonomy collect x.toml" in page.inner_text("header .command")
    tops = {one.bounding_box()["y"] for one in page.locator(".totals div").all()}
    assert len(tops) == 2  # three beside each other
    rows = page.locator(".categories tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [[name, "533", "400"] for name in CATEGORIES]


def test_the_page_of_credits_is_whole_too(open_page: Any, barriers: Any, tmp_path: Path) -> None:
    names = ("title", "creator", "license", "license_id", "license_url", "page_url", "image_url")
    row = dict.fromkeys(names, f"https://example.org/{LONG}")
    file = tmp_path / "ATTRIBUTION.html"
    file.write_text("".join(render_credits("t", [row] * 30, 30)), "utf-8")
    page = open_page(file, 390)
    assert fits(page)
    assert barriers(page) == []
