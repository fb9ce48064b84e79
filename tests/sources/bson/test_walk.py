"""Stretch after stretch: rows are the same however the documents are read and cut."""

from collections.abc import Callable
from struct import pack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.sources.bson.walk import Scan, Scanned

Pymongo = Callable[[bytes], list[Any]]


def product(number: int, *images: bytes, more: bytes = b"") -> bytes:
    records = [
        b"\x03%d\0" % place + document(b"\x05picture\0" + pack("<ib", len(one), 0) + one)
        for place, one in enumerate(images)
    ]
    imgs = b"\x04imgs\0" + document(b"".join(records))
    return document(b"\x10_id\0" + pack("<i", number) + more + imgs)


def document(content: bytes) -> bytes:
    return pack("<i", len(content) + 5) + content + b"\0"


def walk(data: bytes, base: int = 0, more: int = 0, reader: Scan | None = None) -> Scanned:
    """Read a stretch behind which the file has `more` bytes."""
    return (reader or Scan()).read(memoryview(data), base, base + len(data) + more)


def ids(walked: Scanned) -> list[str]:
    return walked.images["product_id"].to_list()


@given(data=st.data(), base=st.integers(0, 2**45))
@settings(max_examples=100, deadline=None)
def test_every_file_gives_pymongos_products_read_together_or_carefully(
    products: st.SearchStrategy[bytes], pymongo: Pymongo, data: st.DataObject, base: int
) -> None:
    content = b"".join(data.draw(st.lists(products, max_size=12)))
    together = walk(content, base)
    carefully = walk(content, base, reader=Scan(most_layouts=0))
    assert together.images.equals(carefully.images)
    assert together.damage is None
    assert together.end == base + len(content)
    expected = [
        (one.product_id, one.category_id, image, one.has_problem or image is None)
        for one in pymongo(content)
        for image in (one.images or [None])
    ]
    columns = ("product_id", "category_id", "offset", "length", "problem")
    found = [
        (
            mine,
            category,
            None if offset is None else content[offset - base :][:length],
            problem is not None or offset is None,
        )
        for mine, category, offset, length, problem in together.images.select(columns).iter_rows()
    ]
    assert found == expected
    places = together.images["offset"].drop_nulls()
    assert places.is_sorted()
    assert ((places >= base) & (places <= base + len(content))).all()


def test_only_whole_documents_of_a_stretch_are_read_and_what_is_needed_is_told() -> None:
    first, second = product(1, b"one"), product(2, b"two" * 20)
    for cut in range(len(second)):
        walked = walk(first + second[:cut], 1000, more=1000)
        assert ids(walked) == ["1"]
        assert (walked.end, walked.damage) == (1000 + len(first), None)
        assert walked.needed == (len(second) if cut >= 4 else 0)
    assert ids(walk(first + second, more=1000)) == ["1", "2"]


def test_a_file_that_ends_in_a_document_is_damaged_where_that_begins() -> None:
    first, second = product(1, b"one"), product(2, b"two")
    for cut in range(1, len(second)):
        walked = walk(first + second[:cut], 1000)
        assert ids(walked) == ["1"]
        assert walked.damage is not None
        assert walked.damage.offset == walked.end == 1000 + len(first)
    assert walked.damage is not None
    assert walked.damage.message == "the file ends 1 bytes too early"


@pytest.mark.parametrize("number", range(4))
def test_what_lies_before_a_bad_document_is_kept(number: int) -> None:
    documents = [product(count, b"some", b"pictures") for count in range(4)]
    documents[number] = documents[number].replace(b"\x051\0", b"\x051\0").replace(b"\x04", b"\x44")
    walked = walk(b"".join(documents), 1000)
    start = 1000 + sum(len(one) for one in documents[:number])
    assert ids(walked) == [str(count) for count in range(number) for _ in range(2)]
    assert walked.end == start
    assert walked.damage is not None
    assert start <= walked.damage.offset < start + len(documents[number])


def test_a_product_without_pictures_is_a_row_without_a_range() -> None:
    content = product(1) + product(2, b"a") + document(b"\x10_id\0\x03\0\0\0")
    rows = walk(content).images
    assert rows["product_id"].to_list() == ["1", "2", "3"]
    assert rows["offset"].is_null().to_list() == [True, False, True]
    assert rows["place"].to_list() == [0, content.index(b"\0a\0") + 1, len(content) - 14]


def test_layouts_are_learned_once_each_and_not_without_end() -> None:
    reader = Scan()
    eleven = [b"x"] * 11  # read carefully though their layout is known
    walk(product(1, *eleven) * 20 + product(2, b"a") * 20, reader=reader)
    assert len(reader.layouts) == 1
    documents = [product(1, b"a", more=b"\x0a" + b"n" * count + b"\0") for count in range(50)]
    assert len(walk(b"".join(documents) * 2, reader=reader).images) == 100
    assert len(reader.layouts) == 32


def test_documents_of_several_layouts_stay_in_the_order_of_the_file() -> None:
    title = b"\x02title\0\x02\0\0\0a\0"
    kinds = [b"", b"\x08new\0\x01", title, b"\x0anothing\0"]
    documents = [product(count, b"a", more=kinds[count * 7 % 4]) for count in range(40)]
    assert ids(walk(b"".join(documents))) == [str(count) for count in range(40)]


def test_the_next_whole_product_is_found_whatever_its_first_field() -> None:
    starts = [
        product(1, b"a"),
        document(b"\x04imgs\0" + document(b"") + b"\x10_id\0\x01\0\0\0"),
        document(b"\x10category_id\0\x01\0\0\0\x12_id\0" + bytes(8) + b"\x0aimgs\0"),
        document(b"\x02_id\0\x02\0\0\0a\0\x04imgs\0" + document(b"")),
    ]
    for start in starts:
        for rubbish in (b"", b"\0", b"\x10_id\0" * 5, product(1, b"abc")[:-1], b"imgs\0" * 3):
            found = Scan().find(memoryview(rubbish + start + b"behind"))
            assert found == len(rubbish)
    assert Scan().find(memoryview(starts[0][:-1])) is None
    assert Scan().find(memoryview(b"")) is None


def test_a_document_inside_a_product_is_not_taken_for_one() -> None:
    seller = document(b"\x10_id\0\x09\0\0\0\x02name\0\x02\0\0\0a\0")
    whole = product(1, b"a", more=b"\x03seller\0" + seller)
    assert Scan().find(memoryview(whole[1:] + product(2, b"b"))) == len(whole) - 1


def test_the_search_ends_where_everything_looks_like_a_product() -> None:
    reader = Scan()
    assert reader.find(memoryview(b"\x10_id\0" * 100_000)) is None
    assert reader.has_given_up
    assert reader.find(memoryview(product(1, b"a"))) is None
