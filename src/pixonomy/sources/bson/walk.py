"""A stretch of a BSON file goes in; one row a picture comes out, and how far it was whole."""

import re
from dataclasses import dataclass, field
from struct import Struct

import numpy as np
import polars as pl

from pixonomy.sources.bson.document import SMALLEST, Damaged, Product, read_length, read_product
from pixonomy.sources.bson.layout import Alike, Layout, Numbers, learn, read_alike
from pixonomy.sources.damage import Damage

_LENGTH = Struct("<i")
_MOST_LAYOUTS = 8  # a file of ever new layouts is read carefully instead
_MOST_CANDIDATES = 100_000  # looked at behind damage, in one file: hostile bytes end the search
_USUAL_START = b"\x10_id\0"
_SCHEMA: dict[str, pl.DataType] = {
    "document": pl.Int64(),  # its number in the stretch
    "number": pl.Int64(),  # the picture's in the document
    "product": pl.Int64(),  # where the document begins in the file, in bytes
    "product_id": pl.String(),
    "category_id": pl.String(),
    "offset": pl.Int64(),  # of the picture in the file; null for a product without pictures
    "length": pl.Int64(),
}


@dataclass(frozen=True)
class Walked:
    """What a stretch held.

    Attributes:
        pictures: columns product, product_id, category_id, offset, length; in the file's order.
        end: the offset in the file up to which every document was whole.
        damage: what is wrong with the document at `end`; None where the stretch merely ends.
        needed: how many bytes from `end` on the next document takes, where the stretch tells.
    """

    pictures: pl.DataFrame
    end: int
    damage: Damage | None = None
    needed: int = 0


@dataclass
class Walk:
    """Reads stretch after stretch of one file and remembers how its documents look."""

    layouts: list[Layout] = field(default_factory=list)
    first_field: bytes = _USUAL_START
    candidates: int = 0

    def read(self, stretch: memoryview, base: int, is_last: bool) -> Walked:
        """Read the whole documents of a stretch that begins with one.

        Args:
            base: where in the file the stretch begins, in bytes.
            is_last: whether the file ends with the stretch, so that an open document is damage.
        """
        starts, ends = _hop(stretch)
        end = int(ends[-1]) if len(ends) else 0
        fault = _look_at_rest(stretch, end, is_last)
        try:
            pictures = self._read_documents(stretch, starts, ends)
        except _BadDocument as bad:
            end, fault = int(starts[bad.number]), bad.fault
            pictures = self._read_documents(stretch, starts[: bad.number], ends[: bad.number])
        damage = None if fault is None else Damage(base + fault.offset, str(fault))
        placed = pictures.with_columns(pl.col("product") + base, pl.col("offset") + base)
        needed = _LENGTH.unpack_from(stretch, end)[0] if end + 4 <= len(stretch) else 0
        return Walked(placed, base + end, damage, needed)

    def find(self, stretch: memoryview) -> int | None:
        """Return where the first whole document inside a stretch begins."""
        for found in re.finditer(re.escape(self.first_field), stretch[4:]):
            self.candidates += 1
            if self.has_given_up:
                return None
            try:
                read_product(stretch, found.start())
            except Damaged:
                continue
            return found.start()
        return None

    @property
    def has_given_up(self) -> bool:
        """Tell whether so much was damaged that nothing more is looked for."""
        return self.candidates > _MOST_CANDIDATES

    def _read_documents(self, stretch: memoryview, starts: Numbers, ends: Numbers) -> pl.DataFrame:
        flat = np.frombuffer(stretch, np.uint8)
        pending = np.arange(len(starts))
        tables = [pl.DataFrame(schema=_SCHEMA)]
        tried = 0
        while pending.size:
            if tried < len(self.layouts):
                alike = read_alike(flat, starts[pending], ends[pending], self.layouts[tried])
                tables.append(_tabulate(alike, pending, starts))
                pending = pending[~alike.fits]
                tried += 1
                continue
            number, pending = int(pending[0]), pending[1:]
            tables.append(self._read_carefully(stretch, starts, number))
        return pl.concat(tables).sort("document", "number").drop("document", "number")

    def _read_carefully(self, stretch: memoryview, starts: Numbers, number: int) -> pl.DataFrame:
        start = int(starts[number])
        try:
            product = read_product(stretch, start)
        except Damaged as fault:
            raise _BadDocument(number, fault) from fault
        kind, name, _ = product.fields[0]
        self.first_field = bytes([kind]) + name + b"\0"
        layout = learn(stretch, start, product)
        if layout is not None and len(self.layouts) < _MOST_LAYOUTS:
            self.layouts.append(layout)
        return _tabulate_one(product, number, start)


class _BadDocument(Exception):
    def __init__(self, number: int, fault: Damaged) -> None:
        super().__init__(str(fault))
        self.number, self.fault = number, fault


def _hop(stretch: memoryview) -> tuple[Numbers, Numbers]:
    """List where the documents of a stretch begin and end, by their lengths alone."""
    size, place, starts = len(stretch), 0, []
    unpack = _LENGTH.unpack_from
    while place + 4 <= size:
        (length,) = unpack(stretch, place)
        if length < SMALLEST or place + length > size:
            break
        starts.append(place)
        place += length
    offsets = np.array([*starts, place], np.int64)
    return offsets[:-1], offsets[1:]


def _look_at_rest(stretch: memoryview, end: int, is_last: bool) -> Damaged | None:
    """Tell what is wrong with the document that begins at `end`, if anything is."""
    if end == len(stretch) or (end + 4 > len(stretch) and not is_last):
        return None
    try:
        length = read_length(stretch, end)
    except Damaged as fault:
        return fault
    missing = end + length - len(stretch)
    return (
        Damaged(end, f"the file ends {missing} bytes before a document does") if is_last else None
    )


def _tabulate(alike: Alike, documents: Numbers, starts: Numbers) -> pl.DataFrame:
    """Make rows of documents that were read together."""
    is_empty = alike.fits.copy()
    is_empty[alike.owners] = False
    empty = np.flatnonzero(is_empty)
    owners = np.concatenate([alike.owners, empty])
    none = np.full(empty.size, -1)
    table = pl.DataFrame(
        {
            "document": documents[owners],
            "number": np.concatenate([alike.numbers, none]),
            "product": starts[documents[owners]],
            "product_id": alike.product_ids[owners],
            "category_id": None if alike.category_ids is None else alike.category_ids[owners],
            "offset": np.concatenate([alike.offsets, none]),
            "length": np.concatenate([alike.lengths, none]),
        }
    )
    ranges = [
        pl.when(pl.col("number") >= 0).then(pl.col(name)).alias(name)
        for name in ("offset", "length")
    ]
    return table.with_columns(*ranges, pl.col("product_id", "category_id").cast(pl.String))


def _tabulate_one(product: Product, number: int, start: int) -> pl.DataFrame:
    places: list[tuple[int | None, int | None]] = [*product.pictures] or [(None, None)]
    rows = [
        (number, count, start, product.product_id, product.category_id, *place)
        for count, place in enumerate(places)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
