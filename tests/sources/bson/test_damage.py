"""Files cut, flipped and forged: never a crash or a wild range, and what is whole is kept."""

import gzip
import io
import random
import time
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pixonomy.sources.bson.index_bson import index_bson
from pixonomy.sources.bson.write_bson import ProductImages, encode_product
from pixonomy.sources.damage import Damage
from pixonomy.storage.address import Address

REAL = Path("../shared/data/products/train.bson")
PLACE = ["group_id", "label", "offset", "length"]
SECONDS = 10  # many times what any of these files takes: none may hang

Row = tuple[Any, ...]


class Catalogue:
    """A whole file: where each of its products lies, and the rows it gives."""

    def __init__(self, content: bytes, folder: Path) -> None:
        self.content = content
        self.file = folder / "file.bson"
        starts = [0]
        while starts[-1] < len(content):
            starts.append(starts[-1] + int.from_bytes(content[starts[-1] :][:4], "little"))
        self.starts = starts
        self.rows, damages = self.index(content)
        assert damages == []

    def index(self, content: bytes, **options: Any) -> tuple[list[Row], list[Damage]]:
        """Index some bytes, and check what must hold for any bytes whatever."""
        self.file.write_bytes(content)
        began = time.process_time()
        chunks = list(index_bson(Address(self.file), "file.bson", **options))
        assert time.process_time() - began < SECONDS
        damages = [one.damage for one in chunks if one.damage is not None]
        assert all(0 <= one.offset < len(content) for one in damages)
        if not chunks:
            return [], []
        rows = pl.concat(one.rows for one in chunks)
        assert rows["image_id"].is_unique().all()
        ranges = rows.filter(pl.col("problem").is_null()).select("offset", "length")
        for offset, length in ranges.iter_rows():
            assert 0 <= offset <= offset + length <= len(content)
        return rows.select(PLACE).rows(), damages

    def number_at(self, place: int) -> int:
        """Return which product a byte belongs to."""
        return max(number for number, start in enumerate(self.starts) if start <= place)

    def rows_between(self, first: int, last: int) -> list[Row]:
        """Return the rows of some products."""
        return [row for row in self.rows if self.starts[first] <= row[2] < self.starts[last]]

    @property
    def count(self) -> int:
        return len(self.starts) - 1


def product(number: int, *images: bytes) -> bytes:
    return encode_product(ProductImages(number, number % 5, images))


def draw_catalogue(count: int) -> bytes:
    generator = np.random.default_rng(3)

    def image() -> bytes:
        stream = io.BytesIO()
        pixels = generator.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(stream, "JPEG")
        return stream.getvalue()

    return b"".join(
        product(1000 + number, *(image() for _ in range(1 + number % 4))) for number in range(count)
    )


