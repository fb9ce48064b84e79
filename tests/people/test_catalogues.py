"""Dumps of product catalogues: ids of every type, odd categories, pictures in odd places."""

import datetime
import math
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bson
import polars as pl
import pytest
from bson.binary import Binary, UuidRepresentation
from bson.code import Code
from bson.codec_options import CodecOptions
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

import pixonomy
from people.conftest import Case, Cases, Named, check, fill_all, image, put

CASES = Cases()
OPTIONS = CodecOptions[dict[str, Any]](uuid_representation=UuidRepresentation.STANDARD)
LABELS = ("cat", "dog")
PETS = dict.fromkeys(LABELS, 3)
UUID = uuid.UUID("0c9d2c3e-0000-4000-8000-00000000002a")
DATE = datetime.datetime(2019, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)


def put_bson(path: Path, products: Sequence[Mapping[str, Any]]) -> Path:
    """Write a dump as mongodump does: one document behind another."""
    documents = [bson.encode(dict(one), codec_options=OPTIONS) for one in products]
    return put(path, b"".join(documents))


def products(**changed: Any) -> list[dict[str, Any]]:
    """Return a product of one picture for each of three cats and three dogs.

    Args:
        changed: functions of label and number that give a field another value.
    """
    found = []
    for label in LABELS:
        for number in range(3):
            data = image(label, number)
            product = {"_id": f"{label}{number}", "category_id": label, "imgs": [{"picture": data}]}
            product.update({key: make(label, number) for key, make in changed.items()})
            found.append(product)
    return found


IDS: dict[str, Any] = {
    "UUIDs": lambda label, n: uuid.UUID(int=UUID.int + n + 3 * (label == "dog")),
    "UUIDs of an old driver": lambda label, n: Binary(
        bytes(15) + bytes([n + (label == "dog") * 9]), 3
    ),
    "decimals": lambda label, n: Decimal128(f"{n + (label == 'dog') * 9}.50"),
    "dates": lambda label, n: DATE + datetime.timedelta(days=n + (label == "dog") * 9),
    "ObjectIds": lambda label, n: ObjectId(f"{n + (label == 'dog') * 9:024x}"),
    "documents": lambda label, n: {"shop": label, "number": n},
    "numbers of three types": lambda label, n: (n, Int64(n + 10), n + 20.0)[n] + (label == "dog"),
    "bytes": lambda label, n: f"{label}{n}".encode(),
}
for _name, _make in IDS.items():

    def _build(here: Path, make: Any = _make) -> Path:
        return put_bson(here / "t.bson", products(_id=make))

    CASES.add(f"ids: {_name}", PETS)(_build)


CATEGORIES: dict[str, tuple[Any, dict[str, int]]] = {
    "UUIDs": (lambda label: UUID if label == "cat" else "dog", {str(UUID): 3, "dog": 3}),
    "decimals": (lambda label: Decimal128("12") if label == "cat" else "dog", {"12": 3, "dog": 3}),
    "true and false": (lambda label: label == "cat", {"true": 3, "false": 3}),
    "whole floats": (
        lambda label: 1000003437.0 if label == "cat" else 7.0,
        {"1000003437": 3, "7": 3},
    ),
    "64-bit numbers": (
        lambda label: Int64(2**40) if label == "cat" else 7,
        {str(2**40): 3, "7": 3},
    ),
    "text with blanks": (lambda label: f" {label}\n", {"cat": 3, "dog": 3}),
    "a Mac's letters": (
        lambda label: "pa\u0302te\u0301" if label == "cat" else "dog",
        {"pâté": 3, "dog": 3},
    ),
}
for _name, (_of, _labels) in CATEGORIES.items():

    def _build_category(here: Path, of: Any = _of) -> Path:
        return put_bson(here / "t.bson", products(category_id=lambda label, _: of(label)))

    CASES.add(f"categories: {_name}", _labels, is_drawn=False)(_build_category)


ODD: dict[str, Any] = {
    "NaN": math.nan,
    "infinity": math.inf,
    "a list of two": ["cat", "dog"],
    "code": Code("function() {}"),
}
for _name, _value in ODD.items():

    def _build_odd(here: Path, value: Any = _value) -> Path:
        found = products()
        found[1]["category_id"] = value
        return put_bson(here / "t.bson", found)

    CASES.add(f"one odd category: {_name}", {"cat": 2, "dog": 3}, problems=1, told=("category",))(
        _build_odd
    )


