"""What is held out by a column is nowhere in training, and nobody is left without teaching."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixonomy.dataset.manifest import SPLITS, Manifest, conform
from pixonomy.errors import DataError, SettingError
from pixonomy.splitting.assign import SplitShares, assign_splits, read_held_out
from pixonomy.splitting.holdout import HeldOutRecord

BY_SOURCE = SplitShares(hold_out="source")


def manifest(rows: list[dict[str, Any]]) -> Manifest:
    names = ("image_id", "label", "group_id", "duplicate_group", "split", "problem", "source")
    schema = dict.fromkeys(names, pl.String)
    table = pl.DataFrame([{"image_id": f"{n:04d}", **row} for n, row in enumerate(rows)], schema)
    return Manifest(
        conform(table.with_columns(pl.col("group_id").fill_null(pl.col("image_id")))), Path("/")
    )


def rows_of(label: str, **sources: int) -> list[dict[str, Any]]:
    """Give a label so many pictures of each source; a source called `none` is none."""
    return [
        {"label": label, "source": None if source == "none" else source}
        for source, count in sources.items()
        for _ in range(count)
    ]


def held_out(done: Manifest) -> HeldOutRecord:
    found = read_held_out(done)
    assert found is not None
    return found


def sides(done: Manifest, label: str) -> dict[str | None, set[str]]:
    rows = done.usable.filter(pl.col("label") == label)
    return {
        source: set(rows.filter(pl.col("source").eq_missing(source))["split"])
        for source in rows["source"].unique()
    }


def test_whole_sources_are_tested_and_validated_where_there_are_enough() -> None:
    done = assign_splits(
        manifest([*rows_of("a", x=60, y=100, z=140), *rows_of("b", u=3, v=5)]), BY_SOURCE
    )
    found = sides(done, "a")
    assert found["z"] == {"train"}
    assert sorted([*found["x"], *found["y"]]) == ["test", "validation"]
    assert sides(done, "b")["u"] == {"test"}


def test_without_a_third_source_validation_is_cut_from_training() -> None:
    done = assign_splits(manifest([*rows_of("a", x=40, y=60), *rows_of("b", z=100)]), BY_SOURCE)
    assert sides(done, "a") == {"x": {"test"}, "y": {"train", "validation"}}
    assert sides(done, "b") == {"z": {"train", "validation"}}
    assert done.rows.filter(source="y", split="validation").height == round(60 * 15 / 85)
    without = assign_splits(done, SplitShares(0.85, 0.0, 0.15, hold_out="source"))
    assert set(without.rows["split"]) == {"train", "test"}


def test_a_label_with_one_source_is_told_and_never_tested() -> None:
    done = assign_splits(manifest([*rows_of("a", x=9, y=9), *rows_of("b", z=9)]), BY_SOURCE)
    told = held_out(done)
    assert told["column"] == "source"
    assert (told["untested"], told["single"], told["kept"]) == (["b"], ["b"], [])
    assert told["values"] == {"train": 2, "validation": 0, "test": 1}
    assert told["test"] in (["x"], ["y"])
    assert "test" not in sides(done, "b")["z"]


def test_pictures_without_a_source_are_never_tested() -> None:
    rows = [*rows_of("a", x=9, y=9, none=9), *rows_of("b", z=9, none=9)]
    rows[-1]["source"] = "  "
    done = assign_splits(manifest(rows), BY_SOURCE)
    assert held_out(done)["without_value"] == 18
    assert "test" not in sides(done, "a")[None] | sides(done, "b")[None]
    assert held_out(done)["untested"] == ["b"]


def test_a_copy_of_a_tested_picture_is_left_out_of_training() -> None:
    rows = [*rows_of("a", x=9, y=20), *rows_of("b", z=9, w=20)]
    rows[0]["duplicate_group"] = rows[15]["duplicate_group"] = "same"
    rows[1]["group_id"] = rows[16]["group_id"] = "one product"
    done = assign_splits(manifest(rows), BY_SOURCE).rows
    assert done["problem"][15] == "duplicate of a test picture"
    assert done["problem"][16] == "of the same group as a test picture"
    assert done["problem"].count() == 2


def test_a_label_that_would_lose_all_it_learns_from_keeps_it() -> None:
    rows = [*rows_of("a", x=2, y=3), *rows_of("b", z=9, w=20)]
    for row in (0, 2, 3, 4):
        rows[row]["duplicate_group"] = "same"
    done = assign_splits(manifest(rows), BY_SOURCE).rows
    assert done["problem"].to_list()[:5] == ["duplicate of a training picture", *[None] * 4]
    assert done["split"].to_list()[1:5] == ["test", "train", "train", "train"]


def test_a_label_whose_every_source_is_held_out_for_others_stays_and_is_told() -> None:
    common = [one for label in "abcdef" for one in rows_of(label, x=70, y=15)]
    done = assign_splits(manifest([*common, *rows_of("g", y=3)]), BY_SOURCE)
    assert sides(done, "a")["y"] == {"test"}
    assert "test" not in sides(done, "g")["y"]
    told = held_out(done)
    assert (told["single"], told["kept"]) == (["g"], ["g"])


def test_splits_of_before_are_dealt_anew_and_the_column_keeps_its_type() -> None:
    rows = [*rows_of("a", **{"1": 9, "2": 9}), *rows_of("b", **{"3": 9, "4": 9})]
    before = manifest([{**row, "split": "test"} for row in rows])
    numbered = before.rows.with_columns(pl.col("source").cast(pl.Int64))
    done = assign_splits(Manifest(numbered, Path("/")), BY_SOURCE).rows
    assert done.schema["source"] == pl.Int64
    assert {"train", "test"} <= set(done["split"])


@pytest.mark.parametrize("column", ["source", "label"])
def test_where_nothing_can_be_held_out_it_is_said(column: str) -> None:
    images = manifest([*rows_of("a", x=9), *rows_of("b", y=9)])
    with pytest.raises(DataError, match=f"Nothing can be held out by '{column}'"):
        assign_splits(images, SplitShares(hold_out=column))


def test_holding_out_needs_a_test() -> None:
    with pytest.raises(SettingError, match="--test above 0"):
        SplitShares(0.8, 0.2, 0.0, hold_out="source")


def tangled() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Give rows whose groups, copies and sources overlap, across labels too."""
    row = st.fixed_dictionaries(
        {
            "label": st.sampled_from("aaaabbbcd"),
            "source": st.none() | st.sampled_from("pqrstuv"),
            "group_id": st.none() | st.sampled_from([f"g{n}" for n in range(8)]),
            "duplicate_group": st.none() | st.sampled_from([f"d{n}" for n in range(6)]),
        }
    )
    return st.lists(row, min_size=2, max_size=40)


