"""The page in a real browser, wide and narrow; skipped where Chromium is not installed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from in_browser import fits
from pixonomy.dataset.manifest import Manifest, conform, write_manifest
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.verbs.browse import browse

LONG = "élan <b>& " + "a-name-without-a-single-space-" * 4


@pytest.fixture
def page_file(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    """The page of 40 categories with all that can be wrong with pictures."""
    files = sorted(write_images(tmp_path / "pictures", 40).rglob("*.jpg"))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    count = 400
    rows = pl.DataFrame(
        {
            "image_id": [f"{LONG}{row}.jpg" for row in range(count)],
            "group_id": [str(row // 3) for row in range(count)],
            "label": [str(row % 7 and row % 40) for row in range(count)],
            "uri": [
                "broken.jpg" if row % 9 == 0 else str(files[row % len(files)])
                for row in range(count)
            ],
            "split": [("train", "validation", "test")[row % 3] for row in range(count)],
            "problem": [f"duplicate of {LONG}" if row % 11 == 0 else None for row in range(count)],
        }
    )
    tree = Taxonomy.from_paths({str(k): (f"BRANCH {k % 4}", LONG, f"{LONG}{k}") for k in range(40)})
    manifest = tmp_path / "manifest.parquet"
    write_manifest(manifest, Manifest(conform(rows), tmp_path, taxonomy=tree))
    browse(manifest, tmp_path / "page.html")
    return tmp_path / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_without_network_errors_or_sideways_scrolling(
    open_page: Any, page_file: Path, width: int, scheme: str
) -> None:
    page = open_page(page_file, width, scheme)
    assert page.locator("h1").count() == 1
    assert "élan <b>&" in page.inner_text("body")
    assert fits(page)
    assert page.locator("article.sheet").count() == 40
    assert page.locator(".thumbs img").count() > 100
    assert page.evaluate("[...document.images].every(i => i.alt)")
    tallest = "Math.max(...[...document.querySelectorAll('.thumbs li')].map(i => i.offsetHeight))"
    assert 72 <= page.evaluate(tallest) <= 100
    texts = "[...document.querySelectorAll('section')].map(one => one.textContent.trim())"
    assert min(map(len, page.evaluate(texts))) >= 30


def test_on_a_phone_the_page_is_not_endless_and_a_link_unfolds_a_sheet(
    open_page: Any, page_file: Path
) -> None:
    page = open_page(page_file, 390)
    assert page.locator(".sheet:visible").count() == 5
    assert page.evaluate("document.documentElement.scrollHeight") <= 8_000
    last = page.locator("#sheet-9")
    assert not last.is_visible()
    page.click('a[href="#sheet-9"]')
    last.wait_for(state="visible")


def test_what_counts_comes_first_and_the_command_below(open_page: Any, page_file: Path) -> None:
    page = open_page(page_file, 390)
    first, second = page.locator("header .answer").all_inner_texts()
    assert first.startswith("363 usable pictures of 40 categories, ")
    assert "Split: " in first
    assert "pixonomy audit " in second
    assert "pixonomy browse " in page.inner_text("header .command")
    assert "manifest.parquet" in page.inner_text("header p.provenance")


def test_thumbnails_are_as_sharp_as_screens_show_them(open_page: Any, page_file: Path) -> None:
    page = open_page(page_file, 390)
    shown, stored = page.evaluate(
        "(one => [one.width, one.naturalWidth])(document.querySelector('.thumbs img'))"
    )
    assert stored >= min(48, 2 * shown)  # the pictures of this test have 48 pixels


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_anybody_out(
    open_page: Any, barriers: Any, page_file: Path, scheme: str
) -> None:
    assert barriers(open_page(page_file, scheme=scheme)) == []


def contrast(browser: Any, page_file: Path, scheme: str, place: str) -> float:
    """Measure the contrast between the text of a place and the paper it stands on."""
    page = browser.new_page(color_scheme=scheme)
    page.goto(page_file.as_uri())
    colours = page.evaluate(
        """place => {
            const found = document.querySelector(place), paper = document.querySelector('section');
            const style = getComputedStyle(found);
            return [found instanceof SVGElement ? style.fill : style.color,
                    getComputedStyle(paper).backgroundColor];
        }""",
        place,
    )
    page.close()
    light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of an "rgb(…)" colour, as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["h2", ".soft", ".bars a", "summary", "svg.figure text"])
def test_texts_stand_out_from_the_paper(
    browser: Any, page_file: Path, scheme: str, place: str
) -> None:
    assert contrast(browser, page_file, scheme, place) >= 4.5
