import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.errors import DataError
from pixonomy.studies.deal import assign_fold, count_parts, equalise, usable_units
from pixonomy.studies.plan import Fold, Sample

LABELS = ("a", "b", "c")


def make_rows(sizes: dict[str, list[int]], test: int = 0) -> pl.DataFrame:
    """Products of these numbers of pictures; the first `test` of each label are given to test."""
    rows = []
    for label, products in sizes.items():
        for number, count in enumerate(products):
            for picture in range(count):
                group = f"{label}{number}"
                split = "test" if number < test else None
                rows.append((f"{group}/{picture}", group, label, None, split, None))
    names = ["image_id", "group_id", "label", "duplicate_group", "split", "problem"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=12, max_size=40), st.integers(2, 5), st.integers(0, 9))
def test_each_unit_is_tested_in_one_fold_and_never_torn(
    sizes: list[int], folds: int, seed: int
) -> None:
    rows = make_rows(dict.fromkeys(LABELS, sizes))
    units = usable_units(rows, LABELS)
    sample = Sample(folds=folds)
    tested = []
    for fold in range(folds):
        assigned = assign_fold(units, sample, Fold(0, fold), seed).join(units, on="row")
        assert assigned.height == rows.height
        assert assigned.group_by("unit").agg(pl.col("split").n_unique())["split"].max() == 1
        learnt = assigned.filter(pl.col("split") == "train")
        assert set(learnt["label"]) == set(LABELS)
        tested += assigned.filter(pl.col("split") == "test")["row"].to_list()
    assert sorted(tested) == list(range(rows.height))


def test_folds_are_alike_in_number_and_another_dealing_tests_others() -> None:
    units = usable_units(make_rows({label: [1] * 72 for label in LABELS}), LABELS)
    sample = Sample(folds=5, repeats=2)
    sizes, firsts = [], []
    for repeat in range(2):
        for fold in range(5):
            assigned = assign_fold(units, sample, Fold(repeat, fold), 0).join(units, on="row")
            test = assigned.filter(pl.col("split") == "test")
            sizes += test.group_by("label").len()["len"].to_list()
            firsts.append(set(test["row"]))
    assert set(sizes) <= {14, 15}
    assert firsts[0] != firsts[5]


def test_equally_many_pictures_of_each_category_stay_and_no_product_is_torn() -> None:
    rows = make_rows({"a": [1, 2, 3, 1] * 10, "b": [1] * 30, "c": [2, 1] * 20})
    units = usable_units(rows, LABELS)
    assert count_parts(units, LABELS) == {"learn": 30, "test": 0}
    kept = equalise(units, {"learn": 30, "test": 0}, seed=0)
    assert set(kept.group_by("label").len()["len"]) == {30}
    whole = units.group_by("unit").len().join(kept.group_by("unit").len(), on="unit")
    assert whole.filter(pl.col("len") != pl.col("len_right")).is_empty()


def test_a_given_test_split_is_the_test() -> None:
    units = usable_units(make_rows({label: [1] * 20 for label in LABELS}, test=6), LABELS)
    kept = equalise(units, {"learn": 10, "test": 5}, seed=0)
    assigned = assign_fold(kept, Sample(), Fold(), 0).join(kept, on="row")
    counts = dict(assigned.group_by("split").len().iter_rows())
    assert counts["test"] == 15
    assert counts["train"] + counts["validation"] == 30
    assert set(assigned.filter(pl.col("split") == "test")["part"]) == {"test"}


def test_products_of_two_labels_and_pictures_with_problems_are_left_out() -> None:
    rows = make_rows({"a": [2, 1, 1], "b": [1, 1], "c": [1, 1]})
    rows = rows.with_columns(
        label=pl.when(pl.col("image_id") == "a0/1").then(pl.lit("b")).otherwise("label"),
        problem=pl.when(pl.col("image_id") == "c0/0").then(pl.lit("blank")),
    )
    units = usable_units(rows, LABELS)
    assert units["image_id"].to_list() == ["a1/0", "a2/0", "b0/0", "b1/0", "c1/0"]


def test_of_copies_one_picture_stays() -> None:
    rows = make_rows({label: [1] * 6 for label in LABELS})
    is_duplicate = pl.col("image_id").is_in(["a1/0", "a3/0", "a4/0"])
    rows = rows.with_columns(duplicate_group=pl.when(is_duplicate).then(pl.lit("same")))
    units = usable_units(rows, LABELS)
    assert units.filter(pl.col("label") == "a")["image_id"].to_list() == [
        "a0/0", "a1/0", "a2/0", "a5/0",
    ]  # fmt: skip
    assert units.height == 16


def test_a_category_without_pictures_is_told() -> None:
    units = usable_units(make_rows({"a": [1], "b": [1]}), LABELS)
    with pytest.raises(DataError, match="Category c"):
        count_parts(units, LABELS)
