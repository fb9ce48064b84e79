"""Pictures of one product or set of copies are one unit."""

import polars as pl

from pixonomy.evaluation.independent import number_groups

PREDICTIONS = pl.DataFrame({"image_id": list("abcdef"), "group_id": ["1", "1", "2", "3", "4", "5"]})


def units(rows: pl.DataFrame) -> list[str]:
    return number_groups(PREDICTIONS, rows)["unit"].to_list()


def test_groups_and_copies_that_share_a_picture_are_one_unit() -> None:
    rows = pl.DataFrame(
        {
            "image_id": list("fedcba"),
            "duplicate_group": [None, None, "x", None, "x", None],
            "sha256": ["s", "t", "u", "t", "v", "w"],
        }
    )
    # b and d are copies, a and b one product, c and e the same file.
    assert units(rows) == ["a", "a", "c", "a", "c", "f"]


def test_where_nobody_looked_for_copies_groups_are_units() -> None:
    rows = PREDICTIONS.select("image_id")
    assert units(rows) == ["a", "a", "c", "d", "e", "f"]
    blank = rows.with_columns(duplicate_group=pl.lit(None, pl.String))
    assert units(blank) == ["a", "a", "c", "d", "e", "f"]


def test_no_predictions_have_no_units() -> None:
    rows = PREDICTIONS.select("image_id")
    assert number_groups(PREDICTIONS.clear(), rows).columns == ["image_id", "group_id", "unit"]
