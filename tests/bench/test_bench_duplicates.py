"""The benchmark of duplicates runs on a small scale, and cleans up behind itself."""

import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytest.importorskip("pdqhash")

from pixonomy.bench.bench_duplicates import bench_duplicates
from pixonomy.bench.hashing import near_pairs
from pixonomy.bench.plant import REPORTED, TUNING, plants
from pixonomy.bench.recall import Found, count, describe
from pixonomy.errors import DataError
from pixonomy.images.decode import decode
from pixonomy.progress import Context


def test_every_alteration_gives_another_picture_and_repeats_itself() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    for name, plant in plants(REPORTED).items():
        one, again = (plant.make(pixels, np.random.default_rng(5)) for _ in "ab")
        assert one == again, name
        altered = decode(one)
        assert altered.shape != pixels.shape or (altered != pixels).any(), name


def test_what_is_reported_was_not_tuned_on() -> None:
    common = plants(REPORTED).keys() & plants(TUNING).keys()
    # Flips and grey pictures have no strength; blur, noise and text are named without theirs.
    assert common == {"flip", "grey", "blur", "noise", "text"}
    assert (REPORTED.blur, REPORTED.noise) != (TUNING.blur, TUNING.noise)
    assert REPORTED.letters != TUNING.letters


def test_the_table_names_2000_different_pictures() -> None:
    with files("pixonomy.bench").joinpath("duplicate_base.csv").open("rb") as table:
        rows = pl.read_csv(table, comment_prefix="#")
    assert rows["sha256"].n_unique() == rows.height == 2000


def test_pairs_of_an_original_and_its_copy_are_right_and_all_others_wrong() -> None:
    first, second = np.array([0, 0, 1, 2]), np.array([3, 1, 5, 5])
    assert count(first, second, 3) == Found(right=2, wrong=2)


def test_near_hashes_are_all_found_once() -> None:
    bits = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 1, 1]], np.uint8)
    pairs = near_pairs(bits, 1)
    assert (pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist()) == ([0], [1], [1])


def test_a_yardstick_that_finds_nothing_has_no_ratio() -> None:
    recall, false = describe({"ours": {"flip": Found(9, 1)}, "hash": {"flip": Found(0, 0)}}, 10)
    assert recall.as_json()["figure"] == 90
    assert recall.as_json()["yardsticks"] == [{"name": "hash", "figure": 0, "ratio": None}]
    assert false.as_json()["figure"] == 100


@pytest.mark.slow
def test_drawn_pictures_are_planted_and_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    measured = bench_duplicates(Context(), images=12)
    recall = {one.work: one.figure for one in measured if one.unit == "%"}
    assert len(recall) == len(plants(REPORTED))
    assert min(recall.values()) >= 50
    assert [len(one.yardsticks) for one in measured if one.unit == "%"] == [4] * len(recall)
    assert list(tmp_path.iterdir()) == []


def test_pictures_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needed for this benchmark"):
        bench_duplicates(Context(), tmp_path)
