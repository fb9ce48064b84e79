"""Columns of tables: labels that are numbers, lists or missing, and columns that tell splits."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from people.conftest import (
    Case,
    Cases,
    Named,
    check,
    fill,
    fill_rows,
    image,
    put,
    put_lines,
    put_text,
)

CASES = Cases()
PETS = {"cat": 3, "dog": 3}


def put_frame(here: Path, labels: Sequence[str], values: Mapping[str, object]) -> Path:
    rows = fill_rows(here, labels)
    frame = pl.DataFrame(
        {"path": [path for path, _ in rows], "label": [values[label] for _, label in rows]},
        strict=False,
    )
    frame.write_parquet(here / "t.parquet")
    return here / "t.parquet"


@CASES.add("Parquet with floats, NaN and null", {"7": 3, "1000003437": 3}, unlabelled=6)
def _(here: Path) -> Named:
    values = {"7": 7.0, "1000003437": 1000003437.0, "nan": float("nan"), "null": None}
    return put_frame(here, tuple(values), values)


@CASES.add("Parquet with true and false", {"true": 3, "false": 3})
def _(here: Path) -> Named:
    return put_frame(here, ("true", "false"), {"true": True, "false": False})


@CASES.add("Parquet with labels in a list of one or two", refused=("label", "several|list"))
def _(here: Path) -> Named:
    return put_frame(here, ("cat", "dog"), {"cat": ["cat"], "dog": ["cat", "dog"]})


@CASES.add("JSON lines with classes as floats", {"3": 3, "12": 3})
def _(here: Path) -> Named:
    rows = fill_rows(here, ("3", "12"))
    lines = [json.dumps({"image": path, "label": float(label)}) for path, label in rows]
    return put(here / "t.jsonl", "\n".join(lines))


# Columns that tell splits.
@CASES.add("is_valid says true and false", PETS, splits=(4, 2, 0))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [f"{path},{label},{path.endswith('2.jpg')}" for path, label in rows]
    return put(here / "t.csv", "\n".join(["name,label,is_valid", *lines]).replace("name", "fname"))


@CASES.add("a column called set, in capitals", PETS, splits=(2, 2, 2))
def _(here: Path) -> Named:
    words = ("TRAIN", "VALID", "TEST")
    rows = fill_rows(here, tuple(PETS))
    lines = [f"{path};{label};{words[n % 3]}" for n, (path, label) in enumerate(rows)]
    return put(here / "t.csv", "\n".join(["path;label;set", *lines]))


@CASES.add("folds are no splits, and told", PETS, told=("fold",))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [f"{path},{label},{n % 3}" for n, (path, label) in enumerate(rows)]
    return put(here / "t.csv", "\n".join(["path,label,fold", *lines]))


# Columns that hold more, or less, than one category.
@CASES.add("one column a category, with blanks behind the commas", PETS, told=("cat", "0 and 1"))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [f"{path}, {int(label == 'cat')}, {int(label == 'dog')}" for path, label in rows]
    return put(here / "_classes.csv", "\n".join(["filename, cat, dog", *lines]))


@CASES.add("two categories in one row of such a table", refused=("line 3", "cat", "dog"))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [f"{path},1,{int(n == 1)}" for n, (path, _) in enumerate(rows)]
    return put(here / "_classes.csv", "\n".join(["filename,cat,dog", *lines]))


FINDINGS = ("Cardiomegaly|Effusion", "Effusion", "Cardiomegaly")
FINDING_COLUMNS = {"path": "Image Index", "label": "Finding Labels"}


@CASES.add(
    "findings joined by bars",
    refused=("line 2", r"cardiomegaly\|effusion"),
    columns=FINDING_COLUMNS,
)
def _(here: Path) -> Named:
    return put_text(here, FINDINGS, header=("Image Index", "Finding Labels"))


@CASES.add(
    "labels with bars of which nobody knows whether they are several",
    {"Cardiomegaly|Effusion": 3, "Effusion": 3},
    told=("may be several",),
    columns=FINDING_COLUMNS,
)
def _(here: Path) -> Named:
    return put_text(here, FINDINGS[:2], header=("Image Index", "Finding Labels"))


@CASES.add("labels as a JSON list in a cell", refused=("several|list", "label"))
def _(here: Path) -> Named:
    return put_text(here, ('["cat", "dog"]', '["dog"]'))


@CASES.add("no label column", {}, unlabelled=6, told=("--label-column", "kind_of_pet"))
def _(here: Path) -> Named:
    return put_text(here, tuple(PETS), header=("path", "kind_of_pet"))


@CASES.add("the label column is named", PETS, columns={"label": "kind_of_pet"})
def _(here: Path) -> Named:
    return put_text(here, tuple(PETS), header=("path", "kind_of_pet"))


@CASES.add("a spreadsheet itself", refused=(r"t\.xlsx", "csv"))
def _(here: Path) -> Named:
    return put_text(here, tuple(PETS)).rename(here / "t.xlsx")


@CASES.add("a table packed with gzip", refused=("gzip|compressed", "gunzip|unpack"))
def _(here: Path) -> Named:
    return put(here / "t.csv.gz", b"\x1f\x8b\x08" + bytes(40))


@CASES.add("R's NA for a label that is missing", told=("NA|no category|no label",))
def _(here: Path) -> Named:
    return put_lines(here, ("cat", "dog", "NA"), '"","path","label"', '"{n}","{path}",{label}')


@CASES.add("labels that differ in a capital", {"Cat": 3, "cat": 3}, told=("'Cat' and 'cat'",))
def _(here: Path) -> Named:
    return put_text(here, ("Cat", "cat"))


@CASES.add(
    "a competition's table: ids without endings, a column a disease, a row of zeros",
    {"healthy": 3, "rust": 3},
    unlabelled=1,
    told=("ending", "healthy"),
)
def _(here: Path) -> Named:
    rows = fill_rows(here, ("healthy", "rust"))
    fill(here, "healthy", 1, start=9)
    lines = [
        f"{path.removesuffix('.jpg')},{int(label == 'healthy')},{int(label == 'rust')},0"
        for path, label in rows
    ]
    return put(here / "t.csv", "\n".join(["image_id,healthy,rust,scab", *lines, "009,0,0,0"]))


@CASES.add("true and false in one column a category", PETS)
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [f"{path};{label == 'cat'};{label == 'dog'}" for path, label in rows]
    return put(here / "t.csv", "\n".join(["filename;cat;dog", *lines]))


# HumanSignal/label-studio-converter#109: ids as floats beside the answer.
@CASES.add("an annotation tool's export", PETS, columns={"label": "choice"}, told=("upload",))
def _(here: Path) -> Named:
    lines = ["annotation_id,annotator,choice,created_at,id,image,lead_time"]
    for number, label in enumerate(PETS):
        fill(here / "upload" / "1", label, start=10 * number)
        lines += [
            f"{n}.0,1,{label},2024-01-01T10:00:00Z,{n},/data/upload/1/{10 * number + n:03d}.jpg,9.1"
            for n in range(3)
        ]
    return put(here / "export.csv", "\n".join(lines))


@CASES.add("a table for a cloud: split, address and label without a header", refused=("gs://",))
def _(here: Path) -> Named:
    return put(here / "t.csv", "TRAIN,gs://bucket/1.jpg,cat\nTEST,gs://bucket/2.jpg,dog\n")


@CASES.add("a header alone", refused=(r"t\.csv", "no row|empty|no picture"))
def _(here: Path) -> Named:
    return put(here / "t.csv", "path,label\n")


@CASES.add("no byte", refused=(r"t\.csv", "empty|no row|no header"))
def _(here: Path) -> Named:
    return put(here / "t.csv")


@CASES.add("a spreadsheet called .csv", refused=(r"t\.csv", "zip|spreadsheet|xlsx|text"))
def _(here: Path) -> Named:
    return put(here / "t.csv", b"PK\3\4\x14\0\6\0\x08\0" + bytes(range(256)) * 4)


@CASES.add("a page that reports an error, called .csv", refused=(r"t\.csv", "HTML|column"))
def _(here: Path) -> Named:
    return put(here / "t.csv", "<!DOCTYPE html>\n<html><body>404, not found</body></html>\n")


@CASES.add("splits in words that nobody knows", refused=("split", "'a'", "train"))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [f"{path},{label},{'AB'[n % 2]}" for n, (path, label) in enumerate(rows)]
    return put(here / "t.csv", "\n".join(["path,label,split", *lines]))


@CASES.add("is_test beside is_valid", PETS, splits=(2, 2, 2))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [
        f"{path},{label},{int(n % 3 == 1)},{int(n % 3 == 2)}"
        for n, (path, label) in enumerate(rows)
    ]
    return put(here / "t.csv", "\n".join(["path,label,is_valid,is_test", *lines]))


@CASES.add(
    "labels of two types in JSON lines, and lines without one", {"3": 3, "cat": 3}, unlabelled=1
)
def _(here: Path) -> Named:
    rows = fill_rows(here, ("3", "cat"))
    fill(here, "cat", 1, start=9)
    lines = [
        json.dumps({"image": path, "label": int(one) if one == "3" else one}) for path, one in rows
    ]
    return put(here / "t.jsonl", "\r\n".join([*lines, '{"image": "009.jpg"}', "", ""]))


def put_class_labels(here: Path, dtype: type[pl.DataType]) -> Path:
    """Write classes as Hugging Face's datasets do: numbers; -1 is none; names stand beside."""
    features = {"image": {"_type": "Image"}, "label": {"names": [*PETS], "_type": "ClassLabel"}}
    rows = [
        {"image": {"bytes": image(label, n), "path": None}, "label": number}
        for number, label in enumerate(PETS)
        for n in range(3)
    ]
    rows.append({"image": {"bytes": image("cat", 9), "path": None}, "label": -1})
    frame = pl.DataFrame(rows).with_columns(pl.col("label").cast(dtype))
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    frame.write_parquet(here / "t.parquet", metadata=about)
    return here / "t.parquet"


