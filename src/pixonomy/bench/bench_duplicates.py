"""Measures how many planted duplicates are found among real images.

Nothing was tuned on these images, these strengths or this seed: thresholds were chosen on other
images of the same sources, with `plant.TUNING`.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from pixonomy.auditing.examine import ExaminedImages, ExamineTask, examine_images
from pixonomy.bench.hashing import Hashes, hash_images, join_hashes
from pixonomy.bench.memory import Peak, watch_memory
from pixonomy.bench.plant import REPORTED, plants
from pixonomy.bench.recall import Found, compare_hashes, count_hashes, count_pairs, describe
from pixonomy.bench.result import Measurement
from pixonomy.bundle.embedder import choose_embedder
from pixonomy.dataset.location import Location
from pixonomy.dataset.read import read_all
from pixonomy.errors import DataError, UndecodableImage
from pixonomy.executors.local import run
from pixonomy.gallery.draw_images import CATEGORIES, draw_image
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.decode import decode
from pixonomy.images.embedding import Embedder
from pixonomy.near_duplicates.find_pairs import ComparedImages, find_pairs
from pixonomy.progress import Context
from pixonomy.storage.address import Address
from pixonomy.storage.files import storage_errors

_TABLE = "duplicate_base.csv"
_WEIGHTS = "weights/mobilenet_v2_imagenet_notop.weights.h5"
_DRAWN = 300  # images, where there are no real ones
_CHUNK = 100  # images a task
_SEED = 41
QUICK = {"images": 5}
_DRAWN_QUALITY = 90
_OURS, _OURS_WITH = "Pixonomy, no network", "Pixonomy, with MobileNetV2"


@dataclass(frozen=True)
class _Task:
    """Images, the number of the first of them, and how they are altered (None: not at all)."""

    images: Sequence[bytes]
    start: int
    plant: str | None


@dataclass
class _Clock:
    """Seconds spent and images looked at."""

    seconds: float = 0.0
    images: int = 0


def bench_duplicates(
    context: Context, source: Path | None = None, images: int | None = None
) -> list[Measurement]:
    """Measure how many altered copies are found, and false pairs, beside well-known hashes.

    Each alteration makes a set of its own: all images, and one altered copy of each.

    Args:
        source: the folder of the real images that `duplicate_base.csv` names; None draws some.
        images: take as many, from all over the table; None: all.

    Raises:
        DataError: if images of the table are not there.
    """
    base = _draw(images or _DRAWN) if source is None else _read(source)
    base = base if images is None else base[:: max(1, len(base) // images)][:images]
    hashes = _hash(base, context)
    ours: dict[str, dict[str, Found]] = {_OURS: {}}
    sets, clock = {}, _Clock()
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name:
        network = _choose_network(source, Path(name), context)
        if network is not None:
            ours[_OURS_WITH] = {}
        with watch_memory() as peak:
            for number, plant in enumerate(plants(REPORTED)):
                duplicates = _plant(base, plant, context)
                planted = _Planted(Path(name), base, duplicates)
                for title, embedder in ((_OURS, None), (_OURS_WITH, network)):
                    if title in ours:
                        ours[title][plant] = planted.find(embedder, context, clock)
                sets[plant] = compare_hashes(hashes, _hash(duplicates, context))
                context.progress("bench duplicates", number + 1, len(plants(REPORTED)))
    text = describe({**dict(reversed(ours.items())), **count_hashes(sets, len(base))}, len(base))
    return [*text, *_report_cost(clock, peak, context)]


def _report_cost(clock: _Clock, peak: Peak, context: Context) -> list[Measurement]:
    speed = clock.images / max(clock.seconds, 1e-9)
    work = f"decode, describe and pair, half of them copies, {context.cores} processes"
    return [
        Measurement(work, speed, "images/s", ()),
        Measurement("anonymous memory of this benchmark", peak.anonymous_bytes / 2**20, "MiB", ()),
    ]


@dataclass(frozen=True)
class _Planted:
    """Images and their copies, in one file."""

    folder: Path
    base: Sequence[bytes]
    duplicates: Sequence[bytes]

    def find(self, embedder: Embedder | None, context: Context, clock: _Clock) -> Found:
        """Examine all images and find pairs, as `audit` does."""
        locations = self._write()
        statistics = self.folder / "survey.parquet"
        began = time.perf_counter()
        chunks = [locations[at : at + _CHUNK] for at in range(0, len(locations), _CHUNK)]
        tasks = [ExamineTask(chunk, embedder) for chunk in chunks]
        examined = list(run(examine_images, tasks, context.cores))
        _write_statistics(statistics, locations, examined)
        embeddings = np.concatenate([one.embeddings for one in examined]) if embedder else None
        quiet = replace(context, progress=lambda *_: None)
        pairs = find_pairs(ComparedImages(statistics, self.folder, embeddings), context=quiet)
        clock.seconds += time.perf_counter() - began
        clock.images += len(locations)
        equal = sum(one == other for one, other in zip(self.base, self.duplicates, strict=True))
        return count_pairs(pairs, len(self.base), equal)

    def _write(self) -> list[Location]:
        file, locations, offset = self.folder / "pictures", [], 0
        with storage_errors(file), file.open("wb") as opened:
            for number, data in enumerate([*self.base, *self.duplicates]):
                opened.write(data)
                locations.append(Location(str(number), Address(file), offset, len(data)))
                offset += len(data)
        return locations


def _write_statistics(
    path: Path, locations: Sequence[Location], examined: Sequence[ExaminedImages]
) -> None:
    where = pl.DataFrame(
        {
            "image_id": [one.image_id for one in locations],
            "uri": [str(one.file) for one in locations],
            "offset": [one.offset for one in locations],
            "length": [one.length for one in locations],
        }
    )
    measured = pl.concat([one.measured for one in examined])
    pl.concat([where, measured], how="horizontal").write_parquet(path)


def _choose_network(source: Path | None, folder: Path, context: Context) -> Embedder | None:
    weights = source / _WEIGHTS if source is not None else None
    if weights is None or not weights.is_file():
        return None
    return choose_embedder(weights, folder, context)


def _plant(base: Sequence[bytes], plant: str, context: Context) -> list[bytes]:
    return [copy for some in run(_plant_some, _tasks(base, plant), context.cores) for copy in some]


def _plant_some(task: _Task) -> list[bytes]:
    names = list(plants(REPORTED))
    assert task.plant is not None
    plant, number = plants(REPORTED)[task.plant], names.index(task.plant)
    return [
        plant.make(decode(data), np.random.default_rng([_SEED, number, task.start + place]))
        for place, data in enumerate(task.images)
    ]


def _hash(images: Sequence[bytes], context: Context) -> Hashes:
    parts = run(_hash_some, _tasks(images, None), context.cores)
    return join_hashes(list(parts))


def _hash_some(task: _Task) -> Hashes:
    return hash_images(task.images)


def _tasks(images: Sequence[bytes], plant: str | None) -> list[_Task]:
    starts = range(0, len(images), _CHUNK)
    return [_Task(images[start : start + _CHUNK], start, plant) for start in starts]


def _read(source: Path) -> list[bytes]:
    """Return the images of the table, which are looked for below `source`."""
    with files("pixonomy.bench").joinpath(_TABLE).open("rb") as table:
        rows = pl.read_csv(table, comment_prefix="#")
    locations = [
        Location(digest, Address(source / path), offset, length)
        for path, offset, length, digest in rows.select("path", "offset", "length", "sha256").rows()
    ]
    found: list[bytes] = [b""] * len(locations)
    for place, data in read_all(locations):
        if isinstance(data, UndecodableImage):
            raise DataError(f"{locations[place].file} is needed for this benchmark: {data}.")
        found[place] = data
    wrong = sum(
        sha256(one).hexdigest() != place.image_id
        for one, place in zip(found, locations, strict=True)
    )
    if wrong:
        raise DataError(f"{wrong} of the benchmark's pictures are not those its table names.")
    return found


def _draw(count: int) -> list[bytes]:
    categories = list(CATEGORIES)
    images: list[bytes] = []
    for number in range(count):
        generator = np.random.default_rng([_SEED, number])
        drawn = draw_image(categories[number % len(categories)], generator)
        images.append(encode_jpeg(drawn, _DRAWN_QUALITY))
    return images
