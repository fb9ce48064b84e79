import polars as pl
import pytest

from pixonomy.evaluation.shares import share_of, share_right


def test_a_share_comes_with_its_wilson_interval() -> None:
    share = share_right(8, 10)
    assert share is not None
    assert share.as_json() == {
        "n": 10,
        "accuracy": 0.8,
        "accuracy_low": pytest.approx(0.490, abs=1e-3),
        "accuracy_high": pytest.approx(0.943, abs=1e-3),
        "units": 10,
    }
    counted = share_of(pl.Series([True] * 8 + [False] * 2))
    assert counted is not None
    assert counted.as_json() == pytest.approx(share.as_json())


def test_pictures_of_one_product_are_one_unit() -> None:
    alone = share_of(pl.Series([True, False] * 20))
    tied = share_of(pl.Series([True] * 20 + [False] * 20), pl.Series([n // 4 for n in range(40)]))
    assert alone is not None
    assert tied is not None
    assert (tied.units, tied.n, tied.accuracy) == (10, 40, 0.5)
    assert tied.accuracy_high - tied.accuracy_low > 1.7 * (alone.accuracy_high - alone.accuracy_low)


def test_of_no_pictures_there_is_no_share() -> None:
    assert share_right(0, 0) is None
    assert share_of(pl.Series([], dtype=pl.Boolean)) is None
