"""A manifest goes in; memory-mapped arrays come out: every usable picture decoded and resized.

The rows are permuted once over the whole set, so that any stretch of a shard is a fair sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.arrays.read import ARRAYS_FILE, PROBLEMS_FILE, ROWS_FILE, shard_path
from pixonomy.artefact import Fingerprint
from pixonomy.errors import UndecodableImage
from pixonomy.fetch import read_bytes
from pixonomy.files import read_parquet, write_aside, write_json, write_parquet
from pixonomy.images.resize import Fit, Framing, frame
from pixonomy.locate import Location, in_chunks, locate
from pixonomy.manifest import Manifest
from pixonomy.progress import Progress, silent
from pixonomy.workers import run

_SHARD_BYTES = 64 * 1024**2  # a worker's memory: one shard of every size
_FEWEST_SHARDS = 8  # so that small sets are spread over the cores too, on any machine alike
_REPORT_SCHEMA = {"image_id": pl.String(), "problem": pl.String()}


@dataclass(frozen=True)
class ArraySettings:
    """What the arrays hold: square `sizes` in pixels, the fit mode, the permutation's seed."""

    sizes: tuple[int, ...]
    fit: Fit
    seed: int = 0


@dataclass(frozen=True)
class _ShardTask:
    folder: Path
    shard: int
    locations: tuple[Location, ...]
    framings: tuple[Framing, ...]


def write_arrays(
    manifest: Manifest,
    folder: Path,
    settings: ArraySettings,
    fingerprint: Fingerprint,
    workers: int = 1,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Decode and resize the manifest's usable rows that have a split, shard by shard.

    Shards that an interrupted run has finished are kept. `arrays.json` is written last: arrays
    without it are unfinished.

    Returns:
        The rows left out because their bytes could not be decoded, with `problem`.
    """
    rows = manifest.usable.filter(pl.col("split").is_not_null()).sort("image_id")
    order = np.random.default_rng(settings.seed).permutation(rows.height)
    rows = rows[order]
    framings = tuple(Framing(size, settings.fit) for size in settings.sizes)
    tasks = _plan(folder, locate(rows, manifest.base), framings)
    problems: dict[str, str] = {}
    # Spawning processes costs about half a second each: a few hundred pictures are done by then.
    busy = workers if rows.height > 400 else 1
    done = 0
    for task, found in zip(tasks, run(_write_shard, tasks, busy), strict=True):
        problems |= found
        done += len(task.locations)
        progress("decoding and resizing", done, rows.height)
    kept = rows.filter(~pl.col("image_id").is_in(list(problems)))
    counts = [sum(one.image_id not in problems for one in task.locations) for task in tasks]
    reasons = pl.DataFrame(
        {"image_id": list(problems), "problem": list(problems.values())}, schema=_REPORT_SCHEMA
    )
    undecodable = rows.drop("problem").join(reasons, on="image_id", how="inner")
    earlier = manifest.rows.filter(pl.col("problem").is_not_null())
    write_parquet(folder / PROBLEMS_FILE, pl.concat([earlier, undecodable], how="diagonal"))
    _finish(folder, kept, counts, framings, fingerprint)
    return undecodable


def _plan(folder: Path, locations: list[Location], framings: Sequence[Framing]) -> list[_ShardTask]:
    picture_bytes = sum(3 * framing.size**2 for framing in framings)
    rows = max(1, min(_SHARD_BYTES // picture_bytes, -(-len(locations) // _FEWEST_SHARDS)))
    return [
        _ShardTask(folder, shard, tuple(chunk), tuple(framings))
        for shard, chunk in enumerate(in_chunks(locations, rows))
    ]


def _write_shard(task: _ShardTask) -> dict[str, str]:
    """Write one shard of every size; return the problems by image id."""
    report = task.folder / f"shard-{task.shard:05d}.parquet"
    if report.exists():  # written last: the shard is whole
        found = read_parquet(report)
        return dict(found.select("image_id", "problem").iter_rows())
    pictures: list[list[np.ndarray]] = [[] for _ in task.framings]
    problems: dict[str, str] = {}
    for location in task.locations:
        try:
            data = read_bytes(location)
            framed = [frame(data, framing) for framing in task.framings]
        except UndecodableImage as error:
            problems[location.image_id] = str(error)
            continue
        for size_pictures, picture in zip(pictures, framed, strict=True):
            size_pictures.append(picture)
    for framing, size_pictures in zip(task.framings, pictures, strict=True):
        empty = np.zeros((0, 3, framing.size, framing.size), np.uint8)
        with (
            write_aside(shard_path(task.folder, framing.size, task.shard)) as partial,
            partial.open("wb") as file,
        ):
            np.save(file, np.stack(size_pictures) if size_pictures else empty)
    content = {"image_id": list(problems), "problem": list(problems.values())}
    write_parquet(report, pl.DataFrame(content, schema=_REPORT_SCHEMA))
    return problems


def _finish(
    folder: Path,
    rows: pl.DataFrame,
    counts: list[int],
    framings: Sequence[Framing],
    fingerprint: Fingerprint,
) -> None:
    write_parquet(folder / ROWS_FILE, rows)
    about = {
        "sizes": [framing.size for framing in framings],
        "fit": framings[0].fit,
        "rows": rows.height,
        "shards": counts,
        "fingerprint": dict(fingerprint),
    }
    write_json(folder / ARRAYS_FILE, about)
