"""How fast `collect` takes images from a site of this machine, and at what cost.

Beside it, in turn: a plain aiohttp loop that only downloads and keeps nothing, and img2dataset
(https://github.com/rom1504/img2dataset) where there is one. It brings its own versions of much, so
it belongs in an environment of its own: IMG2DATASET names its command, or it is found by name.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import aiohttp

from pixonomy.bench.collect_site import AT_ONCE, IMAGE_BYTES, Site, running_site
from pixonomy.bench.memory import watch
from pixonomy.bench.result import Measurement, Yardstick
from pixonomy.errors import DataError
from pixonomy.progress import Context

_IMAGES = 4000
_ROUNDS = 3
QUICK = {"images": 24, "rounds": 1}
_BARE = "aiohttp, downloads only"
_DEAD_SHARE = 0.2

_LOOP = """
import asyncio, sys
from pixonomy.bench.bench_collect import download
asyncio.run(download(sys.argv[1], int(sys.argv[2])))
"""


@dataclass
class _Runs:
    """What each way took, round by round: seconds and seconds of CPU."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def time(self, name: str, command: list[str], is_counted: bool) -> None:
        began = time.perf_counter()
        used = _run(command)
        if is_counted:
            self.seconds.setdefault(name, []).append(time.perf_counter() - began)
            self.cpu.setdefault(name, []).append(used)


def bench_collect(
    context: Context, images: int = _IMAGES, rounds: int = _ROUNDS
) -> list[Measurement]:
    """Measure images a second, CPU for each, what dead hosts cost, and memory.

    Each image is a JPEG of 100 kB. Ours searches, heeds robots.txt, downloads, decodes, hashes,
    writes tar files and a state database, then manifest, attribution and page. All ways are
    commands; the first round warms up and does not count.
    """
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name, running_site() as site:
        folder, runs = Path(name), _Runs()
        ways = _ways(folder, site, images)
        for turn in range(rounds + 1):
            for way, command in ways.items():
                runs.time(way, command(turn), turn > 0)
                shutil.rmtree(folder / "out", ignore_errors=True)
            context.progress("measuring rounds", turn + 1, rounds + 1)
        memory = {count: _weigh(folder, site, count) for count in (images, images // 4)}
    return _as_measurements(images, runs, memory)


def _ways(folder: Path, site: Site, images: int) -> dict[str, Callable[[int], list[str]]]:
    whole = site.write_taxonomy(folder / "whole", images)
    # As many images that answer as without dead hosts, and the dead ones on top.
    more = round(images / (1 - _DEAD_SHARE))
    dead = site.write_taxonomy(folder / "dead", more, _DEAD_SHARE)
    ours = _ours(folder / "out", more)
    ways: dict[str, Callable[[int], list[str]]] = {
        "ours": lambda _: [*ours, str(whole)],
        "with dead hosts": lambda _: [*ours, str(dead)],
        _BARE: lambda _: [sys.executable, "-c", _LOOP, f"127.0.0.1:{site.port}", str(images)],
    }
    theirs = os.environ.get("IMG2DATASET") or shutil.which("img2dataset")
    if theirs:
        for size in ("as they are", "256 px"):
            ways[f"img2dataset, {size}"] = _theirs(theirs, folder, size == "256 px")
    return ways


def _ours(output: Path, per_keyword: int) -> list[str]:
    command = [sys.executable, "-m", "pixonomy", "collect", "--provider", "table"]
    return [*command, "--per-keyword", str(per_keyword), "-o", str(output)]


def _theirs(command: str, folder: Path, is_resized: bool) -> Callable[[int], list[str]]:
    sized = ["--image_size", "256"] if is_resized else ["--resize_mode", "no"]
    fixed = [
        command, "--url_list", str(folder / "whole" / "list.csv"), "--input_format", "csv",
        "--url_col", "url", "--output_format", "webdataset", "--output_folder",
        str(folder / "out"), "--processes_count", str(os.cpu_count() or 1), "--thread_count",
        str(AT_ONCE), "--enable_wandb", "False", "--number_sample_per_shard", "1000", *sized,
    ]  # fmt: skip
    return lambda _: fixed


def _run(command: list[str]) -> float:
    """Run a command to its end; return the CPU seconds of it and of its own processes."""
    before = os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        raise DataError(f"{Path(command[0]).name} failed: {' '.join(done.stderr.split())[-300:]}")
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def _weigh(folder: Path, site: Site, count: int) -> float:
    """Return the most anonymous memory that a collection of so many takes, in MiB."""
    place = folder / f"memory {count}"
    taxonomy = site.write_taxonomy(place, count)
    return watch([*_ours(place / "out", count), str(taxonomy)]).anonymous_bytes / 1024**2


def _as_measurements(images: int, runs: _Runs, memory: Mapping[int, float]) -> list[Measurement]:
    others = [name for name in runs.seconds if name not in ("ours", "with dead hosts")]
    seconds = {name: median(values) for name, values in runs.seconds.items()}
    cpu = {name: 1000 * median(values) / images for name, values in runs.cpu.items()}
    work = f"collect {images:,} pictures of {IMAGE_BYTES // 1000} kB"
    return [
        Measurement(
            work,
            images / seconds["ours"],
            "images/s",
            tuple(Yardstick(name, images / seconds[name]) for name in others),
        ),
        Measurement(
            "collect, CPU a picture",
            cpu["ours"],
            "ms (less is better)",
            tuple(Yardstick(name, cpu[name]) for name in others),
        ),
        Measurement(
            "collect, 20 % more addresses, on 100 dead hosts",
            seconds["with dead hosts"],
            "s (less is better)",
            (Yardstick("without them", seconds["ours"]),),
        ),
        Measurement(
            "collect, anonymous memory",
            memory[images],
            "MiB (less is better)",
            (Yardstick("with a quarter of the pictures", memory[images // 4]),),
        ),
    ]


async def download(host: str, images: int) -> None:
    """Download images and keep nothing."""
    gate = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(number: int) -> None:
            async with gate, session.get(f"http://{host}/{number}.jpg") as response:
                await response.read()

        await asyncio.gather(*(one(number) for number in range(images)))
