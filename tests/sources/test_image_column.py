"""Tables that hold pictures, as Hugging Face writes them, become rows that can be read."""

import contextlib
import json
import os
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pixonomy.dataset.location import locate
from pixonomy.dataset.read import read_bytes
from pixonomy.errors import PixonomyError, SettingError, StorageError
from pixonomy.sources.columns import TableColumns
from pixonomy.sources.image_column import find_image_column, index_image_column
from pixonomy.sources.member import BATCH

USUAL = TableColumns()
PICTURE = pl.Struct({"bytes": pl.Binary, "path": pl.String})


def write(path: Path, content: dict[str, Any], features: object = None, **schema: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    about = json.dumps({"info": {"features": features}})
    table = pl.DataFrame(content, schema_overrides=schema)
    table.write_parquet(path, metadata={"huggingface": about} if features else None)
    return path


def images(*data: bytes | None, path: str | None = None) -> list[dict[str, Any]]:
    return [{"bytes": one, "path": path} for one in data]


def rows_of(table: Path, columns: TableColumns = USUAL, base: Path | None = None) -> pl.DataFrame:
    return pl.concat(
        batch.rows for batch in index_image_column(table, columns, base or table.parent)
    )


def test_structs_of_bytes_are_rows_that_hold_them(tmp_path: Path) -> None:
    table = write(
        tmp_path / "sub" / "t.parquet",
        {"image": images(b"one", b"", b"three", path="x.jpg"), "label": ["a", "b", "a"]},
    )
    rows = rows_of(table, base=tmp_path)
    assert rows.select("image_id", "uri", "offset", "length", "member", "encoding").rows() == [
        ("sub/t.parquet#0", "sub/t.parquet", None, 3, "0", "parquet:image"),
        ("sub/t.parquet#1", "sub/t.parquet", None, 0, "1", "parquet:image"),
        ("sub/t.parquet#2", "sub/t.parquet", None, 5, "2", "parquet:image"),
    ]
    assert rows["label"].to_list() == ["a", "b", "a"]
    assert rows["group_id"].to_list() == rows["image_id"].to_list()
    assert [read_bytes(one) for one in locate(rows, tmp_path)] == [b"one", b"", b"three"]


def test_plain_bytes_are_pictures_too(tmp_path: Path) -> None:
    rows = rows_of(write(tmp_path / "t.parquet", {"jpeg": [b"1", None], "label": [1, 2]}))
    assert rows["encoding"].to_list() == ["parquet:jpeg", None]
    assert rows["problem"].to_list() == [None, "the table holds no picture"]
    assert read_bytes(locate(rows, tmp_path)[0]) == b"1"


@pytest.mark.parametrize(
    ("content", "columns", "found"),
    [
        ({"path": ["x"], "photo": images(b"1")}, USUAL, "photo"),
        ({"image": images(b"1"), "mask": images(b"2")}, USUAL, "image"),
        ({"one": images(b"1"), "two": images(b"2")}, USUAL, None),
        ({"one": images(b"1"), "two": images(b"2")}, TableColumns(path="two"), "two"),
        ({"path": ["x"], "hash": [b"1"]}, USUAL, None),
        ({"path": ["x"], "hash": [b"1"]}, TableColumns(path="hash"), "hash"),
        ({"image": [b"1"], "hash": [b"1"]}, USUAL, "image"),
        ({"id": ["x"], "data": [b"1"]}, USUAL, "data"),
        ({"name": ["x"], "data": [b"1"]}, USUAL, "data"),
        ({"path": ["x"], "photo": images(b"1")}, TableColumns(path="path"), None),
        ({"path": ["x"], "info": [{"a": 1}]}, USUAL, None),
    ],
)
def test_the_column_of_pictures_is_found(
    tmp_path: Path, content: dict[str, Any], columns: TableColumns, found: str | None
) -> None:
    assert find_image_column(write(tmp_path / "t.parquet", content), columns) == found


def test_numbers_of_class_labels_get_their_names(tmp_path: Path) -> None:
    features = {
        "labels": {"_type": "ClassLabel", "names": ["cat", "dog"]},
        "image": {"_type": "Image"},
    }
    content = {"image": images(*[b"1"] * 4), "labels": [1, 0, -1, 7]}
    rows = rows_of(write(tmp_path / "t.parquet", content, features))
    assert rows["label"].to_list() == ["dog", "cat", None, "7"]


@pytest.mark.parametrize(
    "features",
    [
        {"label": {"_type": "ClassLabel"}},
        {"label": {"_type": "ClassLabel", "names": [1, 2]}},
        {"label": {"_type": "Value"}},
        {"label": "ClassLabel"},
        ["label"],
        "label",
    ],
)
def test_other_features_leave_the_numbers_as_they_are(tmp_path: Path, features: object) -> None:
    content = {"image": images(b"1", b"2"), "label": [0, -1]}
    rows = rows_of(write(tmp_path / "t.parquet", content, features))
    assert rows["label"].to_list() == ["0", "-1"]


def test_metadata_that_are_no_json_do_no_harm(tmp_path: Path) -> None:
    table = pl.DataFrame({"image": images(b"1"), "label": [3]})
    for text in ("{broken", "[" * 100_000, "null", '{"info": null}'):
        table.write_parquet(tmp_path / "t.parquet", metadata={"huggingface": text})
        assert rows_of(tmp_path / "t.parquet")["label"].to_list() == ["3"]


def test_the_split_is_that_of_the_column_and_else_that_of_the_file(tmp_path: Path) -> None:
    content = {"image": images(b"1", b"2")}
    table = write(tmp_path / "t.parquet", content)
    (batch,) = index_image_column(table, USUAL, tmp_path, "train")
    assert batch.rows["split"].to_list() == ["train", "train"]
    write(table, {**content, "split": ["test", None]})
    (batch,) = index_image_column(table, USUAL, tmp_path, "validation")
    assert batch.rows["split"].to_list() == ["test", "validation"]


def test_columns_that_only_may_tell_splits_are_told(tmp_path: Path) -> None:
    content = {"image": images(b"1", b"2"), "fold": [1, 2], "is_valid": [False, True]}
    (batch,) = index_image_column(write(tmp_path / "t.parquet", content), USUAL, tmp_path)
    assert batch.rows["split"].to_list() == ["train", "validation"]
    assert batch.rows["fold"].to_list() == ["1", "2"]
    assert "column 'fold' tells no splits (1, 2)" in batch.remarks[0]


def test_whole_numbers_stored_as_floats_are_whole_and_get_their_names(tmp_path: Path) -> None:
    content = {"image": images(*[b"1"] * 4), "label": [1.0, 0.0, float("nan"), 7.0]}
    table = write(tmp_path / "t.parquet", content)
    assert rows_of(table)["label"].to_list() == ["1", "0", None, "7"]
    write(table, content, {"label": {"_type": "ClassLabel", "names": ["cat ", "dog"]}})
    assert rows_of(table)["label"].to_list() == ["dog", "cat", None, "7"]


def test_a_path_without_bytes_is_a_file_beside_the_table(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"beside")
    content = {"image": [*images(None, path="a.jpg"), *images(None)]}
    rows = rows_of(write(tmp_path / "t.parquet", content, image=PICTURE))
    assert rows.select("image_id", "uri", "offset", "length", "member", "encoding").rows() == [
        ("t.parquet#0", "a.jpg", 0, None, None, None),
        ("t.parquet#1", None, None, None, None, None),
    ]
    assert rows["problem"].to_list() == [None, "the table holds no picture"]
    assert read_bytes(locate(rows, tmp_path)[0]) == b"beside"
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a.jpg").write_bytes(b"below")
    rooted = rows_of(tmp_path / "t.parquet", TableColumns(root=tmp_path / "root"))
    assert rooted["uri"][0] == "root/a.jpg"


def test_a_file_beside_the_table_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"beside")
    (tmp_path / "root").mkdir()
    content = {"image": [*images(None, path="b.jpg"), *images(None, path="A.JPG")]}
    table = write(tmp_path / "t.parquet", content, image=PICTURE)
    (batch,) = index_image_column(table, USUAL, tmp_path)
    assert batch.rows["problem"].to_list() == ["the file is missing", None]
    assert batch.rows["uri"].to_list() == ["b.jpg", "a.jpg"]
    assert batch.missing == 1
    write(table, {"image": images(None, path="../a.jpg")}, image=PICTURE)
    confined = rows_of(table, TableColumns(root=tmp_path / "root"))
    assert confined["problem"].to_list() == ["outside --root"]


