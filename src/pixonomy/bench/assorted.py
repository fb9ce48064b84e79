"""Writes a BSON catalogue of any number of different images, from real images of all kinds.

Nobody has a hundred thousand large photographs at hand for a test: small ones are enlarged, and
of large ones the quarters are images, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from pixonomy.dataset.location import Location, in_chunks, locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.errors import DataError, UndecodableImage
from pixonomy.executors.local import run
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.decode import Pixels, decode
from pixonomy.progress import Context
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.storage.files import printable
from pixonomy.verbs.index import index

KNOWN = ("products/train.bson", "goals", "grocery", "clothing", "cifar10.zip")
"""What is looked for below the folder of real images."""

_SIDE, _QUALITY = 180, 90
_SMALL = 80  # pixels: shorter sides are enlarged
_REPEATED = 10  # of these many images one is that before it again
_CHUNK = 100
_CATEGORIES = 100


@dataclass(frozen=True)
class _Task:
    """Images to take as they are (or enlarged), or the quarters of."""

    locations: list[Location]
    are_quarters: bool


def write_assorted(path: Path, source: Path, images: int, context: Context) -> None:
    """Write a catalogue of images of about 180 pixels, one in ten a duplicate.

    Categories are the images' own.

    Raises:
        DataError: if there are not enough below `source`.
    """
    manifest = path.with_suffix(".parquet")
    there = [source / name for name in KNOWN if (source / name).exists()]
    if not there:
        raise DataError(f"There is none of {', '.join(KNOWN)} in {printable(source)}.")
    index(there, manifest)
    known = read_manifest(manifest)
    rows = known.usable.unique("image_id", maintain_order=True)
    places = locate(rows, known.base)
    numbers = rows["label"].fill_null("").rank("dense").to_list()
    labels = {place.image_id: int(number) for place, number in zip(places, numbers, strict=True)}
    tasks = chain.from_iterable(
        (_Task(some, are_quarters) for some in in_chunks(places, _CHUNK))
        for are_quarters in (False, True)
    )
    made = chain.from_iterable(run(_make, tasks, context.cores))
    write_bson(path, _repeat(made, labels, images))


def _repeat(
    made: Iterator[tuple[str, bytes]], labels: dict[str, int], images: int
) -> Iterator[ProductImages]:
    number, last = 0, ProductImages(0, 0, [])
    for image_id, data in made:
        if number >= images:
            return
        if number % _REPEATED == _REPEATED - 1:
            yield ProductImages(number, last.category_id, last.images)
            number += 1
        last = ProductImages(number, labels[image_id] % _CATEGORIES, [data])
        yield last
        number += 1
    if number < images:
        raise DataError(f"Pictures for {number:,} of {images:,} rows are at hand only.")


def _make(task: _Task) -> list[tuple[str, bytes]]:
    made = []
    for place, data in read_all(task.locations):
        if isinstance(data, UndecodableImage):
            raise DataError(f"{task.locations[place].file} is needed for this benchmark: {data}.")
        image_id = task.locations[place].image_id
        if task.are_quarters:
            made += [(image_id, one) for one in _quarter(decode(data))]
        else:
            made.append((image_id, _enlarge(data)))
    return made


def _enlarge(data: bytes) -> bytes:
    pixels = decode(data)
    if min(pixels.shape[:2]) >= _SMALL:
        return data
    return _encode(pixels)


def _quarter(pixels: Pixels) -> list[bytes]:
    height, width = (side // 2 for side in pixels.shape[:2])
    if min(height, width) < _SMALL:
        return []
    return [
        _encode(pixels[top : top + height, left : left + width])
        for top in (0, height)
        for left in (0, width)
    ]


def _encode(pixels: Pixels) -> bytes:
    size = (_SIDE, _SIDE)
    enlarged = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_CUBIC)
    return encode_jpeg(np.asarray(enlarged, np.uint8), _QUALITY)
