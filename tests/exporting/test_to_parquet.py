import json
from pathlib import Path

import polars as pl

from pixonomy.exporting.export_shard import Shard
from pixonomy.exporting.to_parquet import write_table

NAME = "shard.parquet"


def test_rows_hold_the_bytes_as_they_were_and_numbers_of_labels(
    shard: Shard, tmp_path: Path, classes: dict[str, int], images: dict[str, bytes]
) -> None:
    assert write_table(shard, tmp_path / NAME, classes) == {2: "the file is missing"}
    assert pl.read_parquet(tmp_path / NAME).to_dicts() == [
        {
            "image": {"bytes": images["a.jpg"], "path": "000000000.jpg"},
            "label": 4, "split": "train", "group_id": "g", "image_id": "été/a.jpg",
        },
        {
            "image": {"bytes": images["b.jpg"], "path": "000000001.png"},
            "label": None, "split": "train", "group_id": "h", "image_id": "b.jpg",
        },
    ]  # fmt: skip


def test_the_metadata_name_the_labels_and_hide_the_types_from_arrow(
    shard: Shard, tmp_path: Path, classes: dict[str, int]
) -> None:
    write_table(shard, tmp_path / NAME, classes)
    about = pl.read_parquet_metadata(tmp_path / NAME)
    features = json.loads(about["huggingface"])["info"]["features"]
    assert features["label"] == {"names": ["gâteau", "x"], "_type": "ClassLabel"}
    assert features["image"] == {"_type": "Image"}
    assert "ARROW:schema" not in about


def test_a_shard_of_which_nothing_can_be_read_is_a_table_without_rows(
    shard: Shard, tmp_path: Path, classes: dict[str, int]
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).unlink()
    assert len(write_table(shard, tmp_path / NAME, classes)) == 3
    assert pl.read_parquet(tmp_path / NAME).height == 0
