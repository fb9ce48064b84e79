from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixonomy.sources.layout import Layout, LayoutFinder

Told = tuple[str | None, str | None]
"""The category and the split of a folder's pictures."""

PASSED_OVER = ("passed", "over")


def find(folders: Mapping[str, int]) -> Layout:
    """Return the layout of folders with so many pictures directly in each; "": the source."""
    finder = LayoutFinder()
    for folder, count in folders.items():
        finder.add([part for part in folder.split("/") if part], count)
    return finder.find()


def read(layout: Layout, folder: str) -> Told:
    place = layout.read([part for part in folder.split("/") if part])
    return PASSED_OVER if place.passed_over else (place.label, place.split)


@pytest.mark.parametrize(
    "told",
    [
        {"cat": ("cat", None), "dog": ("dog", None)},
        {"cat": ("cat", None)},
        {"cat": ("cat", None), "cat/tabby": ("cat", None), "dog": ("dog", None)},
        {"train/cat": ("cat", "train"), "val/cat": ("cat", "validation")},
        {"Train/cat": ("cat", "train"), "unsplit/cat": ("cat", None)},
        {"seg_train/cat": ("cat", "train"), "seg_test/cat": ("cat", "test")},
        {"train_set/cat": ("cat", "train"), "test_set/cat": ("cat", "test")},
        {"images-train/cat": ("cat", "train"), "images-test/cat": ("cat", "test")},
        {"val/cat": ("cat", "validation"), "test/cat": ("cat", "test")},
        {"train/cat": ("cat", "train"), "train/dog": ("dog", "train")},
        # Wrapped once, twice, and doubled.
        {"data/cat": ("cat", None), "data/dog": ("dog", None)},
        {"a/b/c/cat": ("cat", None), "a/b/c/dog": ("dog", None)},
        {"set/train/cat": ("cat", "train"), "set/test/cat": ("cat", "test")},
        {"train_set/train_set/cat": ("cat", "train"), "test_set/test_set/dog": ("dog", "test"),
         "train_set/train_set/dog": ("dog", "train"), "test_set/test_set/cat": ("cat", "test")},
        {"train/images/cat": ("cat", "train"), "train/images/dog": ("dog", "train"),
         "test/images/cat": ("cat", "test"), "test/images/dog": ("dog", "test")},
        # A category that is alone in its split is one all the same.
        {"train/cat": ("cat", "train"), "train/dog": ("dog", "train"),
         "test/cat/a": ("cat", "test"), "test/cat/b": ("cat", "test")},
        # Categories above their splits.
        {"cat/train": ("cat", "train"), "cat/test": ("cat", "test"),
         "dog/train": ("dog", "train"), "dog/test": ("dog", "test")},
        # Unlabelled pictures to be asked about, as competitions give them.
        {"train/cat": ("cat", "train"), "train/dog": ("dog", "train"), "test": (None, "test")},
        {"test": (None, "test")},
        # Names like splits that are none.
        {"test-tubes": ("test-tubes", None), "train-engines": ("train-engines", None)},
        {"train": ("train", None), "plane": ("plane", None), "car": ("car", None)},
        {"trains/old": ("trains", None), "trains/new": ("trains", None), "cars": ("cars", None)},
        # A folder that merely says what lies in it.
        {"images": (None, None)},
        {"": (None, None)},
    ],
)  # fmt: skip
def test_folders_say_category_and_split(told: dict[str, Told]) -> None:
    layout = find(dict.fromkeys(told, 5))
    assert {folder: read(layout, folder) for folder in told} == told
    assert layout.loose is None


@pytest.mark.parametrize(
    "folders",
    [
        {"": 1, "train/cat": 8, "val/cat": 4},
        {"runs": 3, "runs/exp1": 2, "train/cat": 8, "val/cat": 4},
        {"seg_pred/seg_pred": 90, "seg_train/cat": 8, "seg_test/cat": 4},
        {"runs": 1, "train/cat": 8, "train/dog": 8},
        {"": 1, "data/cat": 8, "data/dog": 8},
        {"runs": 3, "data/set/train/cat": 8, "data/set/val/cat": 4},
        {"bird": 3, "train/cat": 8, "test/cat": 4},
        {"masks": 9, "images": 9},
    ],
)
def test_strays_beside_are_passed_over_and_never_make_splits_categories(
    folders: dict[str, int],
) -> None:
    layout = find(folders)
    stray = next(iter(folders))
    assert read(layout, stray) == PASSED_OVER
    assert "beside" in str(layout.read([stray] if stray else []).passed_over)
    others = [folder for folder in folders if folder.split("/")[0] != stray.split("/")[0]]
    assert {read(layout, folder)[0] for folder in others} <= {"cat", "dog", None}


