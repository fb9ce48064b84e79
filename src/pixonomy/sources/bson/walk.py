"""Reads a BSON file chunk after chunk: one row an image, and where damage begins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct

import numpy as np
import polars as pl

from pixonomy.sources.bson.document import Product, read_length, read_product
from pixonomy.sources.bson.document_layout import Alike, Layout, layout_of, learn, read_alike
from pixonomy.sources.bson.fields import Damaged
from pixonomy.sources.bson.scan_plain import scan_plain
from pixonomy.sources.bson.template import Numbers
from pixonomy.sources.damage import Damage

_LENGTH = Struct("<i")
_MOST_LAYOUTS = 32  # optional fields; a file of ever new layouts is read carefully instead
_MOST_AT_ONCE = 100_000  # documents: a chunk full of tiny ones must not fill the memory
_LONGEST_DOCUMENT = 256 * 1024 * 1024  # bytes; more would be read into memory from S3 in one piece
_MOST_CANDIDATES = 10_000  # looked at in vain, in one file: hostile bytes end the search
_START = re.compile(rb"(?:[\x01-\x05\x07-\x0a\x10-\x13](?:_id|category_id)|[\x03-\x05]imgs)\0")
"""The first field of a product, behind its length."""
_SCHEMA: dict[str, pl.DataType] = {
    "place": pl.Int64(),  # of the image, or of what there is instead, in the file, in bytes
    "product_id": pl.String(),
    "category_id": pl.String(),
    "offset": pl.Int64(),  # of the image in the file; null where there is none
    "length": pl.Int64(),
    "problem": pl.String(),
}


@dataclass(frozen=True)
class Scanned:
    """What a chunk held.

    Attributes:
        images: columns place, product_id, category_id, offset, length, problem; in the file's
            order.
        end: the offset in the file up to which every document was whole.
        damage: what is wrong with the document at `end`; None where the chunk merely ends.
        needed: how many bytes from `end` on the next document takes, where the chunk tells.
    """

    images: pl.DataFrame
    end: int
    damage: Damage | None = None
    needed: int = 0


@dataclass
class Scan:
    """Reads chunk after chunk of one file and remembers how its documents look.

    Attributes:
        most_layouts: how many are remembered; with 0 all is read carefully.
        layouts: by the types and names of a document's fields.
        candidates: the places that looked like a document behind damage and were none.
    """

    most_layouts: int = _MOST_LAYOUTS
    layouts: dict[tuple[object, ...], Layout | None] = field(default_factory=dict)
    candidates: int = 0

    def read(self, chunk: memoryview, base: int, size: int) -> Scanned:
        """Read the whole documents of a chunk that begins with one.

        Args:
            base: where in the file the chunk begins, in bytes.
            size: of the whole file, in bytes.
        """
        starts, ends = scan_plain(chunk, _MOST_AT_ONCE)
        end = int(ends[-1]) if len(ends) else 0
        fault = _scan_rest(chunk, end, size - base)
        try:
            images = self._read_documents(chunk, starts, ends)
        except _BadDocument as bad:
            end, fault = int(starts[bad.number]), bad.fault
            images = self._read_documents(chunk, starts[: bad.number], ends[: bad.number])
        damage = None if fault is None else Damage(base + fault.offset, str(fault))
        placed = images.with_columns(pl.col("place", "offset") + base)
        needed = _LENGTH.unpack_from(chunk, end)[0] if end + 4 <= len(chunk) else 0
        return Scanned(placed, base + end, damage, needed)

    def find(self, chunk: memoryview) -> int | None:
        """Return where the first whole product inside a chunk begins."""
        for found in _START.finditer(chunk[4:]):
            if self.has_given_up:
                return None
            try:
                product = read_product(chunk, found.start())
            except Damaged:
                self.candidates += 1
                continue
            # A document inside a product may have an _id as well.
            names = {name for _, name, _ in product.fields}
            if {b"_id", b"imgs"} <= names:
                return found.start()
            self.candidates += 1
        return None

    @property
    def has_given_up(self) -> bool:
        """Tell whether so much was damaged that nothing more is looked for."""
        return self.candidates >= _MOST_CANDIDATES

    def _read_documents(self, chunk: memoryview, starts: Numbers, ends: Numbers) -> pl.DataFrame:
        pending = np.arange(len(starts))
        tables: list[pl.DataFrame] = []
        odd: list[tuple[int, Product]] = []
        known = [layout for layout in self.layouts.values() if layout is not None]
        while pending.size:
            for layout in known:
                alike = read_alike(chunk, starts[pending], ends[pending], layout)
                if alike.fits.any():
                    tables.append(_tabulate(alike, pending, starts))
                    pending = pending[~alike.fits]
            known = []
            while pending.size and not known:
                number, pending = int(pending[0]), pending[1:]
                start = int(starts[number])
                try:
                    product = read_product(chunk, start)
                except Damaged as fault:
                    raise _BadDocument(number, fault) from fault
                odd.append((start, product))
                known = self._learn(chunk, start, product)
        table = pl.concat([_tabulate_odd(odd), *tables])
        return table if table["place"].is_sorted() else table.sort("place")

    def _learn(self, chunk: memoryview, start: int, product: Product) -> list[Layout]:
        """Return the layout of a document if it is a new one."""
        shape = layout_of(chunk, product)
        if shape in self.layouts or len(self.layouts) >= self.most_layouts:
            return []
        layout = self.layouts[shape] = learn(chunk, start, product)
        return [layout] if layout is not None else []


class _BadDocument(Exception):
    def __init__(self, number: int, fault: Damaged) -> None:
        super().__init__(str(fault))
        self.number, self.fault = number, fault


def _scan_rest(chunk: memoryview, end: int, left: int) -> Damaged | None:
    """Tell what is wrong with the document that begins at `end`, if anything is.

    Args:
        left: how many bytes the file has from the beginning of the chunk on.
    """
    if end == left or end + 4 > len(chunk) < left:
        return None
    try:
        length = read_length(chunk, end)
    except Damaged as fault:
        return fault
    if length > _LONGEST_DOCUMENT:
        return Damaged(end, f"a document of {length} bytes is no product")
    missing = end + length - left
    return Damaged(end, f"the file ends {missing} bytes too early") if missing > 0 else None


def _tabulate(alike: Alike, documents: Numbers, starts: Numbers) -> pl.DataFrame:
    """Make rows of documents that were read together, in their order."""
    counts = np.bincount(alike.owners, minlength=len(alike.fits))
    rows = np.where(alike.fits, np.maximum(counts, 1), 0)  # one for a product without images
    firsts = np.cumsum(rows) - rows
    places = firsts[alike.owners] + alike.numbers
    owners = np.repeat(np.arange(len(rows)), rows)

    def spread(values: Numbers) -> Numbers:
        laid = np.full(len(owners), -1)
        laid[places] = values
        return laid

    offsets = spread(alike.offsets)
    nothing = pl.repeat(None, len(owners), dtype=pl.String, eager=True)
    ids = alike.product_ids, alike.category_ids
    texts = [nothing if one is None else one.values.gather(owners) for one in ids]
    problems = [
        one.problems.gather(owners)
        for one in ids
        if one is not None and one.problems is not None and one.problems.count()
    ]
    table = pl.DataFrame(
        {
            "place": np.where(offsets >= 0, offsets, starts[documents[owners]]),
            "product_id": texts[0],
            "category_id": texts[1],
            "offset": offsets,
            "length": spread(alike.lengths),
        }
    )
    has_image = pl.col("offset") >= 0
    return table.with_columns(
        pl.col("product_id", "category_id").cast(pl.String),
        *(pl.when(has_image).then(pl.col(name)).alias(name) for name in ("offset", "length")),
        pl.coalesce(*problems, nothing).alias("problem"),
    )


def _tabulate_odd(products: Sequence[tuple[int, Product]]) -> pl.DataFrame:
    """Make rows of documents that were read one by one: (start, product)."""
    rows: list[tuple[int, str | None, str | None, int | None, int | None, str | None]] = []
    for start, one in products:
        ids = one.product_id, one.category_id
        rows += [(offset, *ids, offset, length, one.problem) for offset, length in one.images]
        rows += [(place, *ids, None, None, one.problem or what) for place, what in one.odd]
        if not one.images and not one.odd:
            rows.append((start, *ids, None, None, one.problem))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
