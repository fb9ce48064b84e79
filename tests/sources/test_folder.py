import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pixonomy.dataset.location import locate
from pixonomy.dataset.read import read_bytes
from pixonomy.errors import DataError, StorageError, UndecodableImage
from pixonomy.images.endings import IMAGE_ENDINGS
from pixonomy.sources.folder import index_folder


def touch(folder: Path, *names: str | bytes) -> Path:
    """Put small files below `folder`; the listing reads no pixels."""
    for name in names:
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")
    return folder


def listed(folder: Path, column: str = "label") -> dict[str, str | None]:
    rows = index_folder(folder, folder).rows
    return dict(rows.select("uri", column).iter_rows())


def test_each_folder_is_a_category(write_images: Callable[..., Path], tmp_path: Path) -> None:
    rows = index_folder(write_images(tmp_path / "pictures", 3), tmp_path).rows
    assert rows["label"].value_counts().sort("label").rows() == [
        ("circle", 3),
        ("cross", 3),
        ("stripes", 3),
    ]
    assert rows["uri"][0] == "pictures/circle/000.jpg"
    assert rows["split"].null_count() == 9
    assert rows["image_id"].is_unique().all()
    assert set(rows["label_source"]) == {"folder"}
    for location in locate(rows, tmp_path):
        assert read_bytes(location) == Path(str(location.file)).read_bytes()


def test_the_order_is_that_of_the_names(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.jpg", "a/1.jpg", "b/1.jpg", "a/é.jpg", "a/z.jpg")
    uris = list(listed(tmp_path))
    assert uris == ["a/1.jpg", "a/z.jpg", "a/é.jpg", "b/1.jpg", "b/2.jpg"]


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train", "validation", "test"), ("train", "validation", "test")),
        (("Train", "VAL", "Testing"), ("train", "validation", "test")),
        (("training", "valid", "TEST"), ("train", "validation", "test")),
        (("train", "dev"), ("train", "validation")),
    ],
)
def test_split_folders_above_the_categories_are_splits(
    tmp_path: Path, names: tuple[str, ...], splits: tuple[str, ...]
) -> None:
    for name in names:
        touch(tmp_path, f"{name}/cat/1.jpg", f"{name}/dog/1.jpg")
    assert {(uri.split("/")[0], split) for uri, split in listed(tmp_path, "split").items()} == set(
        zip(names, splits, strict=True)
    )
    assert set(listed(tmp_path).values()) == {"cat", "dog"}


def test_categories_that_are_called_like_splits_stay_categories(tmp_path: Path) -> None:
    touch(tmp_path, "test/1.jpg", "exam/1.jpg")
    assert set(listed(tmp_path).values()) == {"test", "exam"}
    assert set(listed(tmp_path, "split").values()) == {None}


def test_folders_below_a_category_belong_to_it(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "cat/tabby/2.jpg", "cat/tabby/old/3.jpg", "dog/4.jpg")
    assert [label for label in listed(tmp_path).values() if label != "dog"] == ["cat"] * 3


def test_pictures_beside_the_categories_have_no_label(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "loose.jpg")
    assert listed(tmp_path) == {"cat/1.jpg": "cat", "loose.jpg": None}


def test_only_picture_files_count_and_endings_may_be_large(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.JPG", "cat/2.WebP", "cat/notes.txt", "cat/Thumbs.db", "cat/jpg")
    assert list(listed(tmp_path)) == ["cat/1.JPG", "cat/2.WebP"]


def test_every_known_ending_is_found(tmp_path: Path) -> None:
    touch(tmp_path, *(f"cat/1{ending}" for ending in IMAGE_ENDINGS))
    assert len(listed(tmp_path)) == len(IMAGE_ENDINGS)


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "cat/._1.jpg", ".cache/2.jpg", "cat/.thumbnails/3.jpg")
    assert list(listed(tmp_path)) == ["cat/1.jpg"]


def test_loops_of_symbolic_links_end(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "dog/1.jpg")
    (tmp_path / "cat" / "up").symlink_to(tmp_path)
    (tmp_path / "cat" / "self").symlink_to(".")
    (tmp_path / "dog" / "friend").symlink_to(tmp_path / "cat")
    (tmp_path / "ouroboros").symlink_to("ouroboros")
    labels = listed(tmp_path)
    assert labels["cat/1.jpg"] == "cat"
    assert labels["dog/friend/1.jpg"] == "dog"
    assert len(labels) < 10


def test_linked_folders_and_files_are_followed(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "1.jpg")
    touch(tmp_path / "pictures", "dog/1.jpg")
    (tmp_path / "pictures" / "cat").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "pictures" / "dog" / "2.jpg").symlink_to(tmp_path / "elsewhere" / "1.jpg")
    assert listed(tmp_path / "pictures") == {
        "cat/1.jpg": "cat",
        "dog/1.jpg": "dog",
        "dog/2.jpg": "dog",
    }


def test_a_dangling_link_is_a_row_whose_bytes_are_missing(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg")
    (tmp_path / "cat" / "2.jpg").symlink_to("nowhere.jpg")
    rows = index_folder(tmp_path, tmp_path).rows
    assert rows["uri"].to_list() == ["cat/1.jpg", "cat/2.jpg"]
    with pytest.raises(UndecodableImage, match="the file is missing"):
        read_bytes(locate(rows.filter(pl.col("uri") == "cat/2.jpg"), tmp_path)[0])


def test_spaces_accents_and_names_that_are_not_utf_8_are_found_and_read(tmp_path: Path) -> None:
    touch(tmp_path, "rotes Sofa/mein Bild.jpg", "Möbel/é.jpg", b"caf\xe9/na\xefve.jpg")
    rows = index_folder(tmp_path, tmp_path).rows
    assert set(rows["label"]) == {"rotes Sofa", "Möbel", "café"}
    assert [read_bytes(location) for location in locate(rows, tmp_path)] == [b"content"] * 3


def test_an_empty_file_is_a_row(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg")
    (tmp_path / "cat" / "1.jpg").write_bytes(b"")
    assert index_folder(tmp_path, tmp_path).rows["length"].to_list() == [0]


def test_a_relative_folder_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "pictures/cat/1.jpg")
    monkeypatch.chdir(tmp_path)
    relative = index_folder(Path("pictures"), tmp_path).rows
    assert relative.equals(index_folder(tmp_path / "pictures", tmp_path).rows)


def test_pictures_outside_the_base_keep_their_absolute_path(tmp_path: Path) -> None:
    touch(tmp_path, "pictures/cat/1.jpg")
    rows = index_folder(tmp_path / "pictures", tmp_path / "other").rows
    assert rows["uri"].to_list() == [str(tmp_path / "pictures" / "cat" / "1.jpg")]


def test_a_folder_without_pictures_says_what_was_expected(tmp_path: Path) -> None:
    touch(tmp_path, "cat/notes.txt")
    with pytest.raises(DataError, match=r"No pictures found in .*one folder per category"):
        index_folder(tmp_path, tmp_path)


def test_an_unreadable_folder_is_a_storage_error(ordinary_folder: Path) -> None:
    touch(ordinary_folder, "cat/1.jpg", "dog/1.jpg")
    (ordinary_folder / "dog").chmod(0)
    with pytest.raises(StorageError, match=r"No permission for .*dog"):
        index_folder(ordinary_folder, ordinary_folder)
