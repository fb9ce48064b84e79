"""Proves on pixels which images of equal perceptual hash are duplicates.

An equal 64-bit hash is a hint, no proof: images of one scene, forms, and products on white have
equal hashes and are different images.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import polars as pl

from pixonomy.dataset.location import Location, locate
from pixonomy.dataset.read import read_all
from pixonomy.errors import UndecodableImage
from pixonomy.executors.local import run
from pixonomy.images.decode import Pixels, decode
from pixonomy.images.same import COMPARED_SIDE, are_duplicates
from pixonomy.progress import Progress, silent

_TASK = 64  # images a task, unless more have one hash
_FEW = 4  # tasks that are not worth a process of their own
_GRID = 16  # of mean colours, which rule out most different images
_MOST_OFF = 25.0  # grey levels that one of them may differ by
_MOST_COMPARED = 10  # images that one is compared with, the likeliest first
_MOST_LEADERS = 500  # images of one hash that others are compared with

Grid = npt.NDArray[np.float32]


def prove_duplicates(
    rows: pl.DataFrame, base: Path, workers: int = 1, progress: Progress = silent
) -> pl.Series:
    """Compare images of equal perceptual hash and different bytes, pixel by pixel.

    Of rows with equal SHA-256 one stands for all. Rows that share a mark (`duplicate_group`) have
    been compared before. An image that cannot be read is no duplicate.

    Args:
        rows: with the columns of a manifest.
        base: the folder that relative `uri`s hang from.

    Returns:
        String (n,): for each row of an image that is a duplicate of another, and that other, the
        `image_id` of one of them; null for all other rows.
    """
    candidate_pairs = find_candidate_pairs(rows)
    locations = locate(candidate_pairs, base)
    tasks = list(_split_tasks(locations, candidate_pairs["perceptual_hash"].to_list()))
    found: list[int] = []
    busy = workers if len(tasks) > _FEW else 1
    for leaders in run(_compare_all, tasks, busy):
        before = len(found)
        found.extend(before + leader for leader in leaders)
        progress("comparing pictures", len(found), len(locations))
    pairs = candidate_pairs.select("image_id", copy=pl.col("image_id").gather(found))
    is_tied = pl.col("copy").is_duplicated()
    known = rows.select("image_id").join(
        pairs.filter(is_tied), on="image_id", how="left", maintain_order="left"
    )
    return known["copy"]


def find_candidate_pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each image (by SHA-256) whose perceptual hash another one has, too.

    They are sorted by hash. Those that all share one mark are left out.
    """
    is_usable = pl.col("problem").is_null() & pl.col("perceptual_hash").is_not_null()
    hashed = rows.lazy().filter(is_usable)
    twice = (
        hashed.group_by("perceptual_hash")
        .agg(pl.col("sha256").n_unique().alias("pictures"), _share_one_group().alias("is_known"))
        .filter((pl.col("pictures") > 1) & ~pl.col("is_known"))
        .select("perceptual_hash")
    )
    return (
        hashed.join(twice, on="perceptual_hash", how="semi")
        .unique("sha256", keep="first", maintain_order=True)
        .sort("perceptual_hash", maintain_order=True)
        .collect()
    )


def _share_one_group() -> pl.Expr:
    group = pl.col("duplicate_group")
    return group.is_not_null().all() & (group.n_unique() == 1)


@dataclass(frozen=True)
class _Task:
    """Images, and the number of the hash that each has; those of one hash lie together."""

    locations: Sequence[Location]
    hashes: Sequence[str]


def _split_tasks(locations: Sequence[Location], hashes: Sequence[str]) -> Iterator[_Task]:
    start = 0
    for place in range(1, len(hashes) + 1):
        is_end = place == len(hashes)
        if is_end or (hashes[place] != hashes[place - 1] and place - start >= _TASK):
            yield _Task(locations[start:place], hashes[start:place])
            start = place


@dataclass
class _Leaders:
    """The images of one hash, no two of which are duplicates."""

    places: list[int] = field(default_factory=list)
    pixels: list[Pixels] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)

    def find(self, place: int, pixels: Pixels) -> int:
        """Return the place of the image that this one duplicates; its own if there is none."""
        grid = _to_grid(pixels)
        if self.grids:
            off = np.abs(np.stack(self.grids) - grid).max(axis=(1, 2, 3))
            # Only with some: thousands of forms or plain products may share one hash.
            likeliest: list[int] = np.argsort(off, kind="stable")[:_MOST_COMPARED].tolist()
            for number in likeliest:
                if off[number] <= _MOST_OFF and are_duplicates(self.pixels[number], pixels):
                    return self.places[number]
        if len(self.places) < _MOST_LEADERS:
            self.places.append(place)
            self.pixels.append(pixels)
            self.grids.append(grid)
        return place


def _compare_all(task: _Task) -> list[int]:
    """Return, for each image, the place of the one that it duplicates, or its own."""
    found = list(range(len(task.locations)))
    leaders: dict[str, _Leaders] = {}
    for start in range(0, len(found), _TASK):  # thousands may have one hash
        waiting = dict(_read(task.locations[start : start + _TASK]))
        for number in sorted(waiting):
            place = start + number
            one = leaders.setdefault(task.hashes[place], _Leaders())
            found[place] = one.find(place, waiting[number])
    return found


def _read(locations: Sequence[Location]) -> Iterator[tuple[int, Pixels]]:
    for place, data in read_all(locations):
        if isinstance(data, UndecodableImage):
            continue
        try:
            pixels = decode(data, COMPARED_SIDE // 2)
        except UndecodableImage:  # it was changed since it was hashed
            continue
        yield place, _shrink(pixels)


def _shrink(pixels: Pixels) -> Pixels:
    """Bring pixels to the size at which they are compared: what waits fills the memory."""
    scale = min(1.0, COMPARED_SIDE / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _to_grid(pixels: Pixels) -> Grid:
    small = cv2.resize(pixels, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)
