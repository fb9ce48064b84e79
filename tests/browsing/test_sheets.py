"""Contact sheets: names from the tree, pictures, and what is wrong with them."""

from collections.abc import Callable

import numpy as np
import polars as pl

from pixonomy.browsing.image_counts import ImageCounts, count_images
from pixonomy.browsing.sampled_images import SampledImage
from pixonomy.browsing.sheets import Sheet, describe_sheet, make_sheets, name_categories
from pixonomy.dataset.taxonomy import Taxonomy

MakeCensus = Callable[..., ImageCounts]
TREE = Taxonomy.from_paths(
    {
        "1": ("DRINKS", "WINE", "ROSÉ"),
        "2": ("DRINKS", "CIDER", "ROSÉ"),
        "3": ("HOME", "DECOR", "CLOCK"),
    }
)


def test_names_come_from_the_tree_and_equal_ones_are_told_apart(make_census: MakeCensus) -> None:
    image_counts = make_census({"1": 3, "2": 2, "3": 1, "other": 1})
    names = name_categories(image_counts.categories, TREE)
    assert names == {"1": "ROSÉ (1)", "2": "ROSÉ (2)", "3": "CLOCK", "other": "other"}
    assert name_categories(image_counts.categories, None)["1"] == "1"


def test_endless_names_are_cut(make_census: MakeCensus) -> None:
    (name,) = name_categories(make_census({"x" * 500: 1}).categories, None).values()
    assert len(name) == 60


def test_a_sheet_shows_what_was_drawn_with_what_is_wrong(make_census: MakeCensus) -> None:
    image_counts = make_census({"1": 4, "3": 1})
    looks = {
        0: SampledImage("a.jpg", thumbnail=b"jpeg"),
        1: SampledImage("b.jpg", problem="blank", thumbnail=b"jpeg"),
        2: SampledImage("c.jpg", fault="the file is missing"),
        3: SampledImage("d.jpg", problem="the file is empty", fault="the file is empty"),
    }
    drawn: dict[str | None, np.ndarray] = {"1": np.arange(4)}
    first, second = make_sheets(
        image_counts.categories, name_categories(image_counts.categories, TREE), TREE, drawn, looks
    )
    assert (first.place, first.name, first.path) == ("sheet-1", "ROSÉ", "DRINKS / WINE / 1")
    assert [one.trouble for one in first.shown] == [
        None,
        "left out: blank",
        "the file is missing",
        "left out: the file is empty",
    ]
    assert [one.source is None for one in first.shown] == [False, False, True, True]
    assert first.shown[0].alt == "ROSÉ: a.jpg"
    assert (second.place, second.shown, second.splits) == ("sheet-2", (), {})


def test_pictures_without_a_category_are_called_so(
    make_rows: Callable[..., pl.LazyFrame],
) -> None:
    image_counts = count_images(make_rows([None], split=["test"]))
    (sheet,) = make_sheets(image_counts.categories, {}, None, {}, {})
    assert (sheet.name, sheet.path) == ("(no category)", "")
    assert sheet.splits == {"train": 0, "validation": 0, "test": 1}


def test_counts_are_told_in_words() -> None:
    plain = Sheet("", "a", "", images=3, groups=3, left_out=0, splits={})
    assert describe_sheet(plain) == "3 pictures"
    rich = Sheet("", "a", "", 1_200, 700, 5, {"train": 1_000, "test": 200})
    told = "1,200 pictures in 700 groups, 5 left out (train 1,000, test 200)"
    assert describe_sheet(rich) == told
