"""Writes products and their JPEGs as a BSON file in Cdiscount's schema."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack

from pixonomy.storage.files import write_aside

_MAX_INT32 = 2**31 - 1


@dataclass(frozen=True)
class ProductImages:
    """A product to write; `category_id` is None in a file that is still to be classified."""

    product_id: int
    category_id: int | None
    images: Sequence[bytes]


def write_bson(path: Path, products: Iterable[ProductImages]) -> int:
    """Write products to a BSON file, whole or not at all; memory does not grow with it.

    Returns:
        The number of bytes written.
    """
    with write_aside(path) as partial, partial.open("wb") as file:
        for product in products:
            file.write(encode_product(product))
        return file.tell()


def encode_product(product: ProductImages) -> bytes:
    """Return one document: {_id, category_id, imgs: [{picture}, …]}."""
    images = [
        b"\x03%d\0" % number + _document(b"\x05picture\0" + pack("<ib", len(data), 0) + data)
        for number, data in enumerate(product.images)
    ]
    category = b""
    if product.category_id is not None:
        category = _number(b"category_id", product.category_id)
    content = _number(b"_id", product.product_id) + category
    return _document(content + b"\x04imgs\0" + _document(b"".join(images)))


def _number(name: bytes, value: int) -> bytes:
    if -_MAX_INT32 - 1 <= value <= _MAX_INT32:
        return b"\x10" + name + b"\0" + pack("<i", value)
    return b"\x12" + name + b"\0" + pack("<q", value)


def _document(content: bytes) -> bytes:
    return pack("<i", len(content) + 5) + content + b"\0"