def test_groups_and_other_columns_are_kept(tmp_path: Path) -> None:
    content = {
        "image": images(b"1", b"2"), "group_id": ["g", None], "price": [1.5, None],
        "vector": [[1], [2]], "sha256": ["forged", "forged"], "thumbnail": [b"", b""],
    }  # fmt: skip
    rows = rows_of(write(tmp_path / "t.parquet", content))
    assert rows["group_id"].to_list() == ["g", "t.parquet#1"]
    assert rows["price"].to_list() == ["1.5", None]
    assert not {"vector", "sha256", "thumbnail"} & set(rows.columns)


def test_large_tables_come_in_batches(tmp_path: Path) -> None:
    count = BATCH + 10
    table = write(tmp_path / "t.parquet", {"image": [b"1"] * count})
    batches = list(index_image_column(table, USUAL, tmp_path))
    assert [batch.rows.height for batch in batches] == [BATCH, 10]
    assert batches[1].rows["member"][9] == str(count - 1)


def test_an_empty_table_is_one_batch_without_rows(tmp_path: Path) -> None:
    table = write(tmp_path / "t.parquet", {"image": []}, image=PICTURE)
    (batch,) = index_image_column(table, USUAL, tmp_path)
    full = rows_of(write(tmp_path / "u.parquet", {"image": images(b"1")}))
    assert batch.rows.height == 0
    assert batch.rows.schema == full.schema


def test_a_table_without_pictures_and_a_damaged_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="has no column of pictures"):
        rows_of(write(tmp_path / "t.parquet", {"path": ["1.jpg"]}))
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(StorageError, match="is damaged: it cannot be read as Parquet"):
        rows_of(tmp_path / "t.parquet")


def test_a_table_whose_name_is_not_utf_8_is_read(tmp_path: Path) -> None:
    table = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.parquet"))
    write(tmp_path / "t.parquet", {"image": images(b"1")}).rename(table)
    rows = rows_of(table)
    assert rows["uri"].to_list() == ["percent:%E9.parquet"]
    assert read_bytes(locate(rows, tmp_path)[0]) == b"1"


def test_flipped_bytes_are_told_or_do_no_harm(tmp_path: Path) -> None:
    generator = random.Random(4)
    content = {"image": images(*[generator.randbytes(90) for _ in range(40)]), "label": [1] * 40}
    whole = write(tmp_path / "t.parquet", content).read_bytes()
    for _ in range(150):
        changed = bytearray(whole)
        changed[generator.randrange(len(whole))] ^= generator.randrange(1, 256)
        (tmp_path / "t.parquet").write_bytes(changed)
        with contextlib.suppress(PixonomyError):
            assert rows_of(tmp_path / "t.parquet").height <= 40
