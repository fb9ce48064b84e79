"""Fills in hashes, problems and duplicate groups of a manifest's rows.

Duplicates here are images with equal bytes, and those of an equal 64-bit perceptual hash whose
pixels prove it (`proof`).
"""

from dataclasses import replace

import polars as pl

from pixonomy.dataset.connected import connect
from pixonomy.dataset.location import UNREAD, Location, in_chunks, locate
from pixonomy.dataset.manifest import Manifest, conform
from pixonomy.dataset.read import Fetched, read_all
from pixonomy.errors import UndecodableImage
from pixonomy.executors.local import run
from pixonomy.images.image_hash import LUMA_HASH, ImageFingerprint, fingerprint
from pixonomy.near_duplicates.proof import prove_duplicates
from pixonomy.progress import Progress, silent

_CHUNK = 64  # images a task: a fraction of a second of work


def group_duplicates(manifest: Manifest, workers: int = 1, progress: Progress = silent) -> Manifest:
    """Fill `sha256`, `perceptual_hash`, `duplicate_group` and, for unreadable bytes, `problem`.

    Rows that have a SHA-256 already are not read again, unless their perceptual hashes are of
    another kind than those that others have or get: only equal kinds can be compared.
    """
    rows = _fingerprint_rows(manifest, workers, progress)
    proved = prove_duplicates(rows, manifest.base, workers, progress)
    groups = find_duplicate_groups(rows, proved)
    grouped = rows.with_columns(groups.alias("duplicate_group"))
    return replace(manifest, rows=conform(grouped))


def find_duplicate_groups(rows: pl.DataFrame, proved: pl.Series) -> pl.Series:
    """Name the duplicate group of each row; null where alone.

    Being a duplicate is transitive: a group is a connected component over equal bytes, proved
    duplicates and equal marks of before. It keeps the first mark in it, or is called after its
    first `image_id`.

    Args:
        proved: equal for rows whose pixels match, see `prove_duplicates`; null for others.
    """
    keys = [rows["sha256"], proved, rows["duplicate_group"]]
    table = rows.select("image_id", "duplicate_group", unit=connect(keys))
    group = pl.col("duplicate_group").drop_nulls().first()
    name = pl.coalesce(group, pl.col("image_id").first()).over("unit")
    return table.select(pl.when(pl.len().over("unit") > 1).then(name)).to_series()


def _fingerprint_rows(manifest: Manifest, workers: int, progress: Progress) -> pl.DataFrame:
    pending = manifest.usable.filter(_is_pending(manifest.usable))
    locations = locate(pending, manifest.base)
    found: list[ImageFingerprint] = []
    # Spawning a process costs about half a second: not worth it for a handful of images.
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


def _is_pending(rows: pl.DataFrame) -> pl.Series:
    """Return which rows have no hashes, or one that cannot be compared with all the others."""
    unread = rows["sha256"].is_null()
    is_older = ~rows["perceptual_hash"].str.starts_with(LUMA_HASH)  # null where there is none
    is_mixed = bool(unread.any() or (~is_older).any())
    return unread | (is_older.fill_null(False) & is_mixed)


def _fingerprint_all(locations: list[Location]) -> list[ImageFingerprint]:
    found = {place: _fingerprint_one(locations[place], data) for place, data in read_all(locations)}
    return [found[place] for place in range(len(locations))]


def _fingerprint_one(location: Location, data: Fetched) -> ImageFingerprint:
    if isinstance(data, UndecodableImage):
        # A missing file equals no other: its own name stands in for a hash of its bytes.
        return ImageFingerprint(f"{UNREAD}{location.image_id}", None, str(data))
    return fingerprint(data)
