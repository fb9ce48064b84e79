from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixonomy.dataset.manifest import SPLITS, Manifest, conform
from pixonomy.errors import DataError, SettingError
from pixonomy.splitting.assign import SplitShares, assign_splits, small_categories

BASE = Path("/")
DEFAULT = SplitShares()


def manifest(rows: list[dict[str, Any]]) -> Manifest:
    schema = dict.fromkeys(
        ("image_id", "label", "group_id", "duplicate_group", "split", "problem"), pl.String
    )
    table = pl.DataFrame([{"image_id": f"{n:04d}", **row} for n, row in enumerate(rows)], schema)
    return Manifest(
        conform(table.with_columns(pl.col("group_id").fill_null(pl.col("image_id")))), BASE
    )


def plain(**counts: int) -> Manifest:
    return manifest([{"label": label} for label, count in counts.items() for _ in range(count)])


def count(done: Manifest, label: str) -> dict[str, int]:
    splits = done.rows.filter(pl.col("label") == label)["split"].to_list()
    return {name: splits.count(name) for name in SPLITS}


def tangled(splits: tuple[str | None, ...] = (None,)) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Give rows whose groups and duplicate groups overlap, across labels too."""
    row = st.fixed_dictionaries(
        {
            "label": st.sampled_from("aaaabbbcd"),
            "group_id": st.none() | st.sampled_from([f"g{n}" for n in range(8)]),
            "duplicate_group": st.none() | st.sampled_from([f"d{n}" for n in range(6)]),
            "split": st.sampled_from(splits),
        }
    )
    return st.lists(row, min_size=2, max_size=40)


SHARES = st.sampled_from(
    [DEFAULT, SplitShares(seed=1), SplitShares(0.5, 0.25, 0.25), SplitShares(0.8, 0.2, 0.0)]
)


@given(tangled(), SHARES)
@settings(deadline=None, max_examples=150)
def test_a_split_never_tears_a_group_never_fails_and_leaves_every_label_to_learn_from(
    rows: list[dict[str, Any]], shares: SplitShares
) -> None:
    assume(len({row["label"] for row in rows}) > 1)
    done = assign_splits(manifest(rows), shares).rows
    assert set(done["split"]) <= set(SPLITS)
    assert done["problem"].null_count() == done.height
    for column in ("group_id", "duplicate_group"):
        torn = done.drop_nulls(column).group_by(column).agg(pl.col("split").n_unique())
        assert (torn["split"] == 1).all()
    assert set(done.filter(pl.col("split") == "train")["label"]) == set(done["label"])


@given(tangled(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_the_same_pictures_in_any_order_get_the_same_split(
    rows: list[dict[str, Any]], random: Any
) -> None:
    assume(len({row["label"] for row in rows}) > 1)
    whole = manifest(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    other = Manifest(whole.rows[order], BASE)
    one, two = (assign_splits(each, DEFAULT).rows.sort("image_id") for each in (whole, other))
    assert one.equals(two)


@given(tangled((None, *SPLITS)), SHARES)
@settings(deadline=None, max_examples=150)
def test_of_given_splits_no_copy_stands_on_both_sides(
    rows: list[dict[str, Any]], shares: SplitShares
) -> None:
    given_splits = manifest(rows)
    assume(given_splits.rows["split"].count() > 0)
    try:
        done = assign_splits(given_splits, shares)
    except DataError:
        return
    sides = done.usable.drop_nulls("duplicate_group").group_by("duplicate_group")
    assert (sides.agg(pl.col("split").n_unique())["split"] == 1).all()


def test_another_seed_gives_another_split() -> None:
    images = plain(a=50, b=50)
    splits = [assign_splits(images, SplitShares(seed=n)).rows["split"] for n in (0, 0, 1)]
    assert splits[0].equals(splits[1])
    assert not splits[0].equals(splits[2])


def test_every_label_has_its_shares() -> None:
    done = assign_splits(plain(a=200, b=100, c=20), DEFAULT)
    for label, size in (("a", 200), ("b", 100), ("c", 20)):
        found = count(done, label)
        for name, share in (("train", 0.7), ("validation", 0.15), ("test", 0.15)):
            assert abs(found[name] - share * size) <= 1


def test_shares_hold_for_groups_of_different_sizes() -> None:
    rows = [
        {"label": label, "group_id": f"{label}{group}"}
        for label in "ab"
        for group in range(60)
        for _ in range(1 + group % 5)
    ]
    found = count(assign_splits(manifest(rows), DEFAULT), "a")
    assert abs(found["test"] - 27) <= 5
    assert abs(found["validation"] - 27) <= 5


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (1, {"train": 1, "validation": 0, "test": 0}),
        (2, {"train": 1, "validation": 0, "test": 1}),
        (3, {"train": 1, "validation": 1, "test": 1}),
    ],
)
def test_a_rare_category_is_dealt_as_far_as_it_goes(images: int, expected: dict[str, int]) -> None:
    assert count(assign_splits(plain(rare=images, common=40), DEFAULT), "rare") == expected


def test_a_giant_group_is_for_training() -> None:
    rows = [{"label": "a", "group_id": "giant"}] * 50 + [{"label": "a"}] * 50 + [{"label": "b"}] * 9
    done = assign_splits(manifest(rows), DEFAULT).rows
    assert set(done.filter(pl.col("group_id") == "giant")["split"]) == {"train"}


def test_without_a_test_share_nothing_is_kept_for_a_test() -> None:
    done = assign_splits(plain(a=20, b=20), SplitShares(0.8, 0.2, 0.0))
    assert count(done, "a") == {"train": 16, "validation": 4, "test": 0}


def test_problems_and_pictures_without_a_label_get_no_split() -> None:
    rows = [{"label": "a"}] * 9 + [{"label": "b"}] * 9 + [{}, {"label": "a", "problem": "broken"}]
    done = assign_splits(manifest(rows), DEFAULT).rows
    assert done["split"][18:].to_list() == [None, None]
    assert done["split"].null_count() == 2


def test_splits_that_the_source_gave_are_kept() -> None:
    rows = [{"label": label, "split": split} for label in "ab" for split in SPLITS * 4]
    images = manifest(rows)
    assert assign_splits(images, DEFAULT).rows["split"].equals(images.rows["split"])


def test_training_pictures_alone_are_dealt_anew_and_a_missing_validation_is_cut_from_them() -> None:
    rows = [{"label": label, "split": "train"} for label in "ab" for _ in range(40)]
    found = count(assign_splits(manifest(rows), DEFAULT), "a")
    assert found == {"train": 28, "validation": 6, "test": 6}
    rows += [{"label": label, "split": "test"} for label in "ab" for _ in range(40)]
    found = count(assign_splits(manifest(rows), DEFAULT), "a")
    assert found == {"train": 33, "validation": 7, "test": 40}


def test_a_training_picture_whose_copy_is_tested_gets_a_problem() -> None:
    rows = [{"label": label, "split": split} for label in "ab" for split in SPLITS * 4]
    rows[0]["duplicate_group"] = rows[2]["duplicate_group"] = "same"
    done = assign_splits(manifest(rows), DEFAULT).rows
    assert done["problem"][0] == "duplicate of a test picture"
    assert done["problem"].count() == 1


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "No usable picture"),
        ([{}] * 5, "No usable picture"),
        ([{"label": "a"}] * 5, r"Only one category was found \('a'\)"),
        ([{"label": "a", "problem": "x"}, {"label": "b"}], r"Only one category was found \('b'\)"),
        (
            [{"label": "a", "split": "train"}, {"label": "b", "split": "test"}],
            "Unknown label 'b': 1 pictures",
        ),
    ],
)
def test_what_cannot_be_split_is_a_data_error(rows: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        assign_splits(manifest(rows), DEFAULT)


@pytest.mark.parametrize("shares", [(0.7, 0.2, 0.2), (0, 0.5, 0.5), (1.2, -0.1, -0.1), (1, 1, 1)])
def test_impossible_shares_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(SettingError, match="add up to 1"):
        SplitShares(*shares)


def test_small_categories_are_named() -> None:
    assert small_categories(plain(b=2, a=1, c=3)) == ["a", "b"]


def test_the_rest_of_a_product_follows_its_given_picture() -> None:
    rows: list[dict[str, Any]] = []
    for label in "ab":
        for number in range(40):
            given = {0: "test", 1: "validation"}.get(number % 10)
            rows += [{"label": label, "group_id": f"{label}{number}", "split": given}]
            rows += [{"label": label, "group_id": f"{label}{number}"}]
    split = assign_splits(manifest(rows), DEFAULT)
    done = split.rows
    assert done["problem"].null_count() == done.height
    assert done.group_by("group_id").agg(pl.col("split").n_unique())["split"].max() == 1
    assert count(split, "a") == {"train": 64, "validation": 8, "test": 8}


def test_a_product_that_is_given_to_two_splits_leaves_the_earlier_one() -> None:
    rows = [{"label": label, "split": split} for label in "ab" for split in SPLITS * 4]
    for place in (0, 1, 2):
        rows[place]["group_id"] = "torn"
    done = assign_splits(manifest(rows), DEFAULT).rows
    assert done["problem"][:3].to_list() == [
        "another picture of its group is a test picture",
        "another picture of its group is a test picture",
        None,
    ]
    assert done["problem"].count() == 2
