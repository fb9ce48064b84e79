from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.images.endings import PICTURE_ENDINGS
from pixonomy.sources.names import (
    Layout,
    LayoutFinder,
    is_hidden,
    is_picture,
    split_member,
    split_of_shard,
)


def find(*names: str, is_archive: bool = False) -> Layout:
    finder = LayoutFinder()
    for name in names:
        finder.add(split_member(name)[:-1])
    return finder.find(is_archive)


@pytest.mark.parametrize("ending", sorted(PICTURE_ENDINGS))
def test_pictures_are_known_by_their_endings_in_any_case(ending: str) -> None:
    assert is_picture(f"a/b.c{ending}")
    assert is_picture(f"A{ending.upper()}")


@pytest.mark.parametrize("name", ["a.txt", "jpg", ".jpg", "a.jpg/", "a.", ""])
def test_other_names_are_no_pictures(name: str) -> None:
    assert not is_picture(name)


def test_hidden_names_are_those_of_dots_and_of_a_mac() -> None:
    assert is_hidden(["a", "._1.jpg"])
    assert is_hidden([".cache", "1.jpg"])
    assert is_hidden(["__MACOSX", "1.jpg"])
    assert not is_hidden(["a.b", "1.jpg"])


def test_steps_up_and_in_place_are_no_folders() -> None:
    assert split_member("/../a/./b//../c.jpg") == ["a", "b", "c.jpg"]
    assert split_member("..") == []


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train-000000.tar", "train"),
        ("val-3.tar", "validation"),
        ("Validation-00000-of-00002.parquet", "validation"),
        ("test_01.tar", "test"),
        ("training-x.tar", "train"),
        ("train2017.tar", "train"),
        ("unsplit-000000.tar", None),
        ("train.tar", None),
        ("trainer-0.tar", None),
        ("test_pictures.tar", None),
        ("my-train-0.tar", None),
    ],
)
def test_shards_say_their_split_in_front(name: str, split: str | None) -> None:
    assert split_of_shard(Path("/data") / name, Path("/data")) == split


def test_folders_between_the_base_and_a_shard_say_its_split_but_none_above() -> None:
    base = Path("/home/test")
    assert split_of_shard(base / "default" / "Train" / "0000.parquet", base) == "train"
    assert split_of_shard(base / "0000.parquet", base) is None
    assert split_of_shard(Path("/train/0000.parquet"), base) is None
    assert split_of_shard(base / "train" / "test-0.tar", base) == "test"


def test_the_first_folder_is_the_category() -> None:
    layout = find("cat/1.jpg", "dog/old/2.jpg", "loose.jpg")
    assert layout.read(["dog", "old"]) == ("dog", None)
    assert layout.read([]) == (None, None)


def test_split_folders_above_the_categories_are_splits() -> None:
    layout = find("Train/cat/1.jpg", "val/dog/2.jpg", "unsplit/dog/3.jpg")
    assert layout.read(["Train", "cat"]) == ("cat", "train")
    assert layout.read(["val", "dog", "x"]) == ("dog", "validation")
    assert layout.read(["unsplit", "dog"]) == ("dog", None)
    assert layout.read(["val"]) == (None, "validation")


@pytest.mark.parametrize(
    "names",
    [
        ("train/1.jpg", "test/1.jpg"),
        ("train/a/1.jpg", "cat/1.jpg"),
        ("val/a/1.jpg", "test/a/1.jpg"),
    ],
)
def test_categories_called_like_splits_stay_categories(names: tuple[str, ...]) -> None:
    assert find(*names) == Layout()


def test_one_folder_around_everything_is_passed_over_in_archives_alone() -> None:
    names = ("photos/cat/1.jpg", "photos/dog/2.jpg")
    assert find(*names, is_archive=True).read(["photos", "dog"]) == ("dog", None)
    assert find(*names).read(["photos", "dog"]) == ("photos", None)
    split = find("set/train/cat/1.jpg", "set/test/cat/1.jpg", is_archive=True)
    assert split.read(["set", "test", "cat"]) == ("cat", "test")


@pytest.mark.parametrize(
    "names",
    [
        ("cat/1.jpg", "cat/2.jpg"),  # one category
        ("cat/1.jpg", "cat/tabby/2.jpg", "cat/old/2.jpg"),  # with kinds below
        ("cat/tabby/1.jpg",),
        ("photos/cat/1.jpg", "loose.jpg"),
    ],
)
def test_a_folder_that_may_be_a_category_is_not_passed_over(names: tuple[str, ...]) -> None:
    assert find(*names, is_archive=True) == Layout()


FOLDERS = st.lists(st.sampled_from(["train", "Val", "test", "cat", "dog", ""]), max_size=3)


@given(st.lists(FOLDERS, max_size=6), st.booleans())
def test_every_layout_can_read_every_picture_it_was_found_from(
    pictures: list[list[str]], is_archive: bool
) -> None:
    pictures = [[name for name in folders if name] for folders in pictures]
    finder = LayoutFinder()
    for folders in pictures:
        finder.add(folders)
    layout = finder.find(is_archive)
    for folders in pictures:
        label, split = layout.read(folders)
        assert label is None or label in folders
        assert (split is not None) == layout.has_splits
