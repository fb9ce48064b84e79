"""The catalogue's road on real products: index to submission, on a similar and a different set."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import pytest

from pixonomy.arrays.image_shards import read_arrays
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all

PRODUCTS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "products"
SIMILAR = ("still wine", "sparkling wine", "bourbon", "beer")
DIFFERENT = ("bourbon", "clock", "chair", "essential programming")
EACH = 72  # products of every category

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not PRODUCTS.is_dir(), reason="the real pictures are not at hand"),
]

Call = Callable[..., tuple[int, Any, str]]


def index(call: Call, name: str, output: Path) -> dict[str, Any]:
    tree = PRODUCTS / "category_names.csv"
    code, result, _ = call("index", PRODUCTS / name, "--categories", tree, "-o", output)
    assert code == 0
    return dict(result)


@pytest.mark.parametrize("name", ["train.bson", "test.bson"])
def test_every_byte_range_holds_the_picture_that_pymongo_finds(
    call: Call, tmp_path: Path, name: str
) -> None:
    result = index(call, name, tmp_path / "m.parquet")
    manifest = read_manifest(tmp_path / "m.parquet")
    documents = bson.decode_all((PRODUCTS / name).read_bytes())
    wanted = [
        (str(one["_id"]), str(one["category_id"]) if "category_id" in one else None, image)
        for one in documents
        for image in (two["picture"] for two in one["imgs"])
    ]
    found = dict(read_all(locate(manifest.rows, manifest.base)))
    rows = manifest.rows.select("group_id", "label").rows()
    assert [(*row, found[place]) for place, row in enumerate(rows)] == wanted
    assert result["groups"] == len(documents)


@pytest.mark.parametrize("categories", [SIMILAR, DIFFERENT], ids=["similar", "different"])
def test_a_set_goes_from_index_to_an_accepted_submission(
    call: Call, tmp_path: Path, categories: tuple[str, ...]
) -> None:
    index(call, "train.bson", tmp_path / "all.parquet")
    named = [part for one in categories for part in ("--category", one)]
    sampled = ["--each", EACH, "-o", tmp_path / "sample.parquet"]
    code, sample, _ = call("sample", tmp_path / "all.parquet", *named, *sampled)
    assert (code, sample["categories"], sample["groups"]) == (0, 4, 4 * EACH)
    assert [one["had"] for one in sample["sampled"]] == [EACH] * 4
    steps = (
        ("split", tmp_path / "sample.parquet", "-o", tmp_path / "split.parquet"),
        ("prepare", tmp_path / "split.parquet", "--size", 50, "--size", 100, "-o", tmp_path / "a"),
        ("train", tmp_path / "a", "--model", "compact", "--size", 50, "--epochs", 20, "-o",
         tmp_path / "run"),
    )  # fmt: skip
    for step in steps:
        assert call(*step)[0] == 0
    assert read_arrays(tmp_path / "a").sizes == (50, 100)
    code, evaluation, _ = call("evaluate", tmp_path / "run")
    assert code == 0
    assert evaluation["test"]["accuracy"] > evaluation["test"]["majority_baseline"] + 0.1
    index(call, "test.bson", tmp_path / "test.parquet")
    wanted = tmp_path / "submission.csv"
    code, predicted, _ = call(
        "predict", tmp_path / "run", tmp_path / "test.parquet", "-o", tmp_path / "p.parquet",
        "--submission", wanted,
    )  # fmt: skip
    assert (code, predicted["problems"]) == (0, 0)
    check(wanted)


def check(submission: Path) -> None:
    """Accept a submission only in the strict form, against the catalogue itself."""
    products = [str(one["_id"]) for one in bson.decode_all((PRODUCTS / "test.bson").read_bytes())]
    with (PRODUCTS / "category_names.csv").open(encoding="utf-8", newline="") as file:
        known = {row["category_id"] for row in csv.DictReader(file)}
    text = submission.read_bytes().decode("ascii")
    header, *lines = text.removesuffix("\n").split("\n")
    assert header == "_id,category_id"
    assert text.endswith("\n")
    answers = [line.split(",") for line in lines]
    assert [answer[0] for answer in answers] == products, "every product once, in order"
    assert {answer[1] for answer in answers} <= known
    assert all(len(answer) == 2 for answer in answers)
