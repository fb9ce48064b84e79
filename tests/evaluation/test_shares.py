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
    }
    assert share_of(pl.Series([True] * 8 + [False] * 2)) == share


def test_of_no_pictures_there_is_no_share() -> None:
    assert share_right(0, 0) is None
    assert share_of(pl.Series([], dtype=pl.Boolean)) is None
