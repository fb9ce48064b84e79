"""One document: what PyMongo reads is read, what breaks the format is said and nothing else."""

from collections.abc import Callable
from struct import pack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.sources.bson.document import Product, read_length, read_product
from pixonomy.sources.bson.fields import Damaged

Pymongo = Callable[[bytes], list[Any]]
ID = b"\x10_id\0\x07\0\0\0"


def document(content: bytes) -> bytes:
    return pack("<i", len(content) + 5) + content + b"\0"


def read(data: bytes, start: int = 0) -> Product:
    return read_product(memoryview(data), start)


def attempt(data: bytes) -> Product | Damaged:
    try:
        return read(data)
    except Damaged as damage:
        return damage


def fault(data: bytes) -> Damaged:
    with pytest.raises(Damaged) as caught:
        read(data)
    return caught.value


@given(data=st.data(), before=st.binary(max_size=9), behind=st.binary(max_size=9))
@settings(max_examples=150, deadline=None)
def test_every_product_is_read_as_pymongo_reads_it(
    products: st.SearchStrategy[bytes],
    pymongo: Pymongo,
    data: st.DataObject,
    before: bytes,
    behind: bytes,
) -> None:
    encoded = data.draw(products)
    chunk = before + encoded + behind
    product = read(chunk, len(before))
    (expected,) = pymongo(encoded)
    assert (product.product_id, product.category_id) == (expected.product_id, expected.category_id)
    assert (product.problem is not None) == expected.has_problem
    found = [chunk[offset : offset + length] for offset, length in product.images]
    assert found == [one for one in expected.images if one is not None]
    assert len(product.odd) == expected.images.count(None)
    assert product.end == len(before) + len(encoded)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_byte_is_damage_or_gives_ranges_inside_the_document(
    products: st.SearchStrategy[bytes], data: st.DataObject
) -> None:
    encoded = data.draw(products)
    changed = bytearray(encoded + bytes(20))
    changed[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    found = attempt(bytes(changed))
    if isinstance(found, Damaged):
        assert 0 <= found.offset < len(encoded)
        return
    assert found.end == len(encoded)
    for offset, length in found.images:
        assert 0 < offset <= offset + length < found.end


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_document_cut_anywhere_is_damage(
    products: st.SearchStrategy[bytes], data: st.DataObject
) -> None:
    encoded = data.draw(products)
    for size in range(len(encoded)):
        assert 0 <= fault(encoded[:size]).offset <= size


@pytest.mark.parametrize(
    "old",
    [
        b"\x06old\0",  # undefined
        b"\x0cold\0\x03\0\0\0ab\0" + bytes(12),  # a pointer into a database
        b"\x0eold\0\x02\0\0\0a\0",  # a symbol
    ],
)
def test_types_that_nobody_writes_any_more_are_skipped(old: bytes) -> None:
    assert read(document(old + ID)).product_id == "7"


def test_of_fields_with_one_name_the_last_counts_as_for_pymongo(pymongo: Pymongo) -> None:
    array = b"\x04imgs\0" + document(b"\x030\0" + document(b"\x05picture\0\x01\0\0\0\0x"))
    for content in (ID + b"\x10_id\0\x08\0\0\0" + array, ID + array + b"\x0aimgs\0"):
        (expected,) = pymongo(document(content))
        product = read(document(content))
        assert product.product_id == expected.product_id
        assert len(product.images) == len(expected.images)


def test_text_that_is_not_utf_8_is_an_id_all_the_same() -> None:
    assert read(document(b"\x02_id\0\x03\0\0\0a\xff\0")).product_id == "a\\xff"


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 4, 9])
def test_no_product_is_shorter_than_its_id(length: int) -> None:
    data = pack("<i", length) + bytes(100)
    assert str(fault(data)) == f"a document of {length} bytes is too short"
    with pytest.raises(Damaged):
        read_length(memoryview(data), 0)


@pytest.mark.parametrize(
    ("content", "offset", "told"),
    [
        (b"\x10no\0\x07\0\0\0" * 2, 0, "a document without _id"),
        (b"\x0a_id\0" + bytes(9), 9, "an unknown type 0x00"),
        (ID + b"\x20name\0", 13, "an unknown type 0x20"),
        (ID + b"\x10name", 14, "a field's name that does not end"),
        (ID + b"\x10" + b"n" * 5000 + bytes(5), 14, "a field's name that does not end"),
        (ID + b"\x0bname\0pattern", 19, "a field's name that does not end"),
        (ID + b"\x12name\0\0", 19, "a value that is longer than its document"),
        (ID + b"\x02name\0\0", 19, "a number that does not end"),
        (ID + b"\x02name\0\0\0\0\0\0", 19, "a value cannot be 0 bytes long"),
        (ID + b"\x05name\0\xff\xff\xff\xff\0", 19, "a value cannot be -1 bytes long"),
        (ID + b"\x05name\0\xff\xff\xff\x7f\0", 19, "a value that is longer than its document"),
        (ID + b"\x03name\0\x04\0\0\0\0", 19, "a value cannot be 4 bytes long"),
        (
            ID + b"\x04imgs\0" + document(b"\x030\0" + document(b"\x10a\0"))[:-2] + b"\xff\0",
            33,
            "longer",
        ),
    ],
)
def test_what_breaks_the_format_is_told_with_its_place(
    content: bytes, offset: int, told: str
) -> None:
    damage = fault(document(content))
    assert told in str(damage)
    assert damage.offset == offset


def test_a_document_ends_with_a_zero() -> None:
    damage = fault(document(ID)[:-1] + b"x" + bytes(9))
    assert (str(damage), damage.offset) == ("a document that does not end where it says", 13)


def test_an_old_binary_whose_lengths_differ_is_damage() -> None:
    for length, inner in ((6, 1), (4, 1), (3, 0)):
        data = pack("<ibi", length, 2, inner) + b"abcdefgh"
        entry = document(b"\x05picture\0" + data[: 5 + length])
        damage = fault(document(ID + b"\x04imgs\0" + document(b"\x030\0" + entry)))
        assert str(damage) == "a picture whose two lengths differ"


def test_fields_without_end_are_damage_even_if_spread_over_the_pictures() -> None:
    empty = b"\x0a\0"
    assert "more than 4096 fields" in str(fault(document(ID + empty * 5000)))
    entries = b"\x03\0" + document(empty * 999)
    data = document(ID + b"\x04imgs\0" + document(entries * 10))
    assert "more than 4096 fields" in str(fault(data))


def test_depth_does_not_matter() -> None:
    nested = document(b"")
    for _ in range(20_000):
        nested = document(b"\x03\0" + nested)
    assert read(document(b"\x03deep\0" + nested + ID)).product_id == "7"