@CASES.add("classes by number, whose names stand beside", PETS, unlabelled=1)
def _(here: Path) -> Named:
    return put_class_labels(here, pl.Int64)


@CASES.add("classes by numbers that are floats, whose names stand beside", PETS, unlabelled=1)
def _(here: Path) -> Named:
    return put_class_labels(here, pl.Float64)


@CASES.add("a damaged line of JSON", refused=("line 4", r"t\.jsonl"))
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    lines = [json.dumps({"path": path, "label": label}) for path, label in rows]
    return put(here / "t.jsonl", "\n".join([*lines[:3], lines[3][:20], *lines[4:]]))


@CASES.add("pictures by path where datasets have their bytes", PETS)
def _(here: Path) -> Named:
    rows = fill_rows(here, tuple(PETS))
    images = [{"bytes": None, "path": path} for path, _ in rows]
    kind = pl.Struct({"bytes": pl.Binary, "path": pl.String})
    labels = [label for _, label in rows]
    frame = pl.DataFrame({"image": pl.Series(images, dtype=kind), "label": labels})
    frame.write_parquet(here / "t.parquet")
    return here / "t.parquet"


@CASES.add("words for nothing that are no label everywhere are told", told=("'None'", "'n/a'"))
def _(here: Path) -> Named:
    return put_text(here, ("None", "n/a", "cat"))


@CASES.each()
def test_columns_as_people_fill_them(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)
