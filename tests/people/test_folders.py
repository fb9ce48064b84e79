"""Folders as people have them: which folder is a split, which a category, and what is neither.

"Packable" cases are indexed a second and a third time, as a zip and as a tar.
"""

import json
import os
import unicodedata
from pathlib import Path

from people.conftest import Case, Cases, Named, check, fill, fill_all, image, put

CASES = Cases()
CATS, PETS = {"cat": 6, "dog": 6}, ("cat", "dog")


@CASES.add("Kaggle's training_set/training_set", CATS, splits=(8, 0, 4), is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "training_set" / "training_set", PETS, 4)
    fill_all(here / "test_set" / "test_set", PETS, 2, start=4)


# keras-team/keras#3946, freeCodeCamp/freeCodeCamp#39313: pictures to test on lie loose.
@CASES.add(
    "categories in train and validation, loose pictures in test",
    CATS,
    splits=(8, 4, 3),
    unlabelled=3,
    told=("test/ holds 3 pictures",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "train", PETS, 4)
    fill_all(here / "validation", PETS, 2, start=4)
    fill(here / "test", "unknown")


@CASES.add("splits below two wrapping folders", CATS, splits=(8, 4, 0), is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "archive" / "chest_xray" / "train", PETS, 4)
    fill_all(here / "archive" / "chest_xray" / "val", PETS, 2, start=4)


@CASES.add("a repository with its pictures below images", CATS, is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "pets-main" / "images", PETS, 6)
    put(here / "pets-main" / "README.md", "# pets")
    put(here / "pets-main" / "LICENSE", "MIT")


@CASES.add(
    "split words with capitals, blanks, hyphens and a noun",
    CATS,
    splits=(4, 4, 4),
    is_packable=True,
)
def _(here: Path) -> None:
    for number, name in enumerate(("Train-Set", "Validation set", "TEST_images")):
        fill_all(here / name, PETS, 2, start=2 * number)


@CASES.add("train2017 and val2017", CATS, splits=(8, 4, 0), is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "train2017", PETS, 4)
    fill_all(here / "val2017", PETS, 2, start=4)


# As Hugging Face's datasets: "dev" is validation.
@CASES.add("train, dev and holdout", CATS, splits=(4, 4, 4), is_packable=True)
def _(here: Path) -> None:
    for number, name in enumerate(("train", "dev", "holdout")):
        fill_all(here / name, PETS, 2, start=2 * number)


@CASES.add("splits below each category", CATS, splits=(8, 0, 4), is_packable=True)
def _(here: Path) -> None:
    for label in PETS:
        fill(here / label / "train", label, 4)
        fill(here / label / "test", label, 2, start=4)


@CASES.add(
    "categories whose names merely begin like splits",
    {"test-tubes": 3, "trainers": 3, "valves": 3, "training wheels": 3},
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here, ("test-tubes", "trainers", "valves", "training wheels"))


@CASES.add("trains among other vehicles", {"bus": 3, "plane": 3, "train": 3}, told=("train",))
def _(here: Path) -> None:
    fill_all(here, ("bus", "plane", "train"))


@CASES.add("a validation folder with one category alone", {"cat": 6, "dog": 4}, splits=(8, 2, 0))
def _(here: Path) -> None:
    fill_all(here / "train", PETS, 4)
    fill_all(here / "valid", ("cat",), 2, start=4)


@CASES.add("train alone", {"cat": 3, "dog": 3}, splits=(6, 0, 0), is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "pets" / "train", PETS)


@CASES.add("train/images/cat", CATS, splits=(8, 0, 4), is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "train" / "images", PETS, 4)
    fill_all(here / "test" / "images", PETS, 2, start=4)


@CASES.add("folders by year below each category", CATS, is_packable=True)
def _(here: Path) -> None:
    for label in PETS:
        fill(here / label / "2021", label)
        fill(here / label / "2022", label, start=3)


@CASES.add(
    "loose pictures in train and test",
    refused=("train", "test", "without a folder|no categor", "table", r"metadata\.csv"),
)
def _(here: Path) -> None:
    fill(here / "train", "cat")
    fill(here / "test", "dog")


# huggingface/datasets#4311: metadata go before the names of folders.
@CASES.add("metadata.csv in each split folder", CATS, splits=(8, 4, 0))
def _(here: Path) -> None:
    for split, start, count in (("train", 0, 4), ("validation", 4, 2)):
        lines = ["file_name,label"]
        for label in PETS:
            for number in range(start, start + count):
                put(here / split / f"{label}{number}.jpg", image(label, number))
                lines.append(f"{label}{number}.jpg,{label}")
        put(here / split / "metadata.csv", "\n".join(lines))


@CASES.add("metadata.jsonl on top, with paths into the splits", CATS, splits=(8, 0, 4))
def _(here: Path) -> None:
    lines = []
    for label in PETS:
        for number in range(6):
            name = f"{'train' if number < 4 else 'test'}/a/{label}{number}.jpg"
            put(here / name, image(label, number))
            lines.append(json.dumps({"file_name": name, "label": label}))
    put(here / "metadata.jsonl", "\n".join(lines))


@CASES.add("category folders named one by one", {"cat": 3, "dog": 3})
def _(here: Path) -> Named:
    fill_all(here, PETS)
    return [here / "cat", here / "dog"]


@CASES.add("one name in two forms of Unicode", {"crème brûlée": 6}, splits=(4, 2, 0))
def _(here: Path) -> None:
    name = "crème brûlée"
    fill(here / "train" / unicodedata.normalize("NFD", name), name, 4)
    fill(here / "val" / unicodedata.normalize("NFC", name), name, 2, start=4)


@CASES.add(
    "names that differ in a capital", {"Cat": 3, "cat": 3, "dog": 3}, told=("'Cat' and 'cat'",)
)
def _(here: Path) -> None:
    fill_all(here, ("Cat", "cat", "dog"))


@CASES.add("one category holds nearly all", {"photos": 23, "x": 1}, told=("'photos' .*23 of 24",))
def _(here: Path) -> None:
    fill(here / "photos", "photos", 23)
    fill(here / "x", "x", 1)


# keras-team/keras#4637: categories that are links to another disk.
@CASES.add("a category that is a link to another disk", {"cat": 3, "dog": 3})
def _(here: Path) -> Named:
    fill(here / "disk" / "photos", "dog")
    fill(here / "pets" / "cat", "cat")
    (here / "pets" / "dog").symlink_to(here / "disk" / "photos")
    return here / "pets"


@CASES.add(
    "a category with a capital in one split alone",
    {"Cat": 2, "cat": 4, "dog": 6},
    splits=(8, 0, 4),
    told=("'Cat' and 'cat'",),
    is_packable=True,
)
def _(here: Path) -> None:
    fill_all(here / "TRAIN", PETS, 4)
    fill_all(here / "TEST", ("Cat", "dog"), 2, start=4)


@CASES.add("names of another century's disk", {"pâté": 3, "pêtè": 3})
def _(here: Path) -> None:
    for name in ("pâté", "pêtè"):
        fill(here / os.fsdecode(name.encode("cp1252")), name)


@CASES.add("Training and Testing, with capitals", CATS, splits=(8, 0, 4), is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "Training", PETS, 4)
    fill_all(here / "Testing", PETS, 2, start=4)


@CASES.add("shares behind the split words", CATS, splits=(8, 4, 0), is_packable=True)
def _(here: Path) -> None:
    fill_all(here / "1_train (80%)", PETS, 4)
    fill_all(here / "2_valid (20%)", PETS, 2, start=4)


@CASES.add("the name of the data set before the split words", CATS, splits=(8, 0, 4))
def _(here: Path) -> None:
    fill_all(here / "cats_vs_dogs_train", PETS, 4)
    fill_all(here / "cats_vs_dogs_test", PETS, 2, start=4)


@CASES.add("trainingSet and testSet: split or not, it is told", told=("trainingSet|testSet",))
def _(here: Path) -> None:
    fill_all(here / "trainingSet" / "trainingSet", ("0", "1"), 4)
    fill_all(here / "testSet" / "testSet", ("0", "1"), 2, start=4)


@CASES.add("two domains: trainA, trainB, testA and testB", told=("trainA|testA",))
def _(here: Path) -> None:
    for name in ("trainA", "trainB", "testA", "testB"):
        fill(here / name, name)


@CASES.add("labels in the names of loose pictures", refused=("train", "without a folder"))
def _(here: Path) -> None:
    for number in range(3):
        put(here / "train" / f"cat.{number}.jpg", image("cat", number))
        put(here / "train" / f"dog.{number}.jpg", image("dog", number))
        put(here / "test1" / f"{number}.jpg", image("dog", 9 + number))


@CASES.add(
    "an empty validation folder", {"cat": 4, "dog": 4}, splits=(8, 0, 0), told=("empty.*val",)
)
def _(here: Path) -> None:
    fill_all(here / "train", PETS, 4)
    (here / "val").mkdir()


@CASES.add("a loose picture inside a split folder", told=("1 pictures? ha|beside|loose",))
def _(here: Path) -> None:
    fill_all(here / "train", PETS, 4)
    fill_all(here / "val", PETS, 2, start=4)
    put(here / "train" / "montage.jpg", image("plot"))


@CASES.add("a data set below a hidden folder that was named", {"cat": 3, "dog": 3})
def _(here: Path) -> Named:
    fill_all(here / ".cache" / "pets", PETS)
    return here / ".cache" / "pets"


@CASES.add(
    "names that differ in a blank and a stroke", {"hot dog": 3, "hot_dog": 3}, told=("hot dog",)
)
def _(here: Path) -> None:
    fill_all(here, ("hot dog", "hot_dog"))


@CASES.add("folders called by numbers", {"0": 3, "1": 3, "10": 3}, is_packable=True)
def _(here: Path) -> None:
    fill_all(here, ("0", "1", "10"))


@CASES.each()
def test_folders_as_people_have_them(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)


@CASES.each(are_packed=True)
def test_the_same_folders_in_a_zip(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path, ".zip")


@CASES.each(are_packed=True)
def test_the_same_folders_in_a_tar(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path, ".tar")
