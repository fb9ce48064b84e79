"""The page as a whole: complete in itself, safe from what names hold, known again."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pixonomy.browsing.image_counts import ImageCounts, count_images
from pixonomy.browsing.overview_page import (
    BrowseChoices,
    Overview,
    read_fingerprint,
    render_overview,
)
from pixonomy.browsing.sampled_images import SampledImage
from pixonomy.browsing.sizes import Sizes, gather_dimensions
from pixonomy.dataset.taxonomy import Taxonomy
from pixonomy.errors import SettingError
from pixonomy.pages.provenance import Provenance

MakeCensus = Callable[..., ImageCounts]
HOSTILE = "<script>alert('Ça & co')</script>"
MARKED_OTHERWISE = b'<meta name="pixonomy" content="[1]">'
MARK = {"fingerprint": {"stage": "browse", "of": 'a "quoted" <name> & more'}}


def overview_of(
    image_counts: ImageCounts,
    looks: dict[int, SampledImage] | None = None,
    title: str = "m.parquet",
    taxonomy: Taxonomy | None = None,
) -> Overview:
    """An overview whose only sheet shows the pictures looked at as the first category's."""
    looks = looks or {}
    drawn: dict[str | None, np.ndarray] = {}
    if looks:
        drawn[image_counts.categories["label"][0]] = np.array(list(looks))
    sizes = Sizes(gather_dimensions(looks.values()), False, None, 0)
    made = Provenance("today", "m.parquet", 2.0, "pixonomy browse m.parquet -o page.html")
    return Overview(
        title,
        image_counts,
        sizes,
        taxonomy,
        drawn,
        looks,
        {"seed": "0"},
        made,
        ("audit it", "audit"),
        MARK,
    )


def words_of(page: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_the_page_asks_for_nothing_and_has_no_script(make_census: MakeCensus) -> None:
    sizes = {HOSTILE: 9} | {f"{k:02}": 3 for k in range(40)}
    image = SampledImage(HOSTILE, problem=HOSTILE, width=9, height=9, thumbnail=b"jpeg")
    page = render_overview(overview_of(make_census(sizes), {0: image}, title=HOSTILE))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", page)
    assert "@import" not in page
    assert "http" not in page


def test_names_from_a_table_of_categories_are_escaped(make_census: MakeCensus) -> None:
    tree = Taxonomy.from_paths({"1": (HOSTILE, "B", HOSTILE), "2": (HOSTILE, "B", "C")})
    assert "<script" not in render_overview(
        overview_of(make_census({"1": 2, "2": 1}), taxonomy=tree)
    )


def test_links_lead_to_places_on_the_page(make_census: MakeCensus) -> None:
    looks = {0: SampledImage("a", width=9, height=9, thumbnail=b"jpeg")}
    page = render_overview(overview_of(make_census({"a": 4, "b": 2}), looks))
    places = re.findall(r'\bid="([^"]*)"', page)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(places)
    assert 'href="#sheet-1"' in page


def test_many_categories_have_a_curve_and_few_do_not(make_census: MakeCensus) -> None:
    many = render_overview(overview_of(make_census({f"{k:02}": 40 - k for k in range(40)})))
    assert "sizes-by-rank" in many
    assert "All categories" in many
    assert "sizes-by-rank" not in render_overview(overview_of(make_census({"a": 4, "b": 2})))


def test_sections_say_so_where_there_is_nothing(
    make_rows: Callable[..., pl.LazyFrame],
) -> None:
    words = words_of(render_overview(overview_of(count_images(make_rows([None])))))
    for sentence in (
        "No picture has a category",
        "Each picture is a group of its own.",
        "none of the pictures that were drawn by chance could be decoded",
        "No picture is left out.",
        "not split into train",
    ):
        assert sentence in words
    assert "How the pictures are spread" not in words


def test_left_out_and_broken_pictures_are_told_with_reasons(make_census: MakeCensus) -> None:
    image_counts = make_census({"a": 3}, problem=["blank", None, None])
    looks = {
        1: SampledImage("b.jpg", fault="the file is missing"),
        2: SampledImage("c", thumbnail=b"x"),
    }
    words = words_of(render_overview(overview_of(image_counts, looks)))
    assert "1 picture is left out, for 1 reason." in words
    assert "2 pictures were read and decoded for this page; 1 of them failed" in words
    assert "the file is missing: 1 picture" in words


def test_endless_reasons_and_categories_are_cut(make_rows: Callable[..., pl.LazyFrame]) -> None:
    problem = [f"reason {row}" for row in range(12_000)]
    labels = [f"{row:05}" for row in range(12_000)]
    page = render_overview(overview_of(count_images(make_rows(labels, problem=problem))))
    assert "and 11,970 pictures for 11,970 other reasons" in page
    assert "and 2,000 smaller categories with 0 pictures in all" in page
    assert len(page) < 3_000_000


def test_the_mark_is_read_again(make_census: MakeCensus, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(render_overview(overview_of(make_census({"a": 1}))), "utf-8")
    assert read_fingerprint(page) == MARK


def test_another_file_bears_an_empty_mark_and_none_none(tmp_path: Path) -> None:
    assert read_fingerprint(tmp_path / "page.html") is None
    for content in (b"\xff\xfe" * 100, b'<meta name="pixonomy" content="{">', MARKED_OTHERWISE):
        (tmp_path / "page.html").write_bytes(content)
        assert read_fingerprint(tmp_path / "page.html") == {}
    assert read_fingerprint(tmp_path) == {}


@pytest.mark.parametrize(
    "wrong", [{"categories": -1}, {"each": 0}, {"seed": -1}, {"categories": 300, "each": 7}]
)
def test_what_no_page_can_hold_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingError):
        BrowseChoices(**wrong)
