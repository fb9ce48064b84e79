"""Measures how fast a BSON catalogue is indexed, beside PyMongo and `cat`."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pixonomy.bench.draw_catalogue import read_products, write_catalogue
from pixonomy.bench.memory import watch
from pixonomy.bench.result import Measurement, Yardstick, measure_in_turn
from pixonomy.progress import Context
from pixonomy.sources.bson.index_bson import index_bson
from pixonomy.sources.bson.write_bson import ProductImages, write_bson
from pixonomy.storage.address import Address
from pixonomy.verbs.index import index

_BYTES = 2_100_000_000  # at least two gigabytes: more than any cache of the processor
_DOCUMENTS, _LARGE = 100_000, 5000  # tiny ones, and bytes of an image beside them
_ROUNDS = 5
QUICK = {"size": 1_000_000, "rounds": 1}
_WHOLE_CATALOGUE = 58.2e9  # bytes of Cdiscount's train.bson
_START_SECONDS, _CAT_SHARE = 3.0, 1.1  # what the whole verb may take, with `cat` as the measure
_MEMORY_LIMIT = 500  # MiB


def bench_index(
    context: Context,
    source: Path | None = None,
    size: int = _BYTES,
    rounds: int = _ROUNDS,
) -> list[Measurement]:
    """Measure the walk and the whole verb on a file of `size` bytes.

    Args:
        source: a BSON catalogue to take images from; None draws some.
    """
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name:
        file = Path(name) / "catalogue.bson"
        products = read_products(source)
        images = [len(data) for product in products for data in product.images]
        write_catalogue(file, products, int(size / (sum(images) / len(images))))
        _fetch_from_disk(file)
        context.progress("bench index", 1, 3)
        scan = _measure_scan(file, rounds)
        context.progress("bench index", 2, 3)
        verb = _measure_verb(file, rounds)
        context.progress("bench index", 3, 3)
        tiny = _measure_tiny(Path(name), min(_DOCUMENTS, size // _LARGE), rounds)
    return [scan, *verb, tiny]


def _fetch_from_disk(file: Path) -> None:
    """Bring a file into memory as a user's comes there: from the disk, in long ranges.

    What was just written lies in memory in small pieces, which take longer to map than to read.
    """
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while opened.read(1024 * 1024):
            pass


def _measure_scan(file: Path, rounds: int) -> Measurement:
    """Compare products a second in this process, the Parquet file written; both are warmed up."""
    output = file.with_suffix(".parquet")

    def ours() -> float:
        output.unlink(missing_ok=True)
        began = time.perf_counter()
        products = index([file], output)["groups"]
        return float(products / (time.perf_counter() - began))

    import bson

    def theirs() -> float:
        began = time.perf_counter()
        with file.open("rb") as opened:
            products = sum(1 for _ in bson.decode_file_iter(opened))
        return products / (time.perf_counter() - began)

    name = "bson.decode_file_iter, nothing written"
    figures = measure_in_turn({"ours": ours, name: theirs}, rounds)
    size = file.stat().st_size / 1e9
    work = f"index {size:.1f} GB in this process, Parquet written"
    return Measurement(work, figures["ours"], "products/s", (Yardstick(name, figures[name]),))


def _measure_tiny(folder: Path, count: int, rounds: int) -> Measurement:
    """Compare documents of a hundred bytes with such of five thousand, by documents a second."""

    def write(name: str, image: bytes) -> Callable[[], float]:
        file = folder / name
        write_bson(file, (ProductImages(one, one % 50, [image]) for one in range(count)))

        def scan() -> float:
            began = time.perf_counter()
            rows = sum(one.rows.height for one in index_bson(Address(file), name))
            return rows / (time.perf_counter() - began)

        return scan

    large = "documents of 5 kB"
    contenders = {"ours": write("tiny.bson", bytes(40)), large: write("large.bson", bytes(_LARGE))}
    figures = measure_in_turn(contenders, rounds)
    work = f"walk over {count:,} documents of 100 bytes"
    return Measurement(work, figures["ours"], "documents/s", (Yardstick(large, figures[large]),))


def _measure_verb(file: Path, rounds: int) -> list[Measurement]:
    """Compare the whole command with `cat`, and see how much memory it takes."""
    output = file.with_suffix(".parquet")
    memory: list[int] = []

    def ours() -> float:
        output.unlink(missing_ok=True)
        call = [sys.executable, "-m", "pixonomy", "index", str(file), "-o", str(output), "--json"]
        watched = watch(call)
        memory.append(watched.anonymous_bytes)
        return watched.seconds

    figures = measure_in_turn({"ours": ours, "cat": _cat(file)}, rounds)
    size = file.stat().st_size
    allowed = _START_SECONDS + _CAT_SHARE * figures["cat"]
    megabytes = size / 1e6
    speed = Yardstick("3 s + 1.1 times cat > /dev/null", megabytes / allowed)
    start = max(0.0, figures["ours"] - figures["cat"])
    projection = start + figures["cat"] * _WHOLE_CATALOGUE / size
    limit = Yardstick("the limit (less is better)", _MEMORY_LIMIT)
    return [
        Measurement("index, the whole verb", megabytes / figures["ours"], "MB/s", (speed,)),
        Measurement("index, anonymous memory", max(memory) / 1024**2, "MiB", (limit,)),
        Measurement("index, projected to 58.2 GB at the speed of cat", projection, "s", ()),
    ]


def _cat(file: Path) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        subprocess.run(["cat", str(file)], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - began

    return run