@given(tangled(), st.sampled_from([BY_SOURCE, SplitShares(0.5, 0.0, 0.5, 1, "source")]))
@settings(deadline=None, max_examples=80)
def test_no_group_is_torn_no_copy_on_both_sides_and_every_label_is_taught(
    rows: list[dict[str, Any]], shares: SplitShares
) -> None:
    assume(len({row["label"] for row in rows}) > 1)
    try:
        done = assign_splits(manifest(rows), shares)
    except DataError:
        return
    assert set(done.rows["split"]) <= set(SPLITS)
    for column in ("group_id", "duplicate_group"):
        torn = done.usable.drop_nulls(column).group_by(column).agg(pl.col("split").n_unique())
        assert (torn["split"] == 1).all()
    assert set(done.usable.filter(split="train")["label"]) == set(done.rows["label"])
    told = held_out(done)
    seen = done.usable.filter(pl.col("split") != "test", ~pl.col("label").is_in(told["kept"]))
    tested = done.usable.filter(split="test")
    assert not set(tested["source"]) & {*seen["source"], None}
    assert set(done.rows["label"]) - set(tested["label"]) == set(told["untested"])


@given(tangled(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=25)
def test_the_same_pictures_in_any_order_are_held_out_alike(
    rows: list[dict[str, Any]], random: Any
) -> None:
    assume(len({row["label"] for row in rows}) > 1)
    whole = manifest(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    try:
        one, two = (
            assign_splits(each, BY_SOURCE).rows.sort("image_id")
            for each in (whole, Manifest(whole.rows[order], Path("/")))
        )
    except DataError:
        return
    assert one.equals(two)
