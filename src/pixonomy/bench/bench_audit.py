"""Measures how fast a catalogue is audited, and in how much memory."""

import hashlib
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

from pixonomy.bench.assorted import write_assorted
from pixonomy.bench.draw_catalogue import read_products
from pixonomy.bench.memory import watch
from pixonomy.bench.result import Measurement, Yardstick
from pixonomy.executors.local import run
from pixonomy.gallery.photograph import encode_jpeg
from pixonomy.images.resize import ResizeSpec, frame
from pixonomy.progress import Context
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.storage.files import read_json
from pixonomy.verbs.index import index

_IMAGES = 100_000
_SIDE, _QUALITY = 180, 90
_REPEATED = 10  # of these many images one is that before it again
_CATEGORIES = 20
_HASHED = 4_000  # images that the yardstick hashes, at most
_CHUNK = 64
QUICK = {"images": 60}
_SPEED, _MEMORY = 300, 2 * 1024  # images/s and MiB: what is asked for


def bench_audit(
    context: Context, source: Path | None = None, images: int = _IMAGES
) -> list[Measurement]:
    """Measure the whole verb without a network: hashes, near-duplicates, labels, page.

    Args:
        source: a folder of real images (see `bench.assorted`), or a BSON catalogue of which pairs
            of images are laid over each other; None draws some to do so with.
    """
    is_folder = source is not None and source.is_dir()
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name:
        folder = Path(name)
        if source is not None and is_folder:
            write_assorted(folder / "c.bson", source, images, context)
            originals = _read(folder / "c.bson")
        else:
            originals = _read(source)
            write_bson(folder / "c.bson", _make_products(originals, images))
        context.progress("bench audit", 1, 3)
        index([folder / "c.bson"], folder / "m.parquet")
        command = [sys.executable, "-m", "pixonomy", "audit", str(folder / "m.parquet")]
        watched = watch([*command, "-o", str(folder / "audit"), "--network", "none", "--json"])
        took = read_json(folder / "audit" / "audit.json")["seconds"]
        context.progress("bench audit", 2, 3)
    theirs = _hash_with_imagehash(originals, min(_HASHED, images), context.cores)
    context.progress("bench audit", 3, 3)
    asked = Yardstick("what is asked for", _SPEED)
    hashed = Yardstick("Pillow, imagehash.phash and SHA-256 alone", theirs)
    limit = Yardstick("the limit (less is better)", _MEMORY)
    kind = "real pictures" if is_folder else "pictures, each two laid over each other,"
    work = f"audit {images:,} {kind} of about {_SIDE} px, {context.cores} cores"
    pairs = images / (took["looking"] + took["matching"])
    memory = watched.anonymous_bytes / 1024**2
    return [
        Measurement(f"{work}: hashes and pairs", pairs, "images/s", (asked,)),
        Measurement(f"{work}: hashes", images / took["looking"], "images/s", (hashed,)),
        Measurement(f"{work}: all of it", images / watched.seconds, "images/s", ()),
        Measurement("audit, anonymous memory", memory, "MiB", (limit,)),
    ]


def _read(source: Path | None) -> list[bytes]:
    return [data for one in read_products(source) for data in one.images]


def _make_products(originals: list[bytes], images: int) -> Iterator[ProductImages]:
    """Lay one image over another: as many images, all different, as there are pairs.

    The category is that of one of the two, so that there is something to learn.
    """
    chance = np.random.default_rng(0)
    framed = [frame(data, ResizeSpec(_SIDE)).transpose(1, 2, 0) for data in originals]
    made = ProductImages(0, 0, [])
    for number in range(images):
        if number % _REPEATED != _REPEATED - 1:
            one, other = chance.integers(0, len(framed), 2).tolist()
            data = encode_jpeg(_mean(framed[one], framed[other]), _QUALITY)
            made = ProductImages(number, one % _CATEGORIES, [data])
        yield ProductImages(number, made.category_id, made.images)


def _mean(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return ((one.astype(np.uint16) + other) // 2).astype(np.uint8)


def _hash_with_imagehash(jpegs: list[bytes], hashed: int, cores: int) -> float:
    """Return how many images a second the well-known way hashes, compared with nothing."""
    some = (jpegs * (hashed // len(jpegs) + 1))[:hashed]
    chunks = [some[start : start + _CHUNK] for start in range(0, len(some), _CHUNK)]
    for _ in run(_hash_all, chunks[:1], cores):
        pass
    began = time.perf_counter()
    for _ in run(_hash_all, chunks, cores):
        pass
    return len(some) / (time.perf_counter() - began)


def _hash_all(jpegs: list[bytes]) -> list[tuple[str, str]]:
    found = []
    for data in jpegs:
        with Image.open(io.BytesIO(data)) as image:
            found.append((hashlib.sha256(data).hexdigest(), str(imagehash.phash(image))))
    return found