@pytest.mark.parametrize(
    "folders",
    [
        {"train": 5, "test": 5},
        {"train": 5},
        {"data/train": 5, "data/val": 5},
        {"images/train": 5, "images/val": 5},
        {"train/images": 5, "test/images": 5},
        {"train/images": 5, "train/masks": 5, "test/images": 5, "test/masks": 5},
        {"training_set/training_set": 5, "test_set/test_set": 5},
        {"train": 5, "test": 5, "cars": 5, "trips": 5},
    ],
)
def test_splits_without_categories_are_told_with_what_was_seen(folders: dict[str, int]) -> None:
    loose = str(find(folders).loose)
    assert "pictures without a folder for their category" in loose
    assert "5 in " in loose


def test_masks_are_passed_over_wherever_they_lie_and_the_stray_is_named() -> None:
    layout = find({"day1/images": 5, "day1/masks": 5, "day2/images": 5, "day2/masks": 5})
    assert layout.read(["day1", "masks"]).passed_over == "masks/ beside the pictures"
    assert read(layout, "day2/images") == ("day2", None)
    layout = find({"bird": 3, "train/cat": 8, "test/cat": 4})
    assert layout.read(["bird"]).passed_over == "bird/ beside train/ and test/"


def test_folds_that_each_hold_splits_of_the_same_categories_are_told() -> None:
    folders = [f"fold{n}/{split}/{label}" for n in "12" for split in ("train", "test")
               for label in ("cat", "dog")]  # fmt: skip
    loose = str(find(dict.fromkeys(folders, 4)).loose)
    assert "fold1/ and fold2/ each hold splits of the same categories (cat, dog)" in loose


def test_a_chain_of_folders_down_to_one_called_images_is_no_category() -> None:
    assert find({"VOCdevkit/VOC2012/JPEGImages": 9}).is_flat


@pytest.mark.parametrize(
    "folders",
    [
        {"cat": 2, "cat/tabby": 1, "cat/old": 1},  # one category with kinds below
        {"cat/tabby": 1},
        {"photos/cat": 1, "": 1},
    ],
)
def test_a_folder_that_may_be_a_category_is_not_passed_through(folders: dict[str, int]) -> None:
    layout = find(folders)
    name = next(iter(folders)).split("/")[0]
    assert {read(layout, folder)[0] for folder in folders} <= {name, None}


def test_names_that_are_no_plain_words_of_splits_are_told() -> None:
    assert find({"train/cat": 5, "val/cat": 5}).remarks == ()
    (remark,) = find({"train/cat": 5, "holdout/cat": 5}).remarks
    assert remark == "Folders are read as splits: holdout/ as test."


def test_categories_above_categories_are_told_in_splits_too() -> None:
    kinds = ("mammal/cat", "mammal/dog", "bird/crow", "bird/gull")
    (remark,) = find(
        {f"{split}/{kind}": 4 for split in ("train", "test") for kind in kinds}
    ).remarks
    assert "Folders below a category belong to it (bird/crow, mammal/cat)" in remark


def test_categories_above_categories_are_told() -> None:
    (remark,) = find({"pets/cat": 5, "pets/dog": 5, "cars/old": 5, "cars/new": 5}).remarks
    assert "Folders below a category belong to it (cars/new, pets/cat)" in remark


def test_two_spellings_of_a_category_become_one_and_that_is_told() -> None:
    layout = find({"café": 5, "cafe\N{COMBINING ACUTE ACCENT}": 5, "bar": 5})
    assert read(layout, "cafe\N{COMBINING ACUTE ACCENT}") == ("café", None)
    assert "are one category" in layout.remarks[0]


def test_a_tree_of_very_many_folders_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixonomy.sources.layout._MOST_FOLDERS", 10)
    layout = find({f"{label}/{number}": 1 for label in ("cat", "dog") for number in range(99)})
    assert read(layout, "dog/98") == ("dog", None)


NAMES = st.sampled_from(["train", "Val", "test", "cat", "dog", "images", "x"])
FOLDERS = st.lists(NAMES, max_size=4)


@given(st.lists(FOLDERS, max_size=8))
def test_every_layout_can_read_every_picture_it_was_found_from(images: list[list[str]]) -> None:
    finder = LayoutFinder()
    for folders in images:
        finder.add(folders)
    layout = finder.find()
    for folders in images:
        place = layout.read(folders)
        assert place.label is None or place.label in folders
        assert place.passed_over is None or place.label is None
