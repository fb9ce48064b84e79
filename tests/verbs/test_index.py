"""Folders and tables become a manifest under a name that is never taken from others."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from conftest import as_bytes, draw_shape
from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import ArtefactDiffers, DataError, SettingError
from pixonomy.progress import Context
from pixonomy.verbs.index import index

KEYS = {
    "manifest", "rows", "groups", "categories", "problems", "splits", "labels", "passed_over",
    "missing", "damage",
}  # fmt: skip


@pytest.fixture
def images(tmp_path: Path, write_images: Callable[..., Path]) -> Path:
    return write_images(tmp_path / "pictures", 3)


def test_the_result_has_the_promised_keys(images: Path, tmp_path: Path) -> None:
    result = index([images], tmp_path / "m.parquet")
    assert result.keys() == KEYS
    assert result["splits"] == {"train": 0, "validation": 0, "test": 0}
    assert (result["rows"], result["categories"], result["problems"]) == (9, 3, 0)
    assert result["damage"] == []


def test_the_same_call_again_leaves_the_file_alone(images: Path, tmp_path: Path) -> None:
    output = tmp_path / "m.parquet"
    first = index([images], output)
    before = output.stat().st_mtime_ns
    assert index([images], output) == first
    assert output.stat().st_mtime_ns == before


def test_other_pictures_under_the_same_name_are_refused_and_overwrite_replaces(
    images: Path, tmp_path: Path
) -> None:
    output = tmp_path / "m.parquet"
    index([images], output)
    (images / "circle" / "000.jpg").unlink()
    with pytest.raises(ArtefactDiffers, match="pictures was \\[9\\], now \\[8\\]"):
        index([images], output)
    assert index([images], output, overwrite=True)["rows"] == 8


def test_a_picture_written_anew_is_noticed(images: Path, tmp_path: Path) -> None:
    index([images], tmp_path / "m.parquet")
    (images / "circle" / "000.jpg").write_bytes(b"other")
    with pytest.raises(ArtefactDiffers, match="content was"):
        index([images], tmp_path / "m.parquet")


def test_a_file_that_is_no_manifest_is_never_replaced(images: Path, tmp_path: Path) -> None:
    output = tmp_path / "notes.csv"
    output.write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(SettingError, match="exists and is no manifest"):
            index([images], output, overwrite=overwrite)
    with pytest.raises(SettingError, match="exists and is no manifest"):
        index([images], tmp_path, overwrite=True)
    assert output.read_text() == "mine"


def test_several_sources_make_one_manifest(
    images: Path, tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    more = write_images(tmp_path / "more", 2, ("cross",))
    result = index([images, more], tmp_path / "m.parquet")
    assert (result["rows"], result["categories"]) == (11, 3)
    manifest = read_manifest(tmp_path / "m.parquet")
    assert all((manifest.base / uri).is_file() for uri in manifest.rows["uri"])


def test_a_manifest_is_a_source_too(
    images: Path, tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    index([images], tmp_path / "m.parquet")
    more = write_images(tmp_path / "more", 2, ("cross",))
    result = index([tmp_path / "m.parquet", more], tmp_path / "both.parquet")
    manifest = read_manifest(tmp_path / "both.parquet")
    assert result["rows"] == 11
    assert all((manifest.base / uri).is_file() for uri in manifest.rows["uri"])


def test_a_table_keeps_its_labels_splits_and_groups(images: Path, tmp_path: Path) -> None:
    rows = {
        "path": ["cross/000.jpg", "circle/000.jpg", "circle/001.jpg"],
        "label": ["007", "été", "été"],
        "split": ["Train", "train", "val"],
        "group": ["a", "b", "b"],
    }
    pl.DataFrame(rows).write_csv(images / "table.csv")
    result = index([images / "table.csv"], tmp_path / "m.parquet")
    assert result["splits"] == {"train": 2, "validation": 1, "test": 0}
    assert result["groups"] == 2
    assert read_manifest(tmp_path / "m.parquet").labels == ("007", "été")


def test_pictures_without_a_category_are_told(images: Path, tmp_path: Path) -> None:
    said: list[str] = []
    around = Context(report=said.append)
    (images / "loose.jpg").write_bytes((images / "cross" / "000.jpg").read_bytes())
    index([images], tmp_path / "m.parquet", context=around)
    assert "no category" in said[0]
    index([images / "cross"], tmp_path / "n.parquet", context=around)
    assert "expected one folder per category" in said[1]


def test_no_source_a_missing_one_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="at least one source"):
        index([], tmp_path / "m.parquet")
    with pytest.raises(SettingError, match="There is no source at"):
        index([tmp_path / "nowhere"], tmp_path / "m.parquet")
    with pytest.raises(DataError, match="No pictures found"):
        index([tmp_path], tmp_path / "m.parquet")
    assert not (tmp_path / "m.parquet").exists()


def test_what_was_found_is_told_in_words_and_json(images: Path, tmp_path: Path) -> None:
    (images / "cross" / "notes.txt").write_text("words")
    (images / "boats").mkdir()
    result = index([images], tmp_path / "m.parquet")
    assert result["labels"] == {"circle": 3, "cross": 3, "stripes": 3}
    assert result["passed_over"] == {".txt": 1, "empty folders: boats": 1}
    assert result["missing"] == 0
    assert index([images], tmp_path / "m.parquet") == result  # and told again


def test_files_that_a_table_names_and_that_are_not_there_are_counted(
    images: Path, tmp_path: Path
) -> None:
    (images / "t.csv").write_text("path,label\ncross/000.jpg,a\nnowhere.jpg,b\n")
    result = index([images / "t.csv"], tmp_path / "m.parquet")
    assert (result["rows"], result["problems"], result["missing"]) == (2, 1, 1)


def test_names_that_look_like_a_mistake_are_told_and_told_again(
    images: Path, tmp_path: Path
) -> None:
    (images / "cross").rename(images / "train")
    for _ in range(2):
        said: list[str] = []
        index([images], tmp_path / "m.parquet", context=Context(report=said.append))
        assert ["called like splits (train)" in one for one in said] == [True]


def test_folders_named_one_by_one_are_categories_and_named_splits_are_splits(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    images = write_images(tmp_path / "pictures", 3)
    labels = [images / name for name in ("circle", "cross")]
    result = index(labels, tmp_path / "m.parquet")
    assert result["labels"] == {"circle": 3, "cross": 3}
    splits = [write_images(tmp_path / name, 2) for name in ("train", "val")]
    result = index(splits, tmp_path / "n.parquet")
    assert result["splits"] == {"train": 6, "validation": 6, "test": 0}
    assert result["categories"] == 3


def test_the_many_labels_of_a_catalogue_are_told_by_the_hundred(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(as_bytes(draw_shape("cross", 0)))
    rows = [f"a.jpg,{number // 2}\n" for number in range(300)]
    (tmp_path / "t.csv").write_text("path,label\n" + "".join(rows))
    result = index([tmp_path / "t.csv"], tmp_path / "m.parquet")
    assert (result["categories"], len(result["labels"])) == (150, 100)
    assert set(result["labels"].values()) == {2}
