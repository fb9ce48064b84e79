"""Measures all that an image shows of itself, from one read and one decode."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.location import UNREAD, Location
from pixonomy.dataset.read import Fetched, read_all
from pixonomy.errors import UndecodableImage
from pixonomy.images.descriptor import DESCRIPTOR_VERSION, describe
from pixonomy.images.embedding import Embedder
from pixonomy.images.general import vanishes_on_white
from pixonomy.images.image_hash import EXAMINED_SIDE, Examined, ImageFingerprint, examine
from pixonomy.images.quality import BLANK_DEVIATION, measure_quality
from pixonomy.images.resize import resize

MEASURED: dict[str, pl.DataType] = {
    "width": pl.Int32(),  # of the whole image, upright, in pixels
    "height": pl.Int32(),
    "format": pl.String(),  # jpg, png, …
    "sha256": pl.String(),  # "unread:…" where there were no bytes
    "perceptual_hash": pl.String(),  # null where blank
    "deviation": pl.Float32(),  # this and the following: see `images.quality.Quality`
    "dark": pl.Float32(),
    "light": pl.Float32(),
    "sharpness": pl.Float32(),
    "problem": pl.String(),  # why there is no image
    "damage": pl.String(),  # what the decoder complained of
    "vanishes": pl.Boolean(),  # whether it is blank only for lying on white
    "descriptor": pl.Binary(),  # see `images.descriptor`
}
"""What is known of an image that has been looked at."""

MEASURE_VERSION = [4, DESCRIPTOR_VERSION]
"""Changed whenever the same image would be measured otherwise: then it is looked at again."""


@dataclass(frozen=True)
class ExamineTask:
    """Images to look at, and what turns them into vectors, if anything."""

    locations: list[Location]
    embedder: Embedder | None = None


@dataclass(frozen=True)
class ExaminedImages:
    """What was seen, in the order of the task.

    Attributes:
        measured: n rows with the columns `MEASURED`.
        embeddings: float16 (n, d), zero where there is no image; (n, 0) without an embedder.
    """

    measured: pl.DataFrame
    embeddings: npt.NDArray[np.float16]


def examine_images(task: ExamineTask) -> ExaminedImages:
    """Read the images in the order of their files, decode each once, measure all there is."""
    count, embedder = len(task.locations), task.embedder
    rows: list[tuple[object, ...]] = [()] * count
    framed: list[npt.NDArray[np.uint8]] = []
    places: list[int] = []
    for place, data in read_all(task.locations):
        examined = _examine(task.locations[place], data, embedder)
        rows[place] = _measure(examined, data)
        if embedder is not None and examined.framed is not None:
            framed.append(resize(examined.framed, embedder.resize_spec))
            places.append(place)
    embeddings = np.zeros((count, embedder.dimensions if embedder else 0), np.float16)
    if embedder is not None and framed:
        embeddings[places] = _as_half(embedder(np.stack(framed)))
    return ExaminedImages(pl.DataFrame(rows, schema=MEASURED, orient="row"), embeddings)


def _examine(location: Location, data: Fetched, embedder: Embedder | None) -> Examined:
    if isinstance(data, UndecodableImage):
        # A missing file equals no other: its own name stands in for a hash of its bytes.
        return Examined(ImageFingerprint(f"{UNREAD}{location.image_id}", None, str(data)))
    side = EXAMINED_SIDE if embedder is None else embedder.resize_spec.size
    return examine(data, str(location.file), max(EXAMINED_SIDE, side))


def _measure(examined: Examined, data: Fetched) -> tuple[object, ...]:
    found = examined.fingerprint
    if examined.pixels is None or isinstance(data, UndecodableImage):
        return (*(None,) * 3, found.sha256, *(None,) * 5, found.problem, *(None,) * 3)
    quality = measure_quality(examined.pixels)
    is_blank = quality.deviation < BLANK_DEVIATION
    return (
        found.width,
        found.height,
        found.format,
        found.sha256,
        found.perceptual_hash,
        quality.deviation,
        quality.dark,
        quality.light,
        quality.sharpness,
        None,
        found.damage,
        is_blank and vanishes_on_white(data),
        describe(examined.pixels),
    )


def _as_half(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    largest = float(np.finfo(np.float16).max)
    return np.clip(vectors, -largest, largest).astype(np.float16)
