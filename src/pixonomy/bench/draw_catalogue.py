"""Writes a BSON file of any size from a catalogue's images, or drawn ones."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np

from pixonomy.dataset.location import Location
from pixonomy.dataset.read import read_all
from pixonomy.errors import DataError
from pixonomy.gallery.compose import SCENES
from pixonomy.gallery.draw_images import draw_image
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.resize import ResizeSpec, resize
from pixonomy.sources.bson.index_bson import index_bson
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.storage.address import Address

_MOST_PRODUCTS = 4000  # kept in memory and written again and again, with new ids
_DRAWN_PRODUCTS = 300
_SIDE, _QUALITY = 180, 90  # about as many bytes an image as Cdiscount's


def read_products(source: Path | None) -> list[ProductImages]:
    """Read up to 4,000 products of a BSON catalogue; None draws some.

    Raises:
        DataError: if there are none.
    """
    if source is None:
        return _draw_products()
    products: list[ProductImages] = []
    for indexed in index_bson(Address(source), "source"):
        rows = indexed.rows.drop_nulls("offset")
        for (_, label), group in rows.group_by("group_id", "label", maintain_order=True):
            ranges = group.select("offset", "length").rows()
            locations = [Location("", Address(source), *one) for one in ranges]
            images = [data for _, data in read_all(locations) if isinstance(data, bytes)]
            number = int(str(label)) if str(label).isdigit() else 0
            products.append(ProductImages(len(products), number, images))
            if len(products) == _MOST_PRODUCTS:
                return products
    if not products:
        raise DataError(f"{source} holds no products to measure with.")
    return products


def write_catalogue(path: Path, products: list[ProductImages], images: int) -> int:
    """Write the products again and again, under new ids, until there are `images` images.

    Returns:
        The number of bytes written.
    """
    return write_bson(path, _repeat(products, images))


def _repeat(products: list[ProductImages], images: int) -> Iterator[ProductImages]:
    written = 0
    for number, product in enumerate(cycle(products)):
        if written >= images:
            return
        written += len(product.images)
        yield ProductImages(number, product.category_id, product.images)


def _draw_products() -> list[ProductImages]:
    """Draw what a catalogue holds: JPEGs of 180 x 180 pixels, one or two a product."""
    generator = np.random.default_rng(0)
    products = []
    for number in range(_DRAWN_PRODUCTS):
        category = number % len(SCENES)
        drawn = [
            resize(draw_image(list(SCENES)[category], generator), ResizeSpec(_SIDE))
            for _ in range(1 + number % 2)
        ]
        images = [encode_jpeg(one.transpose(1, 2, 0), _QUALITY) for one in drawn]
        products.append(ProductImages(number, category, images))
    return products