@CASES.add("a category that is null, and one that is not there", {"cat": 1, "dog": 3}, unlabelled=2)
def _(here: Path) -> Named:
    found = products()
    found[0]["category_id"] = None
    del found[1]["category_id"]
    return put_bson(here / "t.bson", found)


@CASES.add("imgs holds the bytes themselves", PETS)
def _(here: Path) -> Named:
    return put_bson(here / "t.bson", products(imgs=lambda label, n: [image(label, n)]))


@CASES.add("imgs is one document", PETS)
def _(here: Path) -> Named:
    return put_bson(here / "t.bson", products(imgs=lambda label, n: {"picture": image(label, n)}))


@CASES.add("imgs is one picture", PETS)
def _(here: Path) -> Named:
    return put_bson(here / "t.bson", products(imgs=image))


@CASES.add("a picture that is null among others", {"cat": 6, "dog": 6})
def _(here: Path) -> Named:
    def make(label: str, n: int) -> list[dict[str, Any]]:
        images = [image(label, n), None, image(label, n + 9)]
        return [{"picture": one} for one in images]

    return put_bson(here / "t.bson", products(imgs=make))


@CASES.add("a product without pictures", {"cat": 2, "dog": 3}, problems=1, told=("no picture",))
def _(here: Path) -> Named:
    found = products()
    found[0]["imgs"] = []
    return put_bson(here / "t.bson", found)


@CASES.add("a dump that was cut", refused=("byte", "--salvage"))
def _(here: Path) -> Named:
    path = put_bson(here / "t.bson", products())
    return put(path, path.read_bytes()[:-100])


@CASES.add("a dump that mongodump has packed", refused=("gzip|compressed", "gunzip|unpack"))
def _(here: Path) -> Named:
    return put(here / "products.bson.gz", b"\x1f\x8b\x08" + bytes(400))


@CASES.add("the folder that mongodump writes", refused=(r"\.bson",))
def _(here: Path) -> Named:
    put_bson(here / "dump" / "shop" / "products.bson", products())
    put(here / "dump" / "shop" / "products.metadata.json", "{}")
    return here / "dump"


@CASES.each()
def test_catalogues_as_databases_dump_them(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)


PARQUETS: dict[str, tuple[bytes | None, str]] = {  # what lies at train.parquet: its bytes
    "cut": (None, "cut|damaged|copy"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\nsize 9\n", "git lfs|LFS"),
    "a page that reports an error": (b"<!DOCTYPE html><html>404</html>", "HTML|Parquet"),
    "nothing": (b"", "empty|Parquet"),
}


def put_whole(path: Path) -> bytes:
    rows = [
        {"image": {"bytes": image(label, n), "path": None}, "label": label}
        for label in LABELS
        for n in range(8)
    ]
    pl.DataFrame(rows).write_parquet(path)
    return path.read_bytes()


@pytest.mark.parametrize(("data", "told"), PARQUETS.values(), ids=PARQUETS)
def test_parquet_that_is_none_is_one_sentence(
    data: bytes | None, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "train.parquet"
    whole = put_whole(path)
    path.write_bytes(whole[:-200] if data is None else data)
    with pytest.raises(pixonomy.PixonomyError, match=f"(?i){told}") as caught:
        pixonomy.index([path], tmp_path / "m.parquet")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", range(0, 20))
def test_parquet_with_zeros_in_it_is_read_or_is_one_sentence(part: int, tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    data = bytearray(put_whole(path))
    start = len(data) * part // 20
    data[start : start + 64] = bytes(64)
    path.write_bytes(data)
    result, sentence = index_or_say(path)
    assert "\n" not in sentence
    assert "train.parquet" in sentence or result["rows"] == 16
    assert set(result.get("labels", ())) <= set(LABELS)


def index_or_say(path: Path) -> tuple[dict[str, Any], str]:
    try:
        return pixonomy.index([path], path.parent / "m.parquet").as_json(), ""
    except pixonomy.PixonomyError as error:
        return {}, str(error)


def test_a_manifest_that_was_cut_is_one_sentence(tmp_path: Path) -> None:
    fill_all(tmp_path / "in", LABELS)
    manifest = tmp_path / "m.parquet"
    pixonomy.index([tmp_path / "in"], manifest)
    manifest.write_bytes(manifest.read_bytes()[:-300])
    with pytest.raises(pixonomy.PixonomyError, match=r"(?i)damaged|cut|manifest") as caught:
        pixonomy.split(manifest, tmp_path / "s.parquet")
    assert "\n" not in str(caught.value)
