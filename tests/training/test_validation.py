import numpy as np
import polars as pl

from pixonomy.training.validation import divide_validation


def rows(count: int = 300) -> pl.DataFrame:
    """Pictures in pairs (products), the first fifty of them copies of each other by tens."""
    numbers = np.arange(count)
    return pl.DataFrame(
        {
            "image_id": [f"{one:03d}" for one in numbers],
            "group_id": [f"p{one // 2}" for one in numbers],
            "duplicate_group": [f"d{one // 10}" if one < 50 else None for one in numbers],
            "label": [f"l{one // 2 % 3}" if one >= 50 else "l0" for one in numbers],
            "split": ["validation" if one % 20 < 18 else "train" for one in numbers],
        }
    )


def test_halves_share_no_picture_no_product_and_no_copy() -> None:
    table = rows()
    divided = divide_validation(table)
    assert divided.are_apart
    both = np.concatenate([divided.stopping, divided.calibrating])
    assert sorted(both) == (table["split"] == "validation").arg_true().to_list()
    for key in ("group_id", "duplicate_group"):
        one, other = (
            set(table[half][key].drop_nulls()) for half in (divided.stopping, divided.calibrating)
        )
        assert not one & other


def test_every_label_is_in_both_halves_about_equally_often() -> None:
    table = rows().filter(pl.col("duplicate_group").is_null())
    divided = divide_validation(table)
    for label in table["label"].unique():
        shares = [
            (table[half]["label"] == label).sum()
            for half in (divided.stopping, divided.calibrating)
        ]
        assert abs(shares[0] - shares[1]) <= 2


def test_the_order_of_the_rows_decides_nothing() -> None:
    table = rows()
    mixed = table.sample(fraction=1.0, shuffle=True, seed=3)
    one, other = (divide_validation(each) for each in (table, mixed))
    assert set(table[one.calibrating]["image_id"]) == set(mixed[other.calibrating]["image_id"])


def test_few_pictures_serve_both_ways() -> None:
    divided = divide_validation(rows(40))
    assert not divided.are_apart
    np.testing.assert_array_equal(divided.stopping, divided.calibrating)
    assert len(divide_validation(rows(40).filter(split="train")).stopping) == 0
