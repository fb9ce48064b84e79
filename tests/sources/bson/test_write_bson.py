"""What is written is what PyMongo and the walk read."""

from pathlib import Path

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.errors import StorageError
from pixonomy.sources.bson.document import read_product
from pixonomy.sources.bson.write_bson import ProductImages, encode_product, write_bson

NUMBERS = st.integers(-(2**31) - 2, 2**31 + 2) | st.integers(-(2**63), 2**63 - 1)


@given(
    number=NUMBERS,
    category=NUMBERS | st.none(),
    images=st.lists(st.binary(max_size=30), max_size=12),
)
@settings(max_examples=80, deadline=None)
def test_pymongo_writes_the_same_bytes_and_the_walk_reads_them(
    number: int, category: int | None, images: list[bytes]
) -> None:
    encoded = encode_product(ProductImages(number, category, images))
    ids = {"_id": number} | ({} if category is None else {"category_id": category})
    assert encoded == bson.encode({**ids, "imgs": [{"picture": one} for one in images]})
    product = read_product(memoryview(encoded), 0)
    assert product.product_id == str(number)
    assert product.category_id == (None if category is None else str(category))
    assert [encoded[start : start + length] for start, length in product.images] == images


def test_products_follow_each_other_in_the_file(tmp_path: Path) -> None:
    products = [ProductImages(number, 7, [b"x" * number]) for number in range(5)]
    size = write_bson(tmp_path / "new" / "file.bson", iter(products))
    content = (tmp_path / "new" / "file.bson").read_bytes()
    assert len(content) == size
    assert [one["_id"] for one in bson.decode_all(content)] == [0, 1, 2, 3, 4]


def test_a_file_that_breaks_off_leaves_nothing(tmp_path: Path, small_disk: Path) -> None:
    def products() -> "list[ProductImages]":
        return [ProductImages(number, 7, [bytes(20_000)]) for number in range(9)]

    with pytest.raises(StorageError, match="The disk is full"):
        write_bson(small_disk / "file.bson", products())
    assert list(small_disk.iterdir()) == []
