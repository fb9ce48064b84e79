"""Makes the arrays of a manifest: every usable image decoded, resized and laid into shards.

The rows are permuted once over the whole set, so that any part of a shard is a fair sample.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.arrays.byte_ranges import ByteRanges, read_ranges
from pixonomy.arrays.image_shards import (
    ARRAYS_FILE,
    PROBLEMS_FILE,
    ROWS_FILE,
    ArraysRecord,
    shard_path,
)
from pixonomy.arrays.scatter import TASK_BYTES, plan_scattering, scatter, scatter_tasks
from pixonomy.arrays.shard import Problems, ShardTask, write_shard
from pixonomy.arrays.shuffle_rows import shuffle_rows
from pixonomy.dataset.location import PARQUET, path_to_uri
from pixonomy.dataset.manifest import Manifest, read_manifest
from pixonomy.errors import StorageError
from pixonomy.executors.local import run
from pixonomy.images.resize import Fit, ResizeSpec
from pixonomy.progress import Context
from pixonomy.storage.files import flush_to_disk, printable, remove, storage_errors, write_json
from pixonomy.storage.fingerprint import Fingerprint
from pixonomy.storage.tables import scan_parquet, stream_parquet, write_parquet

WORK_FOLDER = "work"  # what is needed only until the arrays are finished

_SHARD_BYTES = 64 * 1024**2  # a worker's memory: one shard of every size
_FEWEST_SHARDS = 8  # so that small sets are spread over the cores too, on any machine alike
_SCATTERED_BYTES = 4 * 1024**3  # encoded; beyond it the page cache may not hold the set
_FEWEST_FOR_WORKERS = 400  # images; spawning processes costs about half a second each
_WORTH_REPORTING = 10**9  # bytes
_DEFAULT = Context()


@dataclass(frozen=True)
class ArraySettings:
    """What the arrays hold: square `sizes` in pixels, the fit mode, the permutation's seed."""

    sizes: tuple[int, ...]
    fit: Fit
    seed: int = 0

    @property
    def resize_specs(self) -> tuple[ResizeSpec, ...]:
        """How images become squares, one a size."""
        return tuple(ResizeSpec(size, self.fit) for size in self.sizes)

    @property
    def image_bytes(self) -> int:
        """The bytes of one image in all sizes."""
        return sum(3 * size**2 for size in self.sizes)


def write_arrays(
    manifest: Path,
    folder: Path,
    settings: ArraySettings,
    fingerprint: Fingerprint,
    context: Context = _DEFAULT,
    scattered_bytes: int = _SCATTERED_BYTES,
) -> int:
    """Decode and resize the manifest's usable rows that have a split, shard by shard.

    Shards that an interrupted run has finished are kept. `arrays.json` is written last: arrays
    without it are unfinished. Memory is flat but for some forty bytes an image.

    Args:
        scattered_bytes: a set of more encoded bytes is laid into buckets first, see `scatter`.

    Returns:
        How many images were left out because their bytes could not be decoded.

    Raises:
        StorageError: if the disk has too little space, raised before anything is written.
    """
    about = read_manifest(manifest, ["label", "problem"])
    ranges = read_ranges(manifest, about.base)
    ranges = ranges.take(np.random.default_rng(settings.seed).permutation(len(ranges)))
    shard_rows = _count_shard_rows(settings, len(ranges))
    is_scattered = _is_scattered(ranges, scattered_bytes)
    _check_space(folder, settings, ranges, is_scattered, context)
    # Few images are done before the worker processes have started.
    busy = context.cores if len(ranges) > _FEWEST_FOR_WORKERS else 1
    around = replace(context, cores=busy)
    unread: Problems = {}
    lying = ranges
    if is_scattered:
        lying, unread = _scatter_all(folder / WORK_FOLDER, ranges, shard_rows, around)
    problems = _write_shards(folder, settings, lying, shard_rows, around) | unread
    _write_tables(manifest, folder, ranges, problems)
    counts = _count_good(ranges, problems, shard_rows)
    _finish(folder, settings, counts, about, fingerprint, manifest=manifest)
    return len(problems)


def _count_good(ranges: ByteRanges, problems: Problems, shard_rows: int) -> list[int]:
    """Return how many images each shard has."""
    is_good = ~np.isin(ranges.rows, list(problems))
    starts = range(0, len(ranges), shard_rows)
    return [int(is_good[start : start + shard_rows].sum()) for start in starts]


