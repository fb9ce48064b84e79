"""Measures how fast `prepare` fills arrays, beside work that keeps nothing."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import simplejpeg

from pixonomy.arrays.write import ArraySettings, write_arrays
from pixonomy.bench.bench_decode import scikit_image
from pixonomy.bench.draw_catalogue import read_products, write_catalogue
from pixonomy.bench.memory import watch_memory
from pixonomy.bench.result import Measurement, Yardstick, measure_in_turn
from pixonomy.dataset.manifest import read_manifest, write_manifest
from pixonomy.executors.local import run
from pixonomy.progress import Context
from pixonomy.verbs.index import index

_SIZES = (50, 100)  # pixels
_SETTINGS = ArraySettings(_SIZES, "stretch")
_IMAGES = 200_000
QUICK = {"images": 60}
_BATCH = 2000  # images a task of the yardsticks
_STORY_SHARE = 50  # one image in so many: the story's way would take ten minutes
_BARE = "decode and both resizes in as many processes, kept nowhere"
_BUCKETS = "laid into buckets first"


@dataclass(frozen=True)
class Batch:
    """Images of one file: (offset, length) of each, and where a way that keeps them may."""

    file: Path
    ranges: list[tuple[int, int]]
    folder: Path


def bench_prepare(
    context: Context, source: Path | None = None, images: int = _IMAGES
) -> list[Measurement]:
    """Measure images a second into arrays of 50 and 100 px, on all cores, and the memory.

    Args:
        source: a BSON catalogue to take images from; None draws some.
    """
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name:
        folder = Path(name)
        file = folder / "catalogue.bson"
        write_catalogue(file, read_products(source), images)
        index([file], folder / "all.parquet")
        whole = _assign(folder / "all.parquet", folder / "dealt.parquet", images)
        few = _assign(folder / "all.parquet", folder / "few.parquet", images // 4)
        bench = _Prepare(folder, file, whole, replace(context, report=lambda _: None))
        figures = measure_in_turn(
            {"ours": bench.ours, _BARE: bench.bare, _BUCKETS: bench.buckets}, rounds=1
        )
        most = bench.memory()
        bench.manifest = few
        least = bench.memory()
        story = bench.story(images // _STORY_SHARE)
    return _results(figures, story, (most, least), images)


def _results(
    figures: dict[str, float], story: float | None, memory: tuple[float, float], images: int
) -> list[Measurement]:
    yardsticks = [Yardstick(_BARE, figures[_BARE])]
    if story is not None:
        yardsticks.append(Yardstick("the story's way: scikit-image, one file a picture", story))
    return [
        Measurement(
            f"prepare {images:,} pictures, 50 and 100 px",
            figures["ours"],
            "images/s",
            tuple(yardsticks),
        ),
        Measurement(
            f"prepare, {_BUCKETS}",
            figures[_BUCKETS],
            "images/s",
            (Yardstick(_BARE, figures[_BARE]),),
        ),
        Measurement(
            "prepare, anonymous memory of all processes",
            memory[0],
            "MiB",
            (
                Yardstick("with a quarter of the pictures", memory[1]),
                Yardstick("the limit (less is better)", 1024),
            ),
        ),
    ]


@dataclass
class _Prepare:
    folder: Path
    file: Path
    manifest: Path
    context: Context

    def ours(self) -> float:
        return self._write({})

    def buckets(self) -> float:
        return self._write({"scattered_bytes": 0})

    def bare(self) -> float:
        batches = list(self._batches(1))
        return self._time(shrink_and_forget, batches)

    def story(self, images: int) -> float | None:
        if scikit_image(_SIZES[0]) is None:
            return None
        batches = list(self._batches(1))[: max(1, images // _BATCH)]
        return self._time(shrink_as_in_the_story, batches)

    def memory(self) -> float:
        with watch_memory() as peak:
            self._write({})
        return peak.anonymous_bytes / 1024**2

    def _write(self, options: dict[str, int]) -> float:
        output = self.folder / "arrays"
        shutil.rmtree(output, ignore_errors=True)
        count = int(read_manifest(self.manifest, ["split"]).rows["split"].count())
        began = time.perf_counter()
        write_arrays(self.manifest, output, _SETTINGS, {}, self.context, **options)
        return count / (time.perf_counter() - began)

    def _time(self, way: Callable[[Batch], int], batches: list[Batch]) -> float:
        began = time.perf_counter()
        count = sum(run(way, batches, self.context.cores))
        return count / (time.perf_counter() - began)

    def _batches(self, share: int) -> Iterator[Batch]:
        rows = read_manifest(self.manifest, ["offset", "length", "split"]).rows
        ranges = rows.drop_nulls("split").select("offset", "length").rows()[::share]
        for start in range(0, len(ranges), _BATCH):
            yield Batch(self.file, ranges[start : start + _BATCH], self.folder / "story")


def shrink_and_forget(batch: Batch) -> int:
    """Decode each image and resize it to both sizes; return how many."""
    cv2.setNumThreads(1)
    for data in _read(batch):
        pixels = simplejpeg.decode_jpeg(data, "RGB")
        for size in _SIZES:
            cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)
    return len(batch.ranges)


def shrink_as_in_the_story(batch: Batch) -> int:
    """Shrink each image with scikit-image and save it to a file of its own, in both sizes."""
    batch.folder.mkdir(exist_ok=True)
    for (offset, _), data in zip(batch.ranges, _read(batch), strict=True):
        for size in _SIZES:
            way = scikit_image(size)
            assert way is not None
            small = way(data).astype(np.uint8).transpose(2, 0, 1)
            np.save(batch.folder / f"{offset}-{size}.npy", small)
    return len(batch.ranges)


def _read(batch: Batch) -> Iterator[bytes]:
    with batch.file.open("rb") as file:
        for offset, length in batch.ranges:
            file.seek(offset)
            yield file.read(length)


def _assign(source: Path, output: Path, images: int) -> Path:
    """Give the first images a split, as `split` would, and leave the others out."""
    manifest = read_manifest(source)
    rows = manifest.rows.with_row_index("number").with_columns(
        pl.when(pl.col("number") < images).then(pl.lit("train")).alias("split")
    )
    write_manifest(output, replace(manifest, rows=rows.drop("number")))
    return output