@pytest.fixture(scope="module", params=["drawn", pytest.param("real", marks=pytest.mark.real_data)])
def catalogue(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Catalogue:
    folder = tmp_path_factory.mktemp("catalogue")
    if request.param == "drawn":
        return Catalogue(draw_catalogue(60), folder)
    with REAL.open("rb") as file:
        content = file.read(2_000_000)
    whole = 0
    while whole + 4 <= len(content):
        length = int.from_bytes(content[whole : whole + 4], "little")
        if whole + length > len(content):
            break
        whole += length
    return Catalogue(content[:whole], folder)


@pytest.mark.parametrize("salvage", [False, True])
def test_a_file_cut_at_200_random_bytes_keeps_what_was_whole(
    catalogue: Catalogue, salvage: bool
) -> None:
    for place in random.Random(1).sample(range(1, len(catalogue.content)), 200):
        rows, damages = catalogue.index(catalogue.content[:place], salvage=salvage)
        number = catalogue.number_at(place)
        assert rows == catalogue.rows_between(0, number)
        is_whole = place == catalogue.starts[number]
        assert [one.offset for one in damages] == ([] if is_whole else [catalogue.starts[number]])


def test_a_file_with_any_of_many_random_flips_loses_one_product_at_most(
    catalogue: Catalogue,
) -> None:
    chance, told = random.Random(2), 0
    places = chance.sample(range(len(catalogue.content)), 80)
    for start in chance.choices(catalogue.starts[:-1], k=80):
        places.append(start + chance.randrange(70))  # most bytes are pixels: headers, too
    for place in places:
        changed = bytearray(catalogue.content)
        changed[place] ^= chance.randrange(1, 256)
        told += check_flip(catalogue, bytes(changed), catalogue.number_at(place))
    assert told > 0


def test_every_flip_that_can_be_told_is_told(tmp_path: Path) -> None:
    """All bytes of a product that is hardly more than its headers."""
    catalogue = Catalogue(product(1, b"one") + product(2, b"t", b"w") + product(3, b"x"), tmp_path)
    for place in range(*catalogue.starts[1:3]):
        for change in (1, 0x10, 0x80, 0xFF):
            changed = bytearray(catalogue.content)
            changed[place] ^= change
            check_flip(catalogue, bytes(changed), 1)


def check_flip(catalogue: Catalogue, content: bytes, number: int) -> bool:
    """Index a file in which one product has one wrong byte; tell whether it was noticed."""
    before = catalogue.rows_between(0, number)
    behind = catalogue.rows_between(number + 1, catalogue.count)
    rows, damages = catalogue.index(content)
    salvaged, told = catalogue.index(content, salvage=True)
    if damages:
        assert rows == before
        assert salvaged == before + behind
        assert damages == told
        assert catalogue.starts[number] <= damages[0].offset < catalogue.starts[number + 1]
        return True
    # In a picture, an id or a field's name nothing can be noticed: no range may have moved.
    assert rows == salvaged
    assert rows[: len(before)] == before
    assert rows[len(rows) - len(behind) :] == behind
    own = {row[2:] for row in catalogue.rows_between(number, number + 1)} | {(None, None)}
    assert {row[2:] for row in rows[len(before) : len(rows) - len(behind)]} <= own
    return False


def test_all_products_between_many_flips_are_found_again(catalogue: Catalogue) -> None:
    chance = random.Random(4)
    changed = bytearray(catalogue.content)
    broken = set(chance.sample(range(catalogue.count), catalogue.count // 4))
    for number in broken:
        changed[catalogue.starts[number] + chance.randrange(4)] ^= chance.randrange(1, 256)
    rows, damages = catalogue.index(bytes(changed), salvage=True)
    assert rows == [row for row in catalogue.rows if catalogue.number_at(row[2]) not in broken]
    # Neighbours are one damage.
    assert len(damages) == len([number for number in broken if number - 1 not in broken])


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 4, 13, 100_000, 2**24, 2**31 - 1])
@pytest.mark.parametrize("place", [0, 1, 59])
def test_forged_lengths_are_damage(tmp_path: Path, length: int, place: int) -> None:
    catalogue = Catalogue(draw_catalogue(60), tmp_path)
    changed = bytearray(catalogue.content)
    start = catalogue.starts[place]
    changed[start : start + 4] = pack("<i", length)
    rows, (damage,) = catalogue.index(bytes(changed), salvage=True)
    assert start <= damage.offset <= catalogue.starts[place + 1]
    assert rows == catalogue.rows_between(0, place) + catalogue.rows_between(place + 1, 60)


@pytest.mark.parametrize(
    "content",
    [
        b"Dear reader, this is no catalogue at all.\n" * 50,
        gzip.compress(b"catalogue" * 5000, mtime=0),
        bytes(3_000_000),
        b"\xff" * 3_000_000,
        random.Random(5).randbytes(3_000_000),
        b"\x05\0\0\0\0" * 1_000_000,
        b"\x00",
        b"\x10_id\0" * 2_000_000,
        (pack("<i", 30) + b"\x10_id\0") * 2_000_000,
        b"\x04imgs\0" * 2_000_000,
    ],
    ids=["text", "gzip", "zeros", "ones", "noise", "empty", "byte", "ids", "long ids", "imgs"],
)
def test_what_is_no_catalogue_is_told_at_its_first_byte(tmp_path: Path, content: bytes) -> None:
    catalogue = Catalogue(b"", tmp_path)
    for salvage in (False, True):
        rows, (damage,) = catalogue.index(content, salvage=salvage)
        assert rows == []
        assert damage.offset < 30
        assert "(is this a BSON file?)" in damage.message


def test_fields_that_only_look_like_products_end_the_search_in_time(tmp_path: Path) -> None:
    """Each candidate reads on into the next ones, as far as it may."""
    catalogue = Catalogue(b"", tmp_path)
    needle = b"\x10_id\0" + bytes(4)
    length = b"\x10a\0\x01"  # a length, and at the same time the beginning of a field
    rows, (damage,) = catalogue.index((length + needle) * 500_000, salvage=True)
    assert rows == []
    assert "behind so much damage no more is looked for" in damage.message


def test_damage_without_end_is_given_up_and_told(tmp_path: Path) -> None:
    catalogue = Catalogue(b"", tmp_path)
    content = (product(1, b"a") + b"\0" * 20) * 1100
    rows, damages = catalogue.index(content, salvage=True)
    assert len(rows) == len(damages) == 1000
    assert "behind so much damage no more is looked for" in damages[-1].message
    assert "behind so much damage" not in damages[-2].message


def test_a_product_across_the_end_of_a_stretch_is_found_behind_damage(tmp_path: Path) -> None:
    catalogue = Catalogue(draw_catalogue(40), tmp_path)
    changed = bytearray(catalogue.content)
    for number in (3, 7, 9, 20, 38):
        changed[catalogue.starts[number] + 3] ^= 0x40
    whole, damages = catalogue.index(bytes(changed), salvage=True)
    assert len(damages) == 5
    for chunk in (8_000, 9_001, 30_000):
        assert catalogue.index(bytes(changed), salvage=True, chunk=chunk) == (whole, damages)


def test_a_product_is_found_wherever_it_lies_in_the_stretches(tmp_path: Path) -> None:
    """Behind damage that is longer than a stretch."""
    catalogue = Catalogue(b"", tmp_path)
    for size in range(900, 1500, 7):
        content = product(1, b"a") + bytes(size) + product(2, b"b" * 100) + product(3, b"c")
        rows, damages = catalogue.index(content, salvage=True, chunk=500)
        assert [row[0] for row in rows] == ["1", "2", "3"]
        assert len(damages) == 1


def test_a_document_inside_a_damaged_product_is_no_product(tmp_path: Path) -> None:
    catalogue = Catalogue(product(1, b"a") + product(2, b"b"), tmp_path)
    seller = b"\x03seller\0" + pack("<i", 14) + b"\x10_id\0\x09\0\0\0\0"
    inside = product(5, b"c")[4:-1]
    bad = pack("<i", len(inside) + len(seller) + 5) + seller + inside + b"\x01"
    content = product(1, b"a") + bad + product(2, b"b")
    rows, damages = catalogue.index(content, salvage=True)
    assert [row[0] for row in rows] == ["1", "2"]
    assert len(damages) == 1