def _finish(
    folder: Path,
    settings: ArraySettings,
    counts: list[int],
    about: Manifest,
    fingerprint: Fingerprint,
    *,
    manifest: Path,
) -> None:
    """Bring all shards to the disk, then say that they are whole; `counts` are their rows."""
    for size in settings.sizes:
        for shard in range(len(counts)):
            flush_to_disk(shard_path(folder, size, shard))
    content: ArraysRecord = {
        "sizes": list(settings.sizes),
        "fit": settings.fit,
        "manifest": printable(manifest.absolute()),
        "base": path_to_uri(about.base),
        "rows": sum(counts),
        "shards": counts,
        "taxonomy": about.taxonomy.as_json() if about.taxonomy is not None else None,
        "fingerprint": dict(fingerprint),
    }
    write_json(folder / ARRAYS_FILE, content)
    remove(folder / WORK_FOLDER)


def _count_shard_rows(settings: ArraySettings, images: int) -> int:
    return max(1, min(_SHARD_BYTES // settings.image_bytes, -(-images // _FEWEST_SHARDS)))


def _is_scattered(ranges: ByteRanges, scattered_bytes: int) -> bool:
    """Return whether reading in random order would be slow: a large set, a far or packed one."""
    if not len(ranges) or (ranges.length < 0).any():
        return False
    is_far = any(file.path is None for file in ranges.files)
    is_packed = any(one is not None and one.startswith(PARQUET) for one in ranges.encodings)
    return is_far or is_packed or int(ranges.length.sum()) > scattered_bytes


def _check_space(
    folder: Path,
    settings: ArraySettings,
    ranges: ByteRanges,
    is_scattered: bool,
    context: Context,
) -> None:
    """Say how much disk the arrays take, and refuse at once where there is too little."""
    needed = len(ranges) * settings.image_bytes
    needed += int(ranges.length.sum()) if is_scattered else 0
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        taken = sum(one.stat().st_size for one in folder.glob("*/*") if one.is_file())
        free = shutil.disk_usage(folder).free
    sizes = " and ".join(map(str, settings.sizes))
    what = f"{len(ranges):,} pictures of {sizes} px"
    if needed - taken > free:
        raise StorageError(
            f"The disk is full: {what} need {_in_giga(needed)} in {printable(folder)}, where "
            f"{_in_giga(free)} are free. Free space, or choose fewer or smaller sizes, run again."
        )
    if needed > _WORTH_REPORTING:
        context.report(
            f"{what} take {_in_giga(needed)} of disk while they are made ({_in_giga(free)} free)."
        )


def _scatter_all(
    work: Path, ranges: ByteRanges, shard_rows: int, context: Context
) -> tuple[ByteRanges, Problems]:
    """Lay the encoded images into buckets; return where they lie then, and which do not."""
    with storage_errors(work):
        work.mkdir(parents=True, exist_ok=True)
    scattering = plan_scattering(work, ranges, shard_rows)
    problems: Problems = {}
    total = int(ranges.length.sum())
    for number, found in enumerate(run(scatter, scatter_tasks(scattering), context.cores), 1):
        problems |= found
        done = min(number * TASK_BYTES, total)
        context.progress("laying pictures ready, MB", done // 10**6, total // 10**6)
    return scattering.buckets(), problems


def _write_shards(
    folder: Path,
    settings: ArraySettings,
    ranges: ByteRanges,
    shard_rows: int,
    context: Context,
) -> Problems:
    tasks = (
        ShardTask(
            folder, number, ranges.part(slice(start, start + shard_rows)), settings.resize_specs
        )
        for number, start in enumerate(range(0, len(ranges), shard_rows))
    )
    problems: Problems = {}
    done = 0
    for found in run(write_shard, tasks, context.cores):
        problems |= found
        done = min(done + shard_rows, len(ranges))
        context.progress("decoding and resizing", done, len(ranges))
    return problems


def _write_tables(manifest: Path, folder: Path, ranges: ByteRanges, problems: Problems) -> None:
    """Write the rows of the images in their order, and those of what was left out and why."""
    readable = ranges.rows[~np.isin(ranges.rows, list(problems))]
    stream_parquet(folder / ROWS_FILE, shuffle_rows(manifest, readable, folder / WORK_FOLDER))
    reasons = pl.DataFrame(
        {"row": list(problems), "reason": list(problems.values())},
        schema={"row": pl.UInt32, "reason": pl.String},
    )
    with scan_parquet(manifest) as table:
        joined = table.with_row_index("row").join(
            reasons.lazy(), on="row", how="left", maintain_order="left"
        )
        left_out = joined.with_columns(pl.coalesce("problem", "reason").alias("problem"))
        left_out = left_out.drop("row", "reason").filter(pl.col("problem").is_not_null())
        write_parquet(folder / PROBLEMS_FILE, left_out)


def _in_giga(count: int) -> str:
    return f"{count / 10**9:,.1f} GB" if count >= 10**8 else f"{count / 10**6:,.2f} MB"
