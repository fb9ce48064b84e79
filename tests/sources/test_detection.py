from pathlib import Path

import pytest

from conftest import as_bytes, draw_shape
from pixonomy.errors import DataError
from pixonomy.sources.damage import Indexed
from pixonomy.sources.folder import index_folder

PICTURE = as_bytes(draw_shape("circle", 0), "PNG")
BOX = "0.5 0.5 0.2 0.2"


def write(folder: Path, name: str, classes: tuple[int, ...] | None, texts: str) -> None:
    """Write a picture and, in the folder `texts` names, the text with a box of each class."""
    image = folder / name
    image.parent.mkdir(parents=True, exist_ok=True)
    image.write_bytes(PICTURE)
    if classes is not None:
        text = folder / texts
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text("".join(f"{number} {BOX}\n" for number in classes))


def told(indexed: Indexed) -> list[tuple[object, ...]]:
    return indexed.rows.select("label", "split").rows()


def test_the_one_class_of_a_pictures_boxes_is_its_category(tmp_path: Path) -> None:
    write(tmp_path, "images/train/1.png", (0, 0), "labels/train/1.txt")
    write(tmp_path, "images/train/2.png", (1,), "labels/train/2.txt")
    write(tmp_path, "images/val/3.png", (1,), "labels/val/3.txt")
    write(tmp_path, "images/val/4.png", (), "labels/val/4.txt")
    (tmp_path / "data.yaml").write_text("names:\n  0: car\n  1: bus\n")
    indexed = index_folder(tmp_path, tmp_path)
    assert told(indexed) == [
        ("car", "train"),
        ("bus", "train"),
        ("bus", "validation"),
        (None, "validation"),
    ]
    assert "Each picture has the class of its boxes" in indexed.remarks[-1]
    assert "1 have no box" in indexed.remarks[-1]


def test_splits_may_lie_above_images_and_labels(tmp_path: Path) -> None:
    write(tmp_path, "train/images/1.png", (0,), "train/labels/1.txt")
    write(tmp_path, "test/images/2.png", (1,), "test/labels/2.txt")
    (tmp_path / "data.yaml").write_text("names: [car, bus]\n")
    assert told(index_folder(tmp_path, tmp_path)) == [("bus", "test"), ("car", "train")]


def test_texts_may_lie_beside_their_pictures(tmp_path: Path) -> None:
    write(tmp_path, "1.png", (0,), "1.txt")
    write(tmp_path, "2.png", (1,), "2.txt")
    (tmp_path / "classes.txt").write_text("car\nbus\n")
    assert told(index_folder(tmp_path, tmp_path)) == [("car", None), ("bus", None)]


def test_without_names_the_numbers_are_the_categories_and_that_is_told(tmp_path: Path) -> None:
    write(tmp_path, "images/1.png", (7,), "labels/1.txt")
    indexed = index_folder(tmp_path, tmp_path)
    assert told(indexed) == [("7", None)]
    assert "their numbers are the labels" in indexed.remarks[-1]


def test_boxes_of_several_classes_are_refused_with_the_file(tmp_path: Path) -> None:
    write(tmp_path, "images/1.png", (0,), "labels/1.txt")
    write(tmp_path, "images/2.png", (0, 1), "labels/2.txt")
    (tmp_path / "classes.txt").write_text("car\nbus\n")
    with pytest.raises(DataError, match=r"2\.txt has boxes of several classes \(car, bus\)"):
        index_folder(tmp_path, tmp_path)


def test_captions_beside_pictures_are_no_boxes(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(PICTURE)
    (tmp_path / "1.txt").write_text("a red car in the rain, 4 doors")
    indexed = index_folder(tmp_path, tmp_path)
    assert told(indexed) == [(None, None)]
    assert indexed.passed_over == {".txt": 1}


def test_annotations_that_are_not_read_are_named(tmp_path: Path) -> None:
    for split in ("train", "val"):
        write(tmp_path, f"{split}/1.png", None, "")
        (tmp_path / split / "1.xml").write_text("<annotation/>")
    with pytest.raises(DataError, match=r"2 \.xml files \(as of Pascal VOC, perhaps\)"):
        index_folder(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "text", ["names: [", "- a\n- b\n", "names: 5\n", "names: {x: y}\n", "a: &a [*a]\n", "\0\0"]
)
def test_a_damaged_file_of_names_leaves_numbers(tmp_path: Path, text: str) -> None:
    write(tmp_path, "images/1.png", (0,), "labels/1.txt")
    (tmp_path / "data.yaml").write_text(text)
    assert told(index_folder(tmp_path, tmp_path)) == [("0", None)]
