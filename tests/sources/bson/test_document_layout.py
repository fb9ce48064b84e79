"""Documents that look alike: read together they give what each gives alone, or are left out."""

from collections.abc import Callable
from struct import pack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixonomy.sources.bson.document import Product, read_product
from pixonomy.sources.bson.document_layout import Alike, Layout, learn, read_alike
from pixonomy.sources.bson.fields import Damaged

ImageBytes = list[bytes]
Write = Callable[[int, ImageBytes], bytes]


def document(content: bytes) -> bytes:
    return pack("<i", len(content) + 5) + content + b"\0"


def imgs(images: ImageBytes) -> bytes:
    records = [
        b"\x03%d\0" % number + document(b"\x05picture\0" + pack("<ib", len(one), 0) + one)
        for number, one in enumerate(images)
    ]
    return b"\x04imgs\0" + document(b"".join(records))


def cdiscount(number: int, images: ImageBytes) -> bytes:
    ids = b"\x10_id\0" + pack("<i", number) + b"\x10category_id\0" + pack("<i", 2 * number)
    return document(ids + imgs(images))


def turned_round(number: int, images: ImageBytes) -> bytes:
    """The pictures first, 64-bit ids, and other fields that have one length."""
    category = b"\x08new\0" + bytes([number % 2]) + b"\x12category_id\0" + pack("<q", 2 * number)
    return document(imgs(images) + category + b"\x0anothing\0\x12_id\0" + pack("<q", number))


def to_classify(number: int, images: ImageBytes) -> bytes:
    return document(imgs(images) + b"\x10_id\0" + pack("<i", number))


def text(name: bytes, value: bytes) -> bytes:
    return b"\x02" + name + b"\0" + pack("<i", len(value) + 1) + value + b"\0"


def with_texts(number: int, images: ImageBytes) -> bytes:
    """Ids and a title of any length, before the pictures and behind them."""
    title = text(b"title", b"t" * (number % 9))
    category = text(b"category_id", b"c%d" % (2 * number))
    return document(title + text(b"_id", b"%d" % number) + imgs(images) + title + category)


def with_binaries(number: int, images: ImageBytes) -> bytes:
    """The pictures themselves in the list, ids of 12 bytes, and a decimal category."""
    records = b"".join(
        b"\x05%d\0" % place + pack("<ib", len(one), 0) + one for place, one in enumerate(images)
    )
    array = b"\x04imgs\0" + document(records)
    category = b"\x13category_id\0" + pack("<QQ", 20 * number, 6175 << 49)
    return document(array + category + b"\x07_id\0" + number.to_bytes(12))


def without_list(number: int, _: ImageBytes) -> bytes:
    return document(text(b"title", b"t" * (number % 9)) + b"\x01_id\0" + pack("<d", number / 4))


WRITERS = [cdiscount, turned_round, to_classify, with_texts, with_binaries, without_list]


def learn_from(encoded: bytes) -> Layout:
    chunk = memoryview(encoded)
    layout = learn(chunk, 0, read_product(chunk, 0))
    assert layout is not None
    return layout


def read_together(documents: list[bytes], layout: Layout) -> Alike:
    ends = np.cumsum([len(one) for one in documents])
    starts = ends - [len(one) for one in documents]
    return read_alike(memoryview(b"".join(documents)), starts, ends, layout)


def product_at(alike: Alike, place: int) -> tuple[str, str | None, list[tuple[int, int]]]:
    mine = np.flatnonzero(alike.owners == place)
    mine = mine[np.argsort(alike.numbers[mine])]
    ranges = zip(alike.offsets[mine].tolist(), alike.lengths[mine].tolist(), strict=True)
    category = None if alike.category_ids is None else str(alike.category_ids.values[place])
    return str(alike.product_ids.values[place]), category, list(ranges)


PICTURES = st.lists(st.binary(max_size=30), max_size=13)


@pytest.mark.parametrize("write", WRITERS)
@given(all_images=st.lists(PICTURES, min_size=1, max_size=6), first=st.integers(0, 2**30 - 6))
@settings(max_examples=60, deadline=None)
def test_documents_of_one_layout_are_read_as_the_careful_reader_reads_them(
    write: Write, all_images: list[ImageBytes], first: int
) -> None:
    documents = [write(first + count, one) for count, one in enumerate(all_images)]
    alike = read_together(documents, learn_from(write(first, [b"a"])))
    assert alike.fits.all()
    chunk = memoryview(b"".join(documents))
    start = 0
    for place in range(len(documents)):
        product = read_product(chunk, start)
        expected = product.product_id, product.category_id, product.images
        assert product_at(alike, place) == expected
        start = product.end


def test_a_document_changed_in_one_byte_fits_only_if_it_is_still_whole() -> None:
    """Each byte but its own length, by which it was found; in between two whole documents."""
    for write in WRITERS:
        whole = write(7, [b"one", b"", b"three"])
        layout = learn_from(whole)
        for place in range(4, len(whole)):
            for change in (1, 2, 4, 0x80, 0xFF):
                changed = bytearray(whole)
                changed[place] ^= change
                check_between(whole, bytes(changed), layout)


