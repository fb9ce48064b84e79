"""A manifest goes in; the same manifest with hashes, problems and duplicate groups comes out.

Copies here are pictures with equal bytes or an equal 64-bit perceptual hash.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pixonomy.errors import UndecodableImage
from pixonomy.images.fingerprint import PictureFingerprint, fingerprint
from pixonomy.locate import Location, in_chunks, locate, read_bytes
from pixonomy.manifest import Manifest, conform
from pixonomy.progress import Progress, silent
from pixonomy.workers import run

_CHUNK = 64  # pictures a task: a fraction of a second of work


def group_duplicates(manifest: Manifest, workers: int = 1, progress: Progress = silent) -> Manifest:
    """Fill `sha256`, `perceptual_hash`, `duplicate_group` and, for unreadable bytes, `problem`.

    Rows that have a SHA-256 already are not read again.
    """
    rows = _fingerprint_rows(manifest, workers, progress)
    grouped = rows.with_columns(find_duplicate_groups(rows).alias("duplicate_group"))
    return Manifest(conform(grouped), manifest.base, manifest.fingerprint)


def find_duplicate_groups(rows: pl.DataFrame) -> pl.Series:
    """Name the duplicate group of each row: the first `image_id` in it; null where alone.

    Being a copy is transitive: a group is a connected component over equal hashes.
    """
    hashes = (rows["sha256"], rows["perceptual_hash"])
    component = connect(rows.height, hashes)
    sizes = np.bincount(component, minlength=1)
    firsts = np.full(sizes.size, rows.height, np.int64)
    np.minimum.at(firsts, component, np.arange(rows.height))
    names = rows["image_id"].gather(firsts[component])
    return names.zip_with(pl.Series(sizes[component] > 1), pl.Series([None], dtype=pl.String))


def connect(count: int, keys: Sequence[pl.Series]) -> npt.NDArray[np.int64]:
    """Number the connected components of `count` rows that share a value in any of the `keys`.

    Args:
        count: number of rows.
        keys: series of that length each; nulls connect nothing.

    Returns:
        int64, shape (count,): the component of each row.
    """
    if count == 0:
        return np.zeros(0, np.int64)
    starts, ends = [], []
    for key in keys:
        # Each row is tied to the first row of its value: a star has as few edges as a chain.
        table = pl.DataFrame({"key": key, "row": np.arange(count)}).drop_nulls("key")
        first = table.select(pl.col("row").min().over("key"))["row"]
        starts.append(table["row"].to_numpy())
        ends.append(first.to_numpy())
    row, column = np.concatenate(starts), np.concatenate(ends)
    graph = coo_array((np.ones(row.size, np.int8), (row, column)), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    return np.asarray(component, np.int64)


def _fingerprint_rows(manifest: Manifest, workers: int, progress: Progress) -> pl.DataFrame:
    pending = manifest.usable.filter(pl.col("sha256").is_null())
    locations = locate(pending, manifest.base)
    found: list[PictureFingerprint] = []
    # Spawning a process costs about half a second: not worth it for a handful of pictures.
    busy = workers if len(locations) > 4 * _CHUNK else 1
    for fingerprints in run(_fingerprint_all, in_chunks(locations, _CHUNK), busy):
        found.extend(fingerprints)
        progress("looking for copies", len(found), len(locations))
    news = pl.DataFrame(
        {
            "image_id": pending["image_id"],
            "sha256": pl.Series([one.sha256 for one in found], dtype=pl.String),
            "perceptual_hash": pl.Series([one.perceptual_hash for one in found], dtype=pl.String),
            "problem": pl.Series([one.problem for one in found], dtype=pl.String),
        }
    )
    return manifest.rows.update(news, on="image_id")


def _fingerprint_all(locations: list[Location]) -> list[PictureFingerprint]:
    return [_fingerprint_one(location) for location in locations]


def _fingerprint_one(location: Location) -> PictureFingerprint:
    try:
        return fingerprint(read_bytes(location))
    except UndecodableImage as error:
        # A missing file equals no other: its own name stands in for a hash of its bytes.
        return PictureFingerprint(f"unread:{location.image_id}", None, str(error))
