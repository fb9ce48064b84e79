from pathlib import Path

import pytest

from pixonomy.errors import StorageError
from pixonomy.sources.shards import find_shards


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_shards(folder).paths]


def test_shards_are_found_below_the_folder_by_name(tmp_path: Path) -> None:
    touch(tmp_path, "test/0.TAR", "a/train-1.tar", "a/train-0.tar", "export.json", "README.md")
    assert found(tmp_path) == ["a/train-0.tar", "a/train-1.tar", "test/0.TAR"]


def test_one_kind_of_shards_counts(tmp_path: Path) -> None:
    touch(tmp_path, "b.zip", "index.parquet")
    assert found(tmp_path) == ["index.parquet"]
    touch(tmp_path, "a.tar")
    assert found(tmp_path) == ["a.tar"]


def test_a_folder_with_a_picture_is_one_of_pictures(tmp_path: Path) -> None:
    touch(tmp_path, "a.tar", "cat/1.jpg")
    assert found(tmp_path) == []


def test_a_few_pictures_beside_large_shards_are_passed_over_and_told(tmp_path: Path) -> None:
    touch(tmp_path, "a.parquet", "assets/logo.png", "old.zip", "b.tar.gz")
    (tmp_path / "a.parquet").write_bytes(bytes(1000))
    (tmp_path / "assets" / "logo.png").write_bytes(bytes(50))
    shards = find_shards(tmp_path)
    assert shards.paths == [tmp_path / "a.parquet"]
    assert shards.passed_over == {
        "pictures beside .parquet": 1,
        ".zip beside .parquet": 1,
        ".gz beside .parquet": 1,
    }
    (tmp_path / "assets" / "logo.png").write_bytes(bytes(500))  # the shard holds little more
    assert found(tmp_path) == []


def test_pictures_in_several_folders_are_the_data_set(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "dog/1.jpg", "photos.zip")
    (tmp_path / "photos.zip").write_bytes(bytes(1000))
    assert found(tmp_path) == []


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, ".a.tar.partial-1", ".cache/1.jpg", ".cache/b.tar", "c.tar", "._d.tar")
    assert found(tmp_path) == ["c.tar"]


def test_an_unreadable_folder_is_a_storage_error(ordinary_folder: Path) -> None:
    touch(ordinary_folder, "a/1.tar")
    (ordinary_folder / "a").chmod(0)
    with pytest.raises(StorageError, match=r"No permission for"):
        find_shards(ordinary_folder)
