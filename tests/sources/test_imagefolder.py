from pathlib import Path

import polars as pl
import pytest

from conftest import as_bytes, draw_shape
from pixonomy.sources.damage import Indexed
from pixonomy.sources.folder import index_folder

ENDINGS = ("csv", "jsonl", "parquet")


def write_split(folder: Path, count: int, ending: str, **columns: list[str]) -> None:
    """Write pictures 0.png, 1.png, … and a table of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number}.png").write_bytes(as_bytes(draw_shape("circle", number), "PNG"))
    table = pl.DataFrame({"file_name": [f"{number}.png" for number in range(count)], **columns})
    match ending:
        case "csv":
            table.write_csv(folder / "metadata.csv")
        case "jsonl":
            table.write_ndjson(folder / "metadata.jsonl")
        case _:
            table.write_parquet(folder / "metadata.parquet")


def told(indexed: Indexed) -> list[tuple[object, ...]]:
    return indexed.rows.select("uri", "label", "split").sort("uri").rows()


@pytest.mark.parametrize("ending", ENDINGS)
def test_metadata_of_each_split_name_the_categories(tmp_path: Path, ending: str) -> None:
    write_split(tmp_path / "train", 2, ending, label=["cat", "dog"])
    write_split(tmp_path / "test", 1, ending, label=["cat"])
    assert told(index_folder(tmp_path, tmp_path)) == [
        ("test/0.png", "cat", "test"),
        ("train/0.png", "cat", "train"),
        ("train/1.png", "dog", "train"),
    ]


@pytest.mark.parametrize("ending", ENDINGS)
def test_metadata_of_the_whole_folder_name_pictures_below_it(tmp_path: Path, ending: str) -> None:
    write_split(tmp_path, 2, ending, label=["cat", "dog"])
    assert told(index_folder(tmp_path, tmp_path)) == [
        ("0.png", "cat", None),
        ("1.png", "dog", None),
    ]


def test_splits_are_the_folders_that_file_names_go_through(tmp_path: Path) -> None:
    for split in ("train", "val"):
        write_split(tmp_path / split, 1, "csv", label=["cat"])
        (tmp_path / split / "metadata.csv").unlink()
    (tmp_path / "metadata.csv").write_text("file_name,label\ntrain/0.png,cat\nval/0.png,dog\n")
    assert told(index_folder(tmp_path, tmp_path)) == [
        ("train/0.png", "cat", "train"),
        ("val/0.png", "dog", "validation"),
    ]


def test_pictures_that_no_metadata_name_are_passed_over_and_missing_ones_told(
    tmp_path: Path,
) -> None:
    write_split(tmp_path, 2, "csv", label=["cat", "dog"])
    (tmp_path / "extra.png").write_bytes((tmp_path / "0.png").read_bytes())
    (tmp_path / "1.png").unlink()
    indexed = index_folder(tmp_path, tmp_path)
    assert indexed.passed_over["not named in the metadata"] == 1
    assert indexed.missing == 1


def test_metadata_without_categories_leave_them_to_the_folders(tmp_path: Path) -> None:
    write_split(tmp_path / "cat", 2, "csv", text=["a cat", "another"])
    write_split(tmp_path / "dog", 1, "csv", text=["a dog"])
    rows = told(index_folder(tmp_path, tmp_path))
    assert [label for _, label, _ in rows] == ["cat", "cat", "dog"]
    (tmp_path / "cat" / "metadata.csv").write_text("author,licence\nme,cc0\n")
    assert [label for _, label, _ in told(index_folder(tmp_path, tmp_path))] == ["cat"] * 2 + [
        "dog"
    ]
