from pathlib import Path

import pytest

from pixonomy.sources.splits import (
    SPLIT_NAMES,
    categories_of_files,
    find_splits,
    split_word,
    splits_of_files,
)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("train", "train"),
        ("Train_Set", "train"),
        ("seg_train", "train"),
        ("images-test", "test"),
        ("val2017", "val"),
        ("test (1)", "test"),
        ("hold-out", None),
        ("holdout", "holdout"),
        ("trains", None),
        ("contest", None),
        ("trainval", "trainval"),
        ("traintest", None),
        ("train_test", None),
        ("", None),
    ],
)
def test_a_split_word_stands_alone_or_between_other_signs(name: str, word: str | None) -> None:
    assert split_word(name) == word


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train", "val", "test"], ["train", "validation", "test"]),
        (["Training", "VALID", "testing"], ["train", "validation", "test"]),
        (["train", "dev", "evaluation"], ["train", "validation", "test"]),
        (["train", "eval", "test"], ["train", "validation", "test"]),
        (["train", "val", "eval"], ["train", "validation", "test"]),
        (["train", "holdout"], ["train", "test"]),
        (["train_set", "test_set"], ["train", "test"]),
        (["seg_train", "seg_test", "seg_pred"], ["train", "test", "-"]),
        (["images-train", "images-test"], ["train", "test"]),
        (["cifar10_train", "cifar10_test"], ["train", "test"]),
        (["train", "my_test"], ["train", "test"]),
        (["train-00000-of-00002", "train-00001-of-00002"], ["train", "train"]),
        (["train", "cars", "trips"], ["train", "-", "-"]),
        (["test-tubes", "train-engines"], ["-", "-"]),
        (["train-engines"], ["-"]),
        (["cars-train", "cars-test", "test-tubes"], ["train", "test", "-"]),
        (["train", "unsplit"], ["train", None]),
        (["trains", "contests"], ["-", "-"]),
        ([], []),
    ],
)
def test_names_of_one_set_are_equal_but_for_their_split(
    names: list[str], splits: list[str | None]
) -> None:
    found = find_splits(names)
    assert [found.get(name, "-") for name in names] == splits


def test_splits_come_in_the_order_of_training() -> None:
    assert list(find_splits(["test", "val", "train"])) == ["train", "val", "test"]


@pytest.mark.parametrize("word", sorted(SPLIT_NAMES))
def test_every_known_word_alone_is_a_split(word: str) -> None:
    assert find_splits([word.upper()]) == {word.upper(): SPLIT_NAMES[word]}


def splits_of(*names: str, base: str = "/data") -> list[str | None]:
    files = [Path(base, name) for name in names]
    found = splits_of_files(files, Path("/data"))
    return [found[file] for file in files]


def test_files_of_every_kind_say_their_split() -> None:
    assert splits_of("train.parquet", "test.tar") == ["train", "test"]
    assert splits_of("train-00000.zip", "valid.csv") == ["train", "validation"]
    assert splits_of("train.tar") == ["train"]
    assert splits_of("Validation-00000-of-00002.parquet") == ["validation"]


def test_where_one_file_says_no_split_none_does() -> None:
    assert splits_of("train.csv", "labels.csv") == [None, None]
    assert splits_of("test-tubes.tar", "train-engines.tar") == [None, None]
    assert splits_of("my-train-0.tar") == [None]


def test_folders_between_the_base_and_a_file_say_its_split_but_none_above() -> None:
    assert splits_of("default/Train/0000.parquet", "default/test/0.parquet") == ["train", "test"]
    assert splits_of("train/test-0.tar") == ["test"]
    assert splits_of("0000.parquet", base="/train") == [None]


def categories(*names: str) -> list[str | None]:
    files = [Path("/data", name) for name in names]
    found = categories_of_files(files)
    return [found.get(file) for file in files]


def test_names_of_files_side_by_side_are_categories() -> None:
    assert categories("cars.zip", "trips.zip") == ["cars", "trips"]
    assert categories("cars", "trips") == ["cars", "trips"]
    assert categories("Class 1-samples.zip", "Class 2-samples.zip") == ["Class 1", "Class 2"]
    assert categories("n01440764.tar", "n01443537.tar") == ["n01440764", "n01443537"]
    assert categories("cars-samples.zip", "vin rouge_samples.zip") == ["cars", "vin rouge"]


@pytest.mark.parametrize(
    "names",
    [
        ("cars.zip",),
        ("photos-001.zip", "photos-002.zip"),
        ("0.zip", "1.zip"),
        ("train.zip", "test.zip"),
        ("takeout-1.zip", "takeout-2.zip", "cars.zip"),
    ],
)
def test_parts_of_one_set_and_splits_are_no_categories(names: tuple[str, ...]) -> None:
    assert categories(*names) == [None] * len(names)
