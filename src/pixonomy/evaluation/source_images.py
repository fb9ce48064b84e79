"""Reads images anew from where they came from, as large as a page shows them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image

from pixonomy.dataset.location import Location, in_chunks, locate
from pixonomy.dataset.read import read_all
from pixonomy.errors import StorageError, UndecodableImage
from pixonomy.executors.local import run
from pixonomy.images.decode import decode
from pixonomy.images.resize import Fit, shrink

SHOWN_PIXELS = 160

_CHUNK = 64  # images a task: a fraction of a second of work
Images = dict[str, npt.NDArray[np.uint8]]


def read_source_images(rows: pl.DataFrame, base: Path, cores: int = 1) -> Images:
    """Return the images that are still what was indexed, at most 160 pixels a side.

    Args:
        rows: image_id and the columns that say where the bytes are, a row an image.
        base: what relative addresses hang from.

    Returns:
        Image ids and uint8 (3, height, width); without those that cannot be had any more, be it
        that their storage does not answer.
    """
    chunks = in_chunks(locate(rows, base), _CHUNK)
    # Spawning a process costs about half a second: not worth it for a handful of images.
    workers = cores if rows.height > 4 * _CHUNK else 1
    images: Images = {}
    for some, is_answered in run(_read_chunk, chunks, workers):
        images |= some
        if not is_answered:  # each further try would wait as long again
            break
    return images


def _read_chunk(locations: list[Location]) -> tuple[Images, bool]:
    """Return what could be read, and whether the storage answered."""
    images: Images = {}
    try:
        for place, fetched in read_all(locations):
            if isinstance(fetched, bytes):
                _add(images, locations[place].image_id, fetched)
    except StorageError:
        return images, False
    return images, True


def _add(images: Images, image_id: str, data: bytes) -> None:
    try:
        pixels = shrink(decode(data, SHOWN_PIXELS // 2), SHOWN_PIXELS)
    except UndecodableImage:  # it could be decoded before: the file has changed
        return
    images[image_id] = pixels.transpose(2, 0, 1)


def lay_over(
    attention: npt.NDArray[np.float32], fit: Fit, height: int, width: int
) -> npt.NDArray[np.float32]:
    """Return a map of the network's square as one of the whole image, float32 (height, width).

    Args:
        attention: of any height and width, laid over the square.
        fit: how the image became the square.
    """
    if fit == "stretch":
        return _scale(attention, height, width)
    if fit == "pad":
        side = max(height, width)
        top, left = (side - height) // 2, (side - width) // 2
        return _scale(attention, side, side)[top : top + height, left : left + width]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    whole = np.zeros((height, width), np.float32)  # what is cut off is never seen
    whole[top : top + side, left : left + side] = _scale(attention, side, side)
    return whole


def _scale(values: npt.NDArray[np.float32], height: int, width: int) -> npt.NDArray[np.float32]:
    scaled = Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(scaled, np.float32)
