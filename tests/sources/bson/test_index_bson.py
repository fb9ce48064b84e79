"""A whole file becomes rows: PyMongo is the oracle, and each byte range is looked at."""

import os
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any

import bson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixonomy.errors import SettingError, StorageError
from pixonomy.sources.bson import walk as module
from pixonomy.sources.bson.index_bson import IndexedChunk, identify, index_bson
from pixonomy.sources.bson.write_bson import ProductImages, encode_product
from pixonomy.storage.address import Address

Pymongo = Callable[[bytes], list[Any]]
PRODUCTS = Path("../shared/data/products")


def walk(file: Path, **options: Any) -> tuple[pl.DataFrame, list[IndexedChunk]]:
    chunks = list(index_bson(Address(file), "file.bson", **options))
    rows = [one.rows for one in chunks if not one.rows.is_empty()]
    return pl.concat(rows) if rows else pl.DataFrame(), chunks


def product(number: int, *images: bytes) -> bytes:
    return encode_product(ProductImages(number, number % 5, images))


def check_against(pymongo: Pymongo, content: bytes, rows: pl.DataFrame) -> None:
    expected = [
        (one.product_id, one.category_id, image, one.has_problem or image is None)
        for one in pymongo(content)
        for image in (one.images or [None])
    ]
    columns = ("group_id", "image_id", "label", "offset", "length", "problem")
    found = [
        (
            None if group == image_id else group,
            label,
            None if offset is None else content[offset : offset + length],
            problem is not None,
        )
        for group, image_id, label, offset, length, problem in rows.select(columns).iter_rows()
    ]
    assert found == expected
    assert rows["image_id"].is_unique().all()
    assert rows["offset"].drop_nulls().is_sorted()


@given(data=st.data(), chunk=st.integers(4, 2000))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_gives_pymongos_products_whatever_the_stretches(
    products: st.SearchStrategy[bytes],
    pymongo: Pymongo,
    tmp_path: Path,
    data: st.DataObject,
    chunk: int,
) -> None:
    documents = data.draw(st.lists(products, min_size=1, max_size=10))
    file = tmp_path / "file.bson"
    file.write_bytes(b"".join(documents))
    rows, chunks = walk(file)
    check_against(pymongo, file.read_bytes(), rows)
    cut, pieces = walk(file, chunk=chunk)
    assert cut.equals(rows)
    for one in (*chunks, *pieces):
        assert (one.damage, one.size) == (None, file.stat().st_size)
    assert pieces[-1].end == file.stat().st_size


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["train.bson", "test.bson"])
def test_the_real_catalogue_is_read_as_pymongo_reads_it(pymongo: Pymongo, name: str) -> None:
    rows, _ = walk(PRODUCTS / name)
    check_against(pymongo, (PRODUCTS / name).read_bytes(), rows)
    assert walk(PRODUCTS / name, chunk=100_000)[0].equals(rows)


