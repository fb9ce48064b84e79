"""Locations go in; what each picture shows of itself comes out, from one read and one decode."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.errors import UndecodableImage
from pixonomy.fetch import Fetched, read_all
from pixonomy.images.descriptor import DESCRIPTOR_VERSION, describe
from pixonomy.images.embedding import Embedder
from pixonomy.images.fingerprint import EXAMINED_SIDE, Examined, PictureFingerprint, examine
from pixonomy.images.quality import measure_quality
from pixonomy.images.resize import resize
from pixonomy.locate import Location

MEASURED: dict[str, pl.DataType] = {
    "width": pl.Int32(),  # of the whole picture, upright, in pixels
    "height": pl.Int32(),
    "format": pl.String(),  # jpg, png, …
    "sha256": pl.String(),  # "unread:…" where there were no bytes
    "perceptual_hash": pl.String(),  # null where blank
    "deviation": pl.Float32(),  # this and the following: see `images.quality.Quality`
    "dark": pl.Float32(),
    "light": pl.Float32(),
    "sharpness": pl.Float32(),
    "problem": pl.String(),  # why there is no picture
    "descriptor": pl.Binary(),  # see `images.descriptor`
}
"""What is known of a picture that has been looked at."""

MEASURE_VERSION = [3, DESCRIPTOR_VERSION]
"""Changed whenever the same picture would be measured otherwise: then it is looked at again."""

UNREAD = "unread:"
"""What stands before the id of a picture whose bytes could not be had, in place of a SHA-256."""


@dataclass(frozen=True)
class ExamineTask:
    """Pictures to look at, and what turns them into vectors, if anything."""

    locations: list[Location]
    embedder: Embedder | None = None


@dataclass(frozen=True)
class ExaminedPictures:
    """What was seen, in the order of the task.

    Attributes:
        measured: n rows with the columns `MEASURED`.
        embeddings: float16 (n, d), zero where there is no picture; (n, 0) without an embedder.
    """

    measured: pl.DataFrame
    embeddings: npt.NDArray[np.float16]


def examine_pictures(task: ExamineTask) -> ExaminedPictures:
    """Read the pictures in the order of their files, decode each once, measure all there is."""
    count, embedder = len(task.locations), task.embedder
    rows: list[tuple[object, ...]] = [()] * count
    framed: list[npt.NDArray[np.uint8]] = []
    places: list[int] = []
    for place, data in read_all(task.locations):
        examined = _examine(task.locations[place], data, embedder)
        rows[place] = _measure(examined)
        if embedder is not None and examined.framed is not None:
            framed.append(resize(examined.framed, embedder.framing))
            places.append(place)
    embeddings = np.zeros((count, embedder.dimensions if embedder else 0), np.float16)
    if embedder is not None and framed:
        embeddings[places] = _as_half(embedder(np.stack(framed)))
    return ExaminedPictures(pl.DataFrame(rows, schema=MEASURED, orient="row"), embeddings)


def _examine(location: Location, data: Fetched, embedder: Embedder | None) -> Examined:
    if isinstance(data, UndecodableImage):
        # A missing file equals no other: its own name stands in for a hash of its bytes.
        return Examined(PictureFingerprint(f"{UNREAD}{location.image_id}", None, str(data)))
    side = EXAMINED_SIDE if embedder is None else embedder.framing.size
    return examine(data, str(location.file), max(EXAMINED_SIDE, side))


def _measure(examined: Examined) -> tuple[object, ...]:
    found = examined.fingerprint
    if examined.pixels is None:
        return (None, None, None, found.sha256, None, None, None, None, None, found.problem, None)
    quality = measure_quality(examined.pixels)
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
        describe(examined.pixels),
    )


def _as_half(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    largest = float(np.finfo(np.float16).max)
    return np.clip(vectors, -largest, largest).astype(np.float16)