def check_between(whole: bytes, odd: bytes, layout: Layout) -> None:
    """Read a document between two whole ones: if it fits, the careful reader must agree."""
    documents = [whole, odd, whole]
    alike = read_together(documents, layout)
    assert alike.fits[[0, 2]].all()
    if alike.fits[1]:
        product = read_product(memoryview(b"".join(documents)), len(whole))
        number, _, ranges = product_at(alike, 1)
        assert (number, ranges) == (product.product_id, product.images)
        assert product.odd == []
    else:
        assert 1 not in alike.owners


def test_a_picture_whose_lengths_agree_but_lie_fits_only_if_the_document_is_whole() -> None:
    whole = cdiscount(7, [b"one", bytes(20)])
    layout = learn_from(whole)
    first = whole.index(b"\x030\0") + 3
    for length in range(-19, 200):
        forged = bytearray(whole)
        forged[first : first + 4] = pack("<i", length + 19)
        forged[first + 13 : first + 17] = pack("<i", length)
        check_between(whole, bytes(forged), layout)


def test_other_layouts_and_odd_pictures_do_not_fit() -> None:
    layout = learn_from(cdiscount(1, [b"a"]))
    old = cdiscount(1, [b"\x02\0\0\0ab"]).replace(b"\x06\0\0\0\0", b"\x06\0\0\0\x02")
    assert read_product(memoryview(old), 0).images[0][1] == 2
    named = cdiscount(1, [b"a"]).replace(b"picture", b"pictura")
    entry = pack("<i", 18) + b"\x05picture\0" + pack("<ib", -1, 0)
    negative = cdiscount(1, [])[:-12] + b"\x04imgs\0" + document(b"\x030\0" + entry) + b"\0"
    negative = pack("<i", len(negative)) + negative[4:]
    odd = [turned_round(1, [b"a"]), to_classify(1, []), old, named, negative]
    documents = [*odd, cdiscount(1, [b"a"] * 101), cdiscount(2, [b"b"] * 100)]
    alike = read_together(documents, layout)
    assert alike.fits.tolist() == [False] * 6 + [True]
    assert set(alike.owners.tolist()) == {6}


def test_a_stretch_shorter_than_the_layout_fits_nothing() -> None:
    layout = learn_from(turned_round(1, [b"a"]))
    small = document(b"\x10_id\0\x01\0\0\0")
    assert read_together([small], layout).fits.tolist() == [False]
    assert read_together([small] * 9, layout).fits.tolist() == [False] * 9


@pytest.mark.parametrize(
    "content",
    [
        imgs([]),  # no id
        b"\x03_id\0" + document(b"") + imgs([]),
        b"\x10_id\0\x01\0\0\0\x04category_id\0" + document(b"") + imgs([]),
        b"\x10_id\0\x01\0\0\0\x0bpattern\0a\0\0" + imgs([]),
        b"\x10_id\0\x01\0\0\0\x03imgs\0" + document(b""),
        b"\x10_id\0\x01\0\0\0" + imgs([]) + imgs([]),
        b"\x10_id\0\x01\0\0\0" * 2 + imgs([]),
    ],
)
def test_what_is_too_odd_is_left_to_the_careful_reader(content: bytes) -> None:
    chunk = memoryview(document(content))
    assert learn(chunk, 0, read_product(chunk, 0)) is None


def test_long_ids_are_left_to_the_careful_reader() -> None:
    layout = learn_from(with_texts(1, [b"a"]))
    long = document(text(b"title", b"") + text(b"_id", b"1" * 300) + imgs([]) + text(b"title", b""))
    whole = long[:-1] + text(b"category_id", b"1") + b"\0"
    whole = pack("<i", len(whole)) + whole[4:]
    assert read_together([whole, with_texts(2, [])], layout).fits.tolist() == [False, True]


def test_of_one_layout_some_categories_may_be_problems() -> None:
    def write(category: float) -> bytes:
        return document(b"\x10_id\0\x01\0\0\0\x01category_id\0" + pack("<d", category))

    alike = read_together([write(5.0), write(float("nan")), write(7.5)], learn_from(write(1.0)))
    assert alike.fits.all()
    assert alike.category_ids is not None
    assert alike.category_ids.problems is not None
    assert alike.category_ids.values.to_list() == ["5", None, None]
    assert alike.category_ids.problems.to_list() == [
        None,
        "category_id is the number nan, which is no category",
        "category_id is the number 7.5, which is no category",
    ]


def test_a_layout_holds_for_a_document_that_is_not_at_the_beginning() -> None:
    chunk = memoryview(b"before" + cdiscount(3, [b"a"]))
    product: Product = read_product(chunk, 6)
    layout = learn(chunk, 6, product)
    assert layout is not None
    assert product_at(read_together([cdiscount(4, [b"bc"])], layout), 0)[:2] == ("4", "8")
    with pytest.raises(Damaged):
        read_product(chunk, 0)
