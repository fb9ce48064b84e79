"""A manifest's pictures are dealt to the splits, under a name that is never taken from others."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pixonomy.curation.split import SplitShares
from pixonomy.errors import ArtefactDiffers, SettingError
from pixonomy.manifest import read_manifest
from pixonomy.progress import Surroundings
from pixonomy.road.index import index
from pixonomy.road.split import split

KEYS = {"manifest", "rows", "groups", "categories", "problems", "splits", "damage"}


@pytest.fixture
def indexed(tmp_path: Path, write_pictures: Callable[..., Path]) -> Path:
    write_pictures(tmp_path / "pictures", 10, ("circle", "cross"))
    index([tmp_path / "pictures"], tmp_path / "indexed.parquet")
    return tmp_path / "indexed.parquet"


def test_the_result_has_the_promised_keys(indexed: Path, tmp_path: Path) -> None:
    result = split(indexed, tmp_path / "split.parquet")
    assert result.keys() == KEYS
    assert result["splits"].keys() == {"train", "validation", "test"}
    assert sum(result["splits"].values()) == result["rows"] == 20
    assert min(result["splits"].values()) > 0


def test_the_same_call_again_leaves_the_file_alone(indexed: Path, tmp_path: Path) -> None:
    output = tmp_path / "split.parquet"
    first = split(indexed, output)
    before = output.stat().st_mtime_ns
    assert split(indexed, output) == first
    assert output.stat().st_mtime_ns == before


def test_another_seed_is_refused_with_what_differs_and_overwrite_replaces(
    indexed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "split.parquet"
    split(indexed, output)
    before = read_manifest(output).rows["split"]
    with pytest.raises(ArtefactDiffers, match="seed was 0, now 7") as caught:
        split(indexed, output, SplitShares(seed=7))
    assert "--overwrite" in str(caught.value)
    split(indexed, output, SplitShares(seed=7), overwrite=True)
    assert not read_manifest(output).rows["split"].equals(before)


def test_a_file_that_is_no_manifest_is_never_replaced(indexed: Path, tmp_path: Path) -> None:
    output = tmp_path / "notes.csv"
    output.write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(SettingError, match="exists and is no manifest"):
            split(indexed, output, overwrite=overwrite)
    assert output.read_text() == "mine"


def test_what_is_no_manifest_cannot_be_split(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="is no manifest"):
        split(tmp_path / "nowhere.parquet", tmp_path / "split.parquet")


def test_copies_of_a_picture_stay_on_one_side(
    tmp_path: Path, write_pictures: Callable[..., Path]
) -> None:
    pictures = write_pictures(tmp_path / "pictures", 12, ("circle", "cross"))
    for number in range(12):
        copy = pictures / "cross" / f"{number:03d} copy.jpg"
        copy.write_bytes((pictures / "cross" / f"{number:03d}.jpg").read_bytes())
    index([pictures], tmp_path / "indexed.parquet")
    split(tmp_path / "indexed.parquet", tmp_path / "split.parquet")
    rows = read_manifest(tmp_path / "split.parquet").rows.drop_nulls("duplicate_group")
    sides = rows.group_by("duplicate_group").agg(pl.col("split").n_unique(), pl.len().alias("n"))
    assert sides["n"].sum() >= 24
    assert sides["split"].to_list() == [1] * sides.height


def test_problems_and_small_categories_are_told_each_time(
    indexed: Path, tmp_path: Path, write_pictures: Callable[..., Path]
) -> None:
    pictures = write_pictures(tmp_path / "pictures", 2, ("stripes",))
    (pictures / "cross" / "bad.jpg").write_text("text")
    index([pictures], indexed, overwrite=True)
    said: list[str] = []
    for _ in range(2):
        split(indexed, tmp_path / "split.parquet", surroundings=Surroundings(say=said.append))
    assert said[:2] == said[2:]
    assert "Pictures left out: 1" in said[0]
    assert "cross/bad.jpg: not a picture in a known format" in said[0]
    assert "fewer than three pictures: 1 (stripes)" in said[1]
