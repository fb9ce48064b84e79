"""Pictures are drawn by chance, the same ones for the same seed, and looked at."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pixonomy.browsing.image_counts import ImageCounts
from pixonomy.browsing.sampled_images import (
    MEASURED_AT_MOST,
    draw_measured,
    draw_sheets,
    sample_images,
)
from pixonomy.dataset.manifest import conform
from pixonomy.progress import silent

MakeCensus = Callable[..., ImageCounts]
SIZES = {"large": 50, "middle": 20, "small": 3}


def test_each_sheet_shows_rows_of_its_category_or_all_there_are(make_census: MakeCensus) -> None:
    image_counts = make_census(SIZES)
    drawn = draw_sheets(image_counts, 60, 12, 0)
    assert {label: len(rows) for label, rows in drawn.items()} == {
        "large": 12,
        "middle": 12,
        "small": 3,
    }
    for place, rows in enumerate(drawn.values()):
        assert set(image_counts.category_of_row[rows]) == {place}
        assert rows.tolist() == sorted(set(rows.tolist()))


def test_the_seed_decides_and_other_categories_do_not(make_census: MakeCensus) -> None:
    image_counts = make_census(SIZES)
    whole, part = draw_sheets(image_counts, 3, 5, 7), draw_sheets(image_counts, 1, 5, 7)
    assert list(part) == ["large"]
    assert np.array_equal(whole["large"], part["large"])
    assert not np.array_equal(draw_sheets(image_counts, 1, 5, 8)["large"], part["large"])


def test_pictures_without_a_category_have_a_sheet_behind_all_others(
    make_census: MakeCensus, make_rows: Callable[..., pl.LazyFrame]
) -> None:
    from pixonomy.browsing.image_counts import count_images

    image_counts = count_images(make_rows([None, None, "a"]))
    assert list(draw_sheets(image_counts, 60, 12, 0)) == ["a", None]


def test_at_most_two_thousand_usable_pictures_are_measured(make_census: MakeCensus) -> None:
    problem = [None if row % 2 else "blank" for row in range(5_000)]
    image_counts = make_census({"a": 5_000}, problem=problem)
    measured = draw_measured(image_counts, 2_500 * 5_000, seed=0)
    assert len(set(measured.tolist())) == MEASURED_AT_MOST
    assert image_counts.is_usable[measured].all()


@pytest.mark.parametrize(("length", "wanted"), [(100_000_000, 100), (1_000_000, 268), (0, 512)])
def test_fewer_pictures_are_measured_where_they_are_large_or_unknown(
    make_census: MakeCensus, length: int, wanted: int
) -> None:
    assert len(draw_measured(make_census({"a": 3_000}), 3_000 * length, seed=0)) == wanted


def test_a_picture_is_measured_and_shown_small_and_a_broken_one_tells_why(tmp_path: Path) -> None:
    Image.new("RGB", (200, 100), "red").save(tmp_path / "red.png")
    (tmp_path / "text.jpg").write_text("This is no picture.")
    rows = pl.DataFrame(
        {
            "image_id": ["gone", "red", "text"],
            "uri": ["gone.jpg", "red.png", "text.jpg"],
            "problem": [None, "a copy", None],
        }
    )
    numbers = np.array([2, 1, 0, 1])
    looks = sample_images(conform(rows).lazy(), numbers, tmp_path, 1, silent)
    assert sorted(looks) == [0, 1, 2]
    assert (looks[0].image_id, looks[0].fault) == ("gone", "the file is missing")
    assert (looks[2].fault, looks[2].thumbnail) == ("not a picture in a known format", None)
    red = looks[1]
    assert (red.image_id, red.problem, red.fault) == ("red", "a copy", None)
    assert (red.width, red.height) == (200, 100)
    assert red.length == (tmp_path / "red.png").stat().st_size
    assert Image.open(io.BytesIO(red.thumbnail or b"")).size == (160, 80)


def test_many_pictures_are_looked_at_by_several_processes_in_order(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    files = sorted(write_images(tmp_path / "pictures", 100).rglob("*.jpg"))
    rows = conform(pl.DataFrame({"image_id": [path.name for path in files]}))
    rows = rows.with_columns(uri=pl.Series([str(path) for path in files]))
    told: list[tuple[str, int, int]] = []
    looks = sample_images(
        rows.lazy(), np.arange(300), tmp_path, 2, lambda *progress: told.append(progress)
    )
    assert [looks[row].image_id for row in range(300)] == [path.name for path in files]
    assert told[-1] == ("looking at pictures", 300, 300)
