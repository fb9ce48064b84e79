"""Files whose names say a split, and files whose names merely sound like it."""

from pathlib import Path

import bson
import polars as pl

from people.conftest import Case, Cases, Named, check, fill, image, named, put, put_tar, put_zip

CASES = Cases()
PETS, BOTH = ("cat", "dog"), {"cat": 5, "dog": 5}


def put_parquet(path: Path, count: int, start: int = 0) -> Path:
    """Write pictures as Hugging Face's datasets do."""
    rows = [
        {"image": {"bytes": image(label, number), "path": None}, "label": label}
        for label in PETS
        for number in range(start, start + count)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(path)
    return path


def put_csv(here: Path, name: str, count: int, start: int = 0) -> Path:
    lines = ["path,label"]
    for label in PETS:
        fill(here / "pics" / label, label, count, start)
        lines += [f"pics/{label}/{n:03d}.jpg,{label}" for n in range(start, start + count)]
    return put(here / name, "\n".join(lines))


@CASES.add("train.parquet and test.parquet in a folder", BOTH, splits=(6, 0, 4))
def _(here: Path) -> None:
    put_parquet(here / "train.parquet", 3)
    put_parquet(here / "test.parquet", 2, start=3)


@CASES.add("data/train-00000-of-00002.parquet and its like", BOTH, splits=(6, 4, 0))
def _(here: Path) -> None:
    put_parquet(here / "data" / "train-00000-of-00002.parquet", 2)
    put_parquet(here / "data" / "train-00001-of-00002.parquet", 1, start=2)
    put_parquet(here / "data" / "validation-00000-of-00001.parquet", 2, start=3)


@CASES.add("train/0000.parquet and test/0000.parquet", BOTH, splits=(6, 0, 4))
def _(here: Path) -> None:
    put_parquet(here / "default" / "train" / "0000.parquet", 3)
    put_parquet(here / "default" / "test" / "0000.parquet", 2, start=3)


@CASES.add("pets-train.tar and pets-val.tar, named one by one", BOTH, splits=(6, 4, 0))
def _(here: Path) -> Named:
    members = named(PETS, 5, "{}/{}.jpg")
    is_val = {name for name in members if name[-5] in "34"}
    train = put_tar(here / "pets-train.tar", {n: b for n, b in members.items() if n not in is_val})
    return [train, put_tar(here / "pets-val.tar", {n: members[n] for n in sorted(is_val)})]


@CASES.add("Train.ZIP and Test.ZIP", BOTH, splits=(6, 0, 4))
def _(here: Path) -> Named:
    members = named(PETS, 5)
    is_test = {name for name in members if name[-5] in "34"}
    put_zip(here / "Train.ZIP", {n: b for n, b in members.items() if n not in is_test})
    put_zip(here / "Test.ZIP", {n: members[n] for n in sorted(is_test)})
    return [here / "Train.ZIP", here / "Test.ZIP"]


@CASES.add("train.csv and valid.csv", BOTH, splits=(6, 4, 0))
def _(here: Path) -> Named:
    return [put_csv(here, "train.csv", 3), put_csv(here, "valid.csv", 2, start=3)]


@CASES.add("train_labels.csv and test_labels.csv", BOTH, splits=(6, 0, 4))
def _(here: Path) -> Named:
    return [put_csv(here, "train_labels.csv", 3), put_csv(here, "test_labels.csv", 2, start=3)]


@CASES.add("train.parquet beside a file that says no split", BOTH)
def _(here: Path) -> None:
    put_parquet(here / "train.parquet", 3)
    put_parquet(here / "extra.parquet", 2, start=3)


@CASES.add(
    "test-tubes.tar and train-engines.tar are categories", {"test-tubes": 3, "train-engines": 3}
)
def _(here: Path) -> None:
    for label in ("test-tubes", "train-engines"):
        put_tar(here / f"{label}.tar", named([label], 3, "{1}-{0}.jpg"))


@CASES.add("a browser tool's zip for each category", {"cat": 3, "hot dog": 3})
def _(here: Path) -> Named:
    return [
        put_zip(here / f"{label}-samples.zip", named([label], 3, "{1}.jpg"))
        for label in ("cat", "hot dog")
    ]


@CASES.add("dumps of two collections, train.bson and test.bson", BOTH, splits=(6, 0, 4))
def _(here: Path) -> Named:
    return [
        put(here / f"{split}.bson", b"".join(map(bson.encode, documents)))
        for split, numbers in (("train", range(3)), ("test", range(3, 5)))
        for documents in [
            [
                {"_id": f"{label}{n}", "category_id": label, "imgs": [{"picture": data}]}
                for label in PETS
                for n in numbers
                for data in [image(label, n)]
            ]
        ]
    ]


@CASES.add(
    "tables of pictures beside the pictures",
    {"cat": 3, "dog": 3},
    passed_over={"Parquet files beside pictures": 2},
)
def _(here: Path) -> None:
    for label in PETS:
        fill(here / label, label)
    put_parquet(here / "train.parquet", 3)
    put_parquet(here / "test.parquet", 3)


@CASES.add("the split folder's name counts for a table in it", BOTH, splits=(6, 0, 4))
def _(here: Path) -> Named:
    return [put_csv(here / "train", "labels.csv", 3), put_csv(here / "test", "labels.csv", 2, 3)]


@CASES.add("a folder with a zip for each category", {"cat": 3, "dog": 3})
def _(here: Path) -> None:
    for label in PETS:
        put_zip(here / f"{label}.zip", named([label], 3, "{1}.jpg"))


@CASES.add("a table that was downloaded twice: train (1).csv", BOTH, splits=(6, 0, 4))
def _(here: Path) -> Named:
    return [put_csv(here, "train (1).csv", 3), put_csv(here, "test.csv", 2, start=3)]


@CASES.add(
    "a competition's test.csv has no labels",
    {"cat": 3, "dog": 3},
    splits=(6, 0, 2),
    unlabelled=2,
    told=("no category",),
)
def _(here: Path) -> Named:
    train = put_csv(here, "train.csv", 3)
    fill(here / "test", "cat", 2, start=9)
    return [train, put(here / "test.csv", "path\ntest/009.jpg\ntest/010.jpg\n")]


@CASES.each()
def test_files_that_are_called_like_splits(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)