def test_a_walk_may_begin_wherever_an_earlier_one_was(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    file.write_bytes(b"".join(product(count, b"x" * count) for count in range(60)))
    rows, chunks = walk(file, chunk=300)
    assert len(chunks) > 5
    for number, one in enumerate(chunks):
        before = pl.concat([earlier.rows for earlier in chunks[: number + 1]])
        behind, _ = walk(file, start=one.end)
        assert pl.concat([before, behind] if len(behind) else [before]).equals(rows)


def test_the_rows_say_what_a_manifest_needs(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    file.write_bytes(product(6, b"abc") + product(7))
    rows, _ = walk(file)
    offset = file.read_bytes().index(b"abc")
    assert rows.row(0, named=True) == {
        "image_id": f"file.bson:{offset}",
        "group_id": "6",
        "label": "1",
        "uri": "file.bson",
        "offset": offset,
        "length": 3,
        "label_source": "catalogue",
        "problem": None,
    }
    assert rows["problem"][1] == "the product has no picture"


def encode(*products: dict[str, Any]) -> bytes:
    return b"".join(map(bson.encode, products))


def test_an_odd_category_is_a_row_with_a_problem_and_no_damage(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    imgs = [{"picture": b"abc"}]
    odd = [float("nan"), [1], {"a": 1}, 1.5, bson.Regex("a")]
    content: list[dict[str, Any]] = [{"_id": 0, "category_id": 7.0, "imgs": imgs}]
    content += [{"_id": 1, "category_id": one, "imgs": imgs} for one in odd]
    content += [{"_id": 2, "category_id": 8, "imgs": imgs}]
    file.write_bytes(encode(*content))
    rows, chunks = walk(file)
    assert [one.damage for one in chunks] == [None]
    assert rows["label"].to_list() == ["7", *[None] * 5, "8"]
    assert rows["problem"].is_null().to_list() == [True, *[False] * 5, True]
    assert rows["problem"][1] == "category_id is the number nan, which is no category"
    assert rows["problem"][2] == "category_id is a list, which is no category"
    assert rows["offset"].null_count() == 0


def test_products_without_an_id_are_groups_of_their_own_with_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    imgs = [{"picture": b"a"}, {"picture": b"b"}]
    products: list[dict[str, Any]] = [
        {"_id": None, "imgs": imgs},
        {"_id": 5, "imgs": imgs},
        {"imgs": imgs},
    ]
    file.write_bytes(encode(*products))
    rows, chunks = walk(file)
    assert [one.damage for one in chunks] == [None]
    assert rows["group_id"].to_list()[2:4] == ["5", "5"]
    assert rows["group_id"].n_unique() == 5
    told = "the product has no _id"
    assert rows["problem"].to_list() == [told, told, None, None, told, told]


@pytest.mark.parametrize(
    ("imgs", "images"),
    [
        ([b"one", b"two"], [b"one", b"two"]),
        (b"one", [b"one"]),
        ({"picture": b"one", "width": 7}, [b"one"]),
        ({"0": {"picture": b"one"}, "1": {"picture": b"two"}}, [b"one", b"two"]),
        ({"front": b"one", "back": b"two"}, [b"one", b"two"]),
        ([b"one", None, {}, {"picture": b"two"}], [b"one", b"two"]),
        ([{"picture": "aGVsbG8="}, b"two"], ["picture is a text; expected a binary", b"two"]),
        ([7, b"two"], ["an entry of imgs is a number; expected a binary", b"two"]),
        ("aGVsbG8=", ["imgs is a text; expected a binary"]),
        ([{"url": "x", "a": 1}], ["an entry of imgs has no field picture, but url, a"]),
        ([], ["the product has no picture"]),
        (None, ["the product has no picture"]),
        ([{"picture": None}], ["the product has no picture"]),
    ],
)
def test_pictures_are_read_in_whatever_shape_or_the_row_says_why_not(
    tmp_path: Path, imgs: Any, images: list[bytes | str]
) -> None:
    file = tmp_path / "file.bson"
    file.write_bytes(encode({"_id": 1, "imgs": imgs}, *[{"_id": 2, "imgs": imgs}] * 3))
    content = file.read_bytes()
    rows, chunks = walk(file)
    assert [one.damage for one in chunks] == [None]
    found = [
        content[offset : offset + length] if problem is None else problem
        for offset, length, problem in rows.select("offset", "length", "problem").iter_rows()
    ]
    assert found == images * 4
    assert rows["image_id"].is_unique().all()


def test_tiny_documents_are_read_together_a_part_of_a_stretch_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_AT_ONCE", 100)
    file = tmp_path / "file.bson"
    titles = ["", "a title", "another title that is longer"]
    products = [
        {"_id": f"id-{count}", "title": titles[count % 3], "category_id": str(count % 7)}
        for count in range(1000)
    ]
    file.write_bytes(encode(*products))
    rows, chunks = walk(file)
    assert rows["group_id"].to_list() == [one["_id"] for one in products]
    assert rows["label"].to_list() == [one["category_id"] for one in products]
    assert 10 <= len(chunks) < 20


def test_products_with_one_id_are_one_group_of_several_pictures(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    file.write_bytes(product(6, b"abc") * 3)
    rows, _ = walk(file)
    assert rows["group_id"].to_list() == ["6"] * 3
    assert rows["image_id"].is_unique().all()


def test_a_product_longer_than_a_stretch_is_read(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    huge = bytes(70 * 1024**2)
    file.write_bytes(product(1, b"a") + product(2, huge) + product(3, b"b"))
    rows, _ = walk(file)
    assert rows["length"].to_list() == [1, len(huge), 1]
    assert walk(file, chunk=4096)[0].equals(rows)


def test_so_many_products_that_a_stretch_is_read_in_several_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file.bson"
    file.write_bytes(b"".join(product(count, b"a") for count in range(10)))
    rows, _ = walk(file)
    monkeypatch.setattr(module, "_MOST_AT_ONCE", 3)
    again, chunks = walk(file)
    assert again.equals(rows)
    assert [one.rows.height for one in chunks] == [3, 3, 3, 1]


def test_a_document_that_no_product_can_be_is_damage(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    with file.open("wb") as opened:
        opened.write(product(1, b"a") + pack("<i", 2**31 - 1) + b"\x10_id\0")
        opened.truncate(3 * 1024**3)  # a sparse file: three gigabytes on paper
    rows, chunks = walk(file)
    assert rows.height == 1
    assert chunks[-1].damage is not None
    assert chunks[-1].damage.offset == len(product(1, b"a"))
    assert chunks[-1].damage.message == "a document of 2147483647 bytes is no product"


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "file.bson").touch()
    assert list(index_bson(Address(tmp_path / "file.bson"), "file.bson")) == []


def test_what_is_no_file_or_cannot_be_read_is_refused(
    tmp_path: Path, ordinary_folder: Path
) -> None:
    os.mkfifo(ordinary_folder / "pipe.bson")
    (ordinary_folder / "folder.bson").mkdir()
    for name in ("nothing", "pipe", "folder"):
        with pytest.raises(SettingError, match=f"{name}.bson is no regular file"):
            list(index_bson(Address(ordinary_folder / f"{name}.bson"), "x"))
    (ordinary_folder / "secret.bson").write_bytes(product(1, b"a"))
    (ordinary_folder / "secret.bson").chmod(0)
    with pytest.raises(StorageError, match=r"No permission for .*secret\.bson"):
        list(index_bson(Address(ordinary_folder / "secret.bson"), "x"))


def test_the_identity_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "file.bson"
    file.write_bytes(product(1, b"a"))
    os.utime(file, (1, 1))
    before = identify(Address(file))
    assert identify(Address(file)) == before
    os.utime(file, (2, 2))
    assert identify(Address(file)) != before
    file.write_bytes(product(1, b"ab"))
    os.utime(file, (1, 1))
    assert identify(Address(file)) != before
