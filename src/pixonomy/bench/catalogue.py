"""A catalogue's pictures, or drawn ones, go in; a BSON file of any size comes out."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np

from pixonomy.errors import DataError
from pixonomy.fetch import read_all
from pixonomy.gallery.compose import SCENES
from pixonomy.gallery.draw import draw_picture
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.resize import Framing, resize
from pixonomy.locate import Location
from pixonomy.sources.bson.index import index_bson
from pixonomy.sources.bson.write import ProductPictures, write_bson
from pixonomy.storage.address import Address

_MOST_PRODUCTS = 4000  # kept in memory and written again and again, with new ids
_DRAWN_PRODUCTS = 300
_SIDE, _QUALITY = 180, 90  # about as many bytes a picture as Cdiscount's


def read_products(source: Path | None) -> list[ProductPictures]:
    """Read up to 4,000 products of a BSON catalogue; None draws some.

    Raises:
        DataError: if there are none.
    """
    if source is None:
        return _draw_products()
    products: list[ProductPictures] = []
    for indexed in index_bson(Address(source), "source"):
        rows = indexed.rows.drop_nulls("offset")
        for (_, label), group in rows.group_by("group_id", "label", maintain_order=True):
            ranges = group.select("offset", "length").rows()
            locations = [Location("", Address(source), *one) for one in ranges]
            pictures = [data for _, data in read_all(locations) if isinstance(data, bytes)]
            number = int(str(label)) if str(label).isdigit() else 0
            products.append(ProductPictures(len(products), number, pictures))
            if len(products) == _MOST_PRODUCTS:
                return products
    if not products:
        raise DataError(f"{source} holds no products to measure with.")
    return products


def write_catalogue(path: Path, products: list[ProductPictures], pictures: int) -> int:
    """Write the products again and again, under new ids, until there are `pictures` pictures.

    Returns:
        The number of bytes written.
    """
    return write_bson(path, _repeat(products, pictures))


def _repeat(products: list[ProductPictures], pictures: int) -> Iterator[ProductPictures]:
    written = 0
    for number, product in enumerate(cycle(products)):
        if written >= pictures:
            return
        written += len(product.pictures)
        yield ProductPictures(number, product.category_id, product.pictures)


def _draw_products() -> list[ProductPictures]:
    """Draw what a catalogue holds: JPEGs of 180 x 180 pixels, one or two a product."""
    generator = np.random.default_rng(0)
    products = []
    for number in range(_DRAWN_PRODUCTS):
        category = number % len(SCENES)
        drawn = [
            resize(draw_picture(list(SCENES)[category], generator), Framing(_SIDE))
            for _ in range(1 + number % 2)
        ]
        pictures = [encode_jpeg(one.transpose(1, 2, 0), _QUALITY) for one in drawn]
        products.append(ProductPictures(number, category, pictures))
    return products
