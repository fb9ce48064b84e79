"""Paths as people's tables have them find the files they mean, and what was changed is told."""

import os
import unicodedata
from pathlib import Path

import polars as pl
import pytest

from pixonomy.sources.paths import FoundFiles, find_files


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"picture")


def find(root: Path, *paths: str | None, is_confined: bool = False) -> FoundFiles:
    return find_files(pl.Series(paths, dtype=pl.String), root, "path", is_confined)


@pytest.mark.parametrize(
    ("written", "found", "sentence"),
    [
        ("pics/cars/0.jpg", "pics/cars/0.jpg", None),
        ("./pics/cars/0.jpg", "./pics/cars/0.jpg", None),
        ("pics\\cars\\0.jpg", "pics/cars/0.jpg", "1 path in column 'path' have backslashes"),
        ("Pics/CARS/0.JPG", "pics/cars/0.jpg", "other capital letters"),
        ("pics/cars/0", "pics/cars/0.jpg", "no ending"),
        ("pics\\Cars\\0", "pics/cars/0.jpg", "backslashes"),
        ("pics/m%C3%BCll%20a.jpg", "pics/müll a.jpg", "signs written as %20"),
        ("/pics/cars/0.jpg", "pics/cars/0.jpg", "a slash in front"),
        (unicodedata.normalize("NFD", "pics/müll a.jpg"), "pics/müll a.jpg", "form of Unicode"),
        ("C:\\Users\\me\\pics\\cars\\0.jpg", "pics/cars/0.jpg", "without 'C:/Users/me/' in front"),
        ("/home/other/data/pics/cars/0.jpg", "pics/cars/0.jpg", "without '/home/other/data/'"),
        ("file:///C:/data/pics/cars/0.jpg", "pics/cars/0.jpg", "without 'C:/data/'"),
        ("data/pics/cars/0.jpg", "pics/cars/0.jpg", "without 'data/' in front"),
        ("cars/0.jpg", "pics/cars/0.jpg", "were found below"),
        ("beside/1.jpg", "../beside/1.jpg", "were found below"),
    ],
)
def test_what_a_path_means_is_found_and_told(
    tmp_path: Path, written: str, found: str, sentence: str | None
) -> None:
    touch(tmp_path, "root/pics/cars/0.jpg", "root/pics/müll a.jpg", "beside/1.jpg")
    result = find(tmp_path / "root", written, None)
    assert result.files["path"].to_list() == [found, None]
    assert result.files["problem"].to_list() == [None, "the table names no file"]
    assert result.files["length"].to_list() == [7, None]
    assert (result.usable, result.missing) == (1, 0)
    assert (sentence or "") in " ".join(result.remarks)
    assert bool(result.remarks) == (sentence is not None)


def test_file_addresses_are_paths(tmp_path: Path) -> None:
    touch(tmp_path, "a b.jpg")
    paths = [f"file://{tmp_path}/a%20b.jpg", f"file://localhost{tmp_path}/a b.jpg"]
    result = find(tmp_path, *paths)
    assert result.files["path"].to_list() == [f"{tmp_path}/a b.jpg"] * 2
    assert "2 paths in column 'path' have file:// in front" in result.remarks[0]


def test_two_files_that_could_be_meant_are_not_guessed_at(tmp_path: Path) -> None:
    touch(tmp_path, "0.jpg", "0.png", "A.jpg", "a.JPG", "1.jpg")
    result = find(tmp_path, "0", "a.jpg", "1.jpg")
    assert result.files["problem"].to_list() == [
        "several files could be meant: 0.jpg, 0.png",
        "several files could be meant: A.jpg, a.JPG",
        None,
    ]


def test_a_file_that_exists_is_taken_as_it_is_written(tmp_path: Path) -> None:
    touch(tmp_path, "a%20b.jpg", "a b.jpg", "a\\b.jpg", "a/b.jpg", "c", "c.jpg")
    paths = ["a%20b.jpg", "a\\b.jpg", "c"]
    result = find(tmp_path, *paths)
    assert result.files["path"].to_list() == paths
    assert not result.remarks


def test_files_in_two_folders_alike_are_told_and_not_taken(tmp_path: Path) -> None:
    touch(tmp_path, "train/0.jpg", "test/0.jpg")
    result = find(tmp_path, "0.jpg")
    assert result.usable == 0
    assert "lie in several folders (test, train)" in result.remarks[0]


def test_the_part_that_is_cut_off_has_to_be_the_same_for_all(tmp_path: Path) -> None:
    touch(tmp_path, "0.jpg", "1.jpg")
    assert find(tmp_path, "/far/cars/0.jpg", "/far/dogs/1.jpg").usable == 0
    assert find(tmp_path, "/far/cars/0.jpg", "/far/cars/1.jpg").usable == 2


def test_where_some_files_are_there_others_are_not_looked_for_elsewhere(tmp_path: Path) -> None:
    touch(tmp_path, "0.jpg", "inner/1.jpg")
    result = find(tmp_path, "0.jpg", "1.jpg")
    assert result.files["problem"].to_list() == [None, "the file is missing"]
    assert result.missing == 1


def test_a_confined_table_is_not_looked_for_above_its_root(tmp_path: Path) -> None:
    touch(tmp_path, "beside/1.jpg", "root/0.jpg")
    result = find(tmp_path / "root", "beside/1.jpg", is_confined=True)
    assert result.files["problem"].to_list() == ["the file is missing"]
    result = find(tmp_path / "root", "../BESIDE/1.jpg", "0.jpg", is_confined=True)
    assert result.files["problem"].to_list() == ["outside --root", None]


def test_objects_and_addresses_are_not_looked_at(tmp_path: Path) -> None:
    result = find(tmp_path, "s3://bucket/1.jpg", "https://x.org/1.jpg")
    assert result.files["problem"].to_list() == [None, "a web address, not a file"]
    assert result.usable == 1


@pytest.mark.parametrize("path", ["a\0b", "x" * 300, "a/" * 3000, "..", "/", "%", "C:\\", "\\\\"])
def test_odd_paths_are_missing_or_no_files(tmp_path: Path, path: str) -> None:
    touch(tmp_path, "0.jpg")
    result = find(tmp_path, "0.jpg", path)
    assert result.files["problem"][1] in ("the file is missing", "no regular file")


def test_a_pipe_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "0.jpg")
    assert find(tmp_path, "0.jpg").files["problem"].to_list() == ["no regular file"]
