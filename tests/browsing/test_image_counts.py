"""What is in a manifest is counted, in a few bytes a row."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.browsing.image_counts import count_images
from pixonomy.dataset.manifest import Manifest, conform

MakeRows = Callable[..., pl.LazyFrame]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "ç", None]),
        st.sampled_from(["1", "2", "3", "4", "5"]),
        st.sampled_from(["train", "test", None]),
        st.sampled_from(["blank", "no file: x", None, None]),
    ),
    min_size=1,
)


def test_categories_come_largest_first_and_pictures_without_one_last(make_rows: MakeRows) -> None:
    labels = ["b", "a", None, "a", "c", None, None, "b", "d"]
    problem = [None, None, None, None, None, None, None, None, "blank"]
    image_counts = count_images(make_rows(labels, problem=problem))
    assert image_counts.categories["label"].to_list() == ["a", "b", "c", "d", None]
    assert image_counts.categories["pictures"].to_list() == [2, 2, 1, 0, 3]
    assert image_counts.categories["left_out"].to_list() == [0, 0, 0, 1, 0]
    assert image_counts.named.height == 4
    assert image_counts.category_of_row.tolist() == [1, 0, 4, 0, 2, 4, 4, 1, 3]
    assert (image_counts.rows, image_counts.usable) == (9, 8)


def test_groups_are_counted_by_how_many_usable_pictures_they_have(make_rows: MakeRows) -> None:
    groups = ["x", "y", "x", "z", "x", "w", "v"]
    problem = [None, None, None, "blank", "blank", None, None]
    image_counts = count_images(make_rows(["a"] * 7, group_id=groups, problem=problem))
    assert image_counts.groups == 5
    assert image_counts.group_sizes == {1: 3, 2: 1}
    assert image_counts.categories["groups"].to_list() == [5]


def test_splits_count_usable_pictures_only(make_rows: MakeRows) -> None:
    split = ["train", "train", "test", None]
    rows = make_rows(["a"] * 4, split=split, problem=["blank", None, None, None])
    table = count_images(rows).categories
    assert table.select("train", "validation", "test").row(0) == (1, 0, 1)


def test_problems_are_told_by_reason(make_rows: MakeRows) -> None:
    problem = ["blank", None, "duplicate of a.jpg", "duplicate of b.jpg"]
    first, second = count_images(make_rows(["a"] * 4, problem=problem)).problems
    assert (first.reason, first.n) == ("duplicate of another picture", 2)
    assert second.shown == (("picture 0", "blank"),)


@given(ROWS)
@settings(max_examples=50, deadline=None)
def test_the_counts_are_those_of_the_manifest_itself(
    rows: list[tuple[str | None, str, str | None, str | None]],
) -> None:
    names = ["label", "group_id", "split", "problem"]
    table = pl.DataFrame(rows, dict.fromkeys(names, pl.String), orient="row")
    table = conform(table.with_row_index("image_id"))
    image_counts = count_images(table.lazy())
    summary = Manifest(table, Path()).summary()
    assert image_counts.rows == summary["rows"]
    assert image_counts.groups == summary["groups"]
    assert image_counts.named.height == summary["categories"]
    assert image_counts.rows - image_counts.usable == summary["problems"]
    splits = {name: image_counts.categories[name].sum() for name in summary["splits"]}
    assert splits == summary["splits"]
    usable = table.filter(pl.col("problem").is_null())
    sizes = usable.group_by("group_id").len()["len"].value_counts()
    assert image_counts.group_sizes == dict(sizes.iter_rows())
    told = [image_counts.categories["label"][int(place)] for place in image_counts.category_of_row]
    assert told == table["label"].to_list()
    assert sum(group.n for group in image_counts.problems) == summary["problems"]


@pytest.mark.parametrize("labels", [[], [None, None]])
def test_a_manifest_without_categories_is_counted_too(
    make_rows: MakeRows, labels: list[None]
) -> None:
    image_counts = count_images(make_rows(labels))
    assert (image_counts.rows, image_counts.named.height) == (len(labels), 0)
    assert image_counts.problems == []
