"""Of copies one picture is kept; products stay whole but for what the sample holds already."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.dataset.manifest import conform
from pixonomy.sampling.deduplicate import count_duplicates, count_once, drop_duplicates
from pixonomy.sampling.draw import Sample, SampleChoices, draw_sample
from pixonomy.sampling.products import list_products


def rows_of(*images: tuple[str, str, str]) -> pl.DataFrame:
    """Make rows of (label, product, what the picture shows)."""
    return conform(
        pl.DataFrame(
            {
                "image_id": [f"{number:03d}" for number in range(len(images))],
                "label": [one[0] for one in images],
                "group_id": [one[1] for one in images],
                "sha256": [one[2] for one in images],
            }
        )
    )


def draw(rows: pl.DataFrame, labels: list[str], **choices: Any) -> Sample:
    whole = list_products(rows)
    once = count_once(rows, whole, labels)
    return drop_duplicates(rows, whole, draw_sample(once, labels, SampleChoices(**choices)))


def stays(rows: pl.DataFrame, sample: Sample) -> list[str]:
    return rows.filter(sample.stays)["image_id"].to_list()


def test_a_product_of_repeats_alone_is_none_and_a_repeated_view_is_left_out() -> None:
    rows = rows_of(
        ("a", "p", "x"), ("a", "p", "y"), ("a", "q", "x"), ("a", "r", "y"), ("a", "r", "z")
    )
    sample = draw(rows, ["a"])
    assert stays(rows, sample) == ["000", "001", "004"]
    whole = list_products(rows)
    assert count_duplicates(whole, count_once(rows, whole, ["a"]), ["a"]) == 2
    assert sample.table == [{"label": "a", "name": "a", "asked": 2, "had": 2, "pictures": 3}]


def test_marked_copies_count_like_equal_bytes() -> None:
    rows = rows_of(("a", "p", "x"), ("a", "q", "y"), ("a", "r", "z"))
    marked = rows.with_columns(duplicate_group=pl.Series(["d", None, "d"]))
    sample = draw(marked, ["a"])
    assert stays(rows, sample) == ["000", "001"]


def test_a_repeat_of_what_the_sample_lacks_is_kept_with_its_product() -> None:
    rows = rows_of(("a", "p", "x"), ("a", "q", "x"), ("a", "q", "y"))
    found = {tuple(stays(rows, draw(rows, ["a"], each=1, seed=seed))) for seed in range(9)}
    assert found == {("000",), ("001", "002")}


def test_a_picture_in_a_category_that_is_not_wanted_takes_nothing_away() -> None:
    rows = rows_of(("other", "p", "x"), ("a", "q", "x"), ("b", "r", "x"))
    assert stays(rows, draw(rows, ["a"])) == ["001"]
    sample = draw(rows, ["a", "b"])
    assert stays(rows, sample) == ["001"]
    assert [one["had"] for one in sample.table] == [1, 0]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("pqrstu"), st.sampled_from("wxyz"))),
    st.integers(1, 4),
    st.integers(0, 3),
)
@settings(deadline=None, max_examples=60)
def test_no_picture_is_there_twice_and_none_is_lost(
    images: list[tuple[str, str, str]], each: int, seed: int
) -> None:
    rows = rows_of(("a", "first", "v"), *images)
    labels = sorted(set(rows["label"]))
    sample = draw(rows, labels, each=each, seed=seed)
    found = rows.filter(sample.stays)
    assert not found["sha256"].is_duplicated().any()
    products = rows.filter(pl.col("group_id").is_in(found["group_id"].implode()))
    assert set(products["sha256"]) == set(found["sha256"])
    assert found["group_id"].n_unique() == sum(one["had"] for one in sample.table)
