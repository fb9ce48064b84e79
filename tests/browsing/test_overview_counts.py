"""What a page says of numbers: in sentences, terms and bars."""

from collections.abc import Callable

import polars as pl

from pixonomy.browsing.image_counts import ImageCounts, count_images
from pixonomy.browsing.overview_counts import (
    describe_counts,
    describe_splits,
    describe_spread,
    draw_branches,
    draw_categories,
    draw_group_sizes,
    list_notes,
)
from pixonomy.dataset.taxonomy import Taxonomy

MakeCensus = Callable[..., ImageCounts]
MakeRows = Callable[..., pl.LazyFrame]
TREE = Taxonomy.from_paths(
    {
        "1": ("DRINKS", "WINE", "RED"),
        "2": ("DRINKS", "WINE", "ROSÉ"),
        "3": ("HOME", "DECOR", "CLOCK"),
    }
)


def names_of(image_counts: ImageCounts) -> dict[str, str]:
    return {label: f"Category {label}" for label in image_counts.named["label"]}


def test_bars_lead_to_the_sheets_that_there_are(make_census: MakeCensus) -> None:
    image_counts = make_census({"a": 4, "b": 8, "c": 2})
    bars = draw_categories(image_counts, names_of(image_counts), sheets=2)
    assert [(bar.name, bar.text, bar.width, bar.link) for bar in bars] == [
        ("Category b", "8", 100, "sheet-1"),
        ("Category a", "4", 50, "sheet-2"),
        ("Category c", "2", 25, None),
    ]


def test_only_the_largest_categories_get_a_bar(make_census: MakeCensus) -> None:
    image_counts = make_census({f"{k:02}": k + 1 for k in range(50)})
    assert len(draw_categories(image_counts, names_of(image_counts), 0)) == 30


def test_branches_gather_the_categories_below_them(make_census: MakeCensus) -> None:
    image_counts = make_census({"1": 3, "2": 2, "3": 4, "unknown": 1})
    found = [(bar.name, bar.text) for bar in draw_branches(image_counts, TREE)]
    assert found == [
        ("DRINKS (2 categories)", "5"),
        ("HOME (1 category)", "4"),
        ("unknown (1 category)", "1"),
    ]
    assert draw_branches(image_counts, None) == []


def test_labels_of_higher_levels_are_found_in_the_tree(make_census: MakeCensus) -> None:
    middle = make_census({"DRINKS / WINE": 3, "HOME / DECOR": 2})
    assert draw_branches(middle, TREE) == []  # each branch has one category: nothing to add
    assert draw_branches(make_census({"DRINKS": 3, "HOME": 1}), TREE) == []


def test_groups_are_told_by_size_and_large_ones_together(make_rows: MakeRows) -> None:
    groups = ["a"] * 1 + ["b"] * 2 + ["c"] * 7 + ["d"] * 9 + ["e"] * 120
    bars = draw_group_sizes(count_images(make_rows(["x"] * len(groups), group_id=groups)))
    found = [(bar.name, bar.text) for bar in bars]
    assert found == [("1", "1"), ("2", "1"), ("5 to 9", "2"), ("100 or more", "1")]


def test_groups_of_one_picture_are_not_drawn(make_census: MakeCensus) -> None:
    assert draw_group_sizes(make_census({"a": 5})) == []


def test_the_spread_is_told_in_terms(make_census: MakeCensus) -> None:
    image_counts = make_census({f"{k:02}": size for k, size in enumerate([150, 40, *[1] * 10])})
    told = describe_counts(image_counts, names_of(image_counts))
    assert told == {
        "Median category": "1 picture",
        "Largest, smallest": "150 and 1 pictures",
        "Largest tenth": "2 categories: 95.0% of pictures",
        "Fewer than 3 pictures": "10 categories",
        "Fewer than 100 pictures": "11 categories",
        "Always answering the largest": "“Category 00”: right for 75.0%",
    }


def test_categories_whose_pictures_are_all_left_out_are_told_without_shares(
    make_census: MakeCensus,
) -> None:
    image_counts = make_census({"a": 2, "b": 1}, problem=["blank"] * 3)
    told = describe_counts(image_counts, names_of(image_counts))
    assert told["Largest, smallest"] == "0 and 0 pictures"
    assert "Always answering the largest" not in told


def test_how_many_a_category_has_ends_a_sentence(make_census: MakeCensus) -> None:
    assert describe_spread(make_census({"a": 1200, "b": 3, "c": 9})) == ", 3 to 1,200 each"
    assert describe_spread(make_census({"a": 4, "b": 4})) == ", 4 each"
    assert describe_spread(make_census({"a": 4})) == ""


def test_splits_are_told_in_a_sentence(make_census: MakeCensus) -> None:
    assert "not split" in describe_splits(make_census({"a": 2}))
    split = ["train", "train", "test", None]
    told = describe_splits(make_census({"a": 4}, split=split))
    assert told == "Split: 2 train, 0 validation, 1 test, 1 in none."


def test_notes_warn_of_what_cannot_be_learnt(make_census: MakeCensus, make_rows: MakeRows) -> None:
    assert list_notes(make_census({"a": 5, "b": 3})) == []
    (note,) = list_notes(make_census({"a": 5, "b": 2}))
    assert note.startswith("1 category has fewer than 3 pictures")
    assert "one category only" in list_notes(make_census({"a": 5}))[0]
    assert "No picture has a category" in list_notes(count_images(make_rows([None, None])))[0]
    some = list_notes(count_images(make_rows([None, *"aaa", *"bbb"])))
    assert some == ["1 picture has no category and will not be learnt from."]
