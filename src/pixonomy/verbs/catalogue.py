"""Draws a small product catalogue in Cdiscount's schema, to try everything on."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pixonomy.errors import SettingError
from pixonomy.gallery.draw_images import CATEGORIES, draw_views
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.resize import ResizeSpec, resize
from pixonomy.progress import Context
from pixonomy.results.data_results import CatalogueResult
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.storage.address import require_local
from pixonomy.storage.files import printable, read_json, storage_errors, write_json, write_text
from pixonomy.storage.fingerprint import is_finished

_DEFAULT = Context()
_RECORD = "catalogue.json"  # written last: tells our own catalogue from somebody else's
_SIDE, _QUALITY = 180, 90  # as Cdiscount's
_FIRST_ID = 1_000_000_000
_MOST_VIEWS = 3
_FALL = 0.97  # of the number of products, from one category to the next
_RARE_PRODUCTS = 2  # of the last category: every catalogue has such

_BRANCHES = {
    "general-savings": "EVERYDAY",
    "car-expenses": "EVERYDAY",
    "home-expenses": "EVERYDAY",
    "special-events": "OCCASIONS",
    "travel": "OCCASIONS",
}
_LEAVES = [(goal, scene) for goal in _BRANCHES for scene in CATEGORIES[goal]]


def draw_catalogue(
    folder: Path, products: int = 60, seed: int = 0, context: Context = _DEFAULT
) -> CatalogueResult:
    """Write `train.bson` and `category_names.csv`: what a catalogue is like, without having one.

    There are 21 categories in a 2 / 5 / 21 tree, the later the smaller, and one to three pictures
    a product, of 180 x 180 pixels.

    Args:
        products: of the largest category.

    Returns:
        A CatalogueResult.

    Raises:
        SettingError: if the folder holds another catalogue.
    """
    require_local(folder)
    if products < 1 or seed < 0:
        raise SettingError("Expected 1 or more products, and a seed of 0 or more.")
    catalogue, names, record = (
        folder / name for name in ("train.bson", "category_names.csv", _RECORD)
    )
    fingerprint = {"stage": "catalogue", "products": products, "seed": seed}
    done = read_json(record)
    with storage_errors(catalogue):
        is_taken = done is None and catalogue.exists()
    if is_taken:
        raise SettingError(f"{printable(folder)} holds another catalogue; choose another folder.")
    if not is_finished(printable(folder), done and done["fingerprint"], fingerprint):
        planned = list(_plan(products, seed))
        write_text(names, _tabulate_names())
        write_bson(catalogue, _draw(planned, seed, context))
        images = sum(views for _, views in planned)
        done = {"fingerprint": fingerprint, "products": len(planned), "pictures": images}
        write_json(record, done)
    return CatalogueResult(
        catalogue=printable(catalogue),
        categories=printable(names),
        products=done["products"],
        pictures=done["pictures"],
    )


def _plan(products: int, seed: int) -> Iterator[tuple[int, int]]:
    """Yield the category of each product and its number of pictures."""
    sizes = [max(1, round(products * _FALL**place)) for place in range(len(_LEAVES))]
    sizes[-1] = min(_RARE_PRODUCTS, sizes[-1])
    chance = np.random.default_rng(seed)
    for turn in range(products):  # as in a catalogue, the categories come mixed
        for place in chance.permutation([place for place, n in enumerate(sizes) if turn < n]):
            yield int(place), int(chance.integers(1, _MOST_VIEWS + 1))


def _draw(planned: list[tuple[int, int]], seed: int, context: Context) -> Iterator[ProductImages]:
    for number, (category, views) in enumerate(planned):
        generator = np.random.default_rng([seed, number])
        drawn = draw_views(*_LEAVES[category], views, generator)
        squares = [resize(one, ResizeSpec(_SIDE)).transpose(1, 2, 0) for one in drawn]
        images = [encode_jpeg(square, _QUALITY) for square in squares]
        yield ProductImages(number, _FIRST_ID + category, images)
        context.progress("drawing products", number + 1, len(planned))


def _tabulate_names() -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["category_id", "category_level1", "category_level2", "category_level3"])
    for place, (goal, scene) in enumerate(_LEAVES):
        path = (_BRANCHES[goal], goal.replace("-", " ").upper(), scene.upper())
        writer.writerow([_FIRST_ID + place, *path])
    return table.getvalue()
