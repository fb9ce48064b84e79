"""Draws sample images of a manifest and decodes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.browsing.image_counts import ImageCounts
from pixonomy.dataset.location import LOCATED, Location, in_chunks, locate
from pixonomy.dataset.read import Fetched, read_all
from pixonomy.errors import UndecodableImage
from pixonomy.executors.local import run
from pixonomy.images.decode import decode
from pixonomy.pages.thumbnail import encode_thumbnail
from pixonomy.progress import Progress

THUMBNAIL_PIXELS = 160
MEASURED_AT_MOST = 2_000  # images drawn to learn what sizes there are …
_MEASURED_BYTES = 256 * 1024**2  # … and how much of large ones: seconds of decoding
_MEASURED_AT_LEAST = 100
_ASSUMED_LENGTH = 512 * 1024  # bytes an image, where the manifest does not tell

_CHUNK = 64  # images a task: a fraction of a second of work

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SampledImage:
    """One image, looked at.

    Attributes:
        problem: what its row says against it.
        length: in encoded bytes; 0 where it cannot be decoded.
        height, width: in pixels, upright; 0 where it cannot be decoded.
        thumbnail: a JPEG of at most 160 pixels a side; None where it cannot be decoded.
        fault: why it cannot be decoded.
    """

    image_id: str
    problem: str | None = None
    length: int = 0
    height: int = 0
    width: int = 0
    thumbnail: bytes | None = None
    fault: str | None = None


def draw_sheets(
    image_counts: ImageCounts, categories: int, each: int, seed: int
) -> dict[str | None, Rows]:
    """Draw images of the largest categories by chance: label → numbers of rows, ascending.

    What is drawn of a category does not depend on how many others there are.
    """
    drawn: dict[str | None, Rows] = {}
    for place, label in enumerate(image_counts.categories["label"][:categories]):
        rows = np.flatnonzero(image_counts.category_of_row == place)
        chance = np.random.default_rng([seed, crc32((label or "").encode())])
        drawn[label] = np.sort(chance.choice(rows, min(each, rows.size), replace=False))
    return drawn


def draw_measured(image_counts: ImageCounts, bytes_in_all: int, seed: int) -> Rows:
    """Draw images of all categories by chance, fewer where they are large.

    Args:
        bytes_in_all: encoded bytes of all usable images, 0 where unknown.

    Returns:
        The numbers of their rows, ascending.
    """
    rows = np.flatnonzero(image_counts.is_usable)
    affordable = int(_MEASURED_BYTES / (bytes_in_all / max(1, rows.size) or _ASSUMED_LENGTH))
    wanted = min(MEASURED_AT_MOST, max(_MEASURED_AT_LEAST, affordable), rows.size)
    return np.sort(np.random.default_rng(seed).choice(rows, wanted, replace=False))


def sample_images(
    rows: pl.LazyFrame, numbers: Rows, base: Path, workers: int, progress: Progress
) -> dict[int, SampledImage]:
    """Read and decode the images of some rows.

    Args:
        rows: a manifest's, with the columns that say where the bytes are, and problem.
        numbers: of the rows to look at.
        base: what relative addresses hang from.
    """
    wanted = pl.LazyFrame({"row": np.unique(numbers)}, schema={"row": pl.UInt32})
    table = rows.select(LOCATED, "problem").with_row_index("row")
    picked = table.join(wanted, on="row", how="semi").collect(engine="streaming").sort("row")
    sampled: list[SampledImage] = []
    # Spawning a process costs about half a second: not worth it for a handful of images.
    busy = workers if picked.height > 4 * _CHUNK else 1
    for some in run(_sample_images, in_chunks(locate(picked, base), _CHUNK), busy):
        sampled += some
        progress("looking at pictures", len(sampled), picked.height)
    return _with_problems(picked, sampled)


def _with_problems(
    picked: pl.DataFrame, sampled: Sequence[SampledImage]
) -> dict[int, SampledImage]:
    problems: Mapping[int, str | None] = dict(picked.select("row", "problem").iter_rows())
    return {
        row: replace(one, problem=problem)
        for (row, problem), one in zip(problems.items(), sampled, strict=True)
    }


def _sample_images(locations: list[Location]) -> list[SampledImage]:
    sampled = {
        place: _sample_image(locations[place], fetched) for place, fetched in read_all(locations)
    }
    return [sampled[place] for place in range(len(locations))]


def _sample_image(location: Location, fetched: Fetched) -> SampledImage:
    try:
        if isinstance(fetched, UndecodableImage):
            raise fetched
        pixels = decode(fetched)
    except UndecodableImage as error:
        return SampledImage(location.image_id, fault=str(error))
    height, width = pixels.shape[:2]
    thumbnail = encode_thumbnail(pixels, THUMBNAIL_PIXELS)
    return SampledImage(location.image_id, None, len(fetched), height, width, thumbnail)
