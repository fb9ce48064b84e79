"""A site of this machine goes in; how fast `collect` takes its pictures is measured.

The site runs in a process of its own on the same cores. Beside it a plain aiohttp loop that only
downloads, with as many connections, and keeps nothing.
"""

import asyncio
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import numpy as np
from PIL import Image

from pixonomy.bench.memory import watch_memory
from pixonomy.bench.result import Measurement, Yardstick, measure_in_turn
from pixonomy.progress import Surroundings
from pixonomy.road.collect import CollectChoices, collect

_PICTURES = 4000
_BYTES = 100_000  # of a picture
_DIFFERENT = 100  # pictures that look different; the others differ in bytes behind their end
_KEYWORDS = 8
_AT_ONCE = 32
_ROUNDS = 3
QUICK = {"pictures": 24, "rounds": 1}
_YARDSTICK = "aiohttp, downloads only"

_SERVER = """
from pixonomy.bench.collect import serve_pictures
serve_pictures()
"""


def bench_collect(
    surroundings: Surroundings, pictures: int = _PICTURES, rounds: int = _ROUNDS
) -> list[Measurement]:
    """Measure pictures a second, and memory with so many and with a quarter of them.

    Each picture is a JPEG of 100 kB. Ours searches, heeds robots.txt, downloads, decodes, hashes,
    writes tar files and a ledger, then manifest, attribution and page.
    """
    memory: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="pixonomy-bench-") as name, _site() as address:
        folder, turn = Path(name), iter(range(1000))

        def ours(count: int = pictures) -> float:
            taxonomy = _write_taxonomy(folder, address, count)
            began = time.perf_counter()
            with watch_memory() as peak:
                choices = CollectChoices(("table",), count)
                result = collect(
                    taxonomy, folder / f"out {next(turn)}", choices, False, surroundings
                )
            memory[count] = peak.anonymous_bytes / 1024**2
            return float(result["pictures"] + result["duplicates"]) / (time.perf_counter() - began)

        def bare() -> float:
            began = time.perf_counter()
            asyncio.run(_download(address, pictures))
            return pictures / (time.perf_counter() - began)

        ways: dict[str, Callable[[], float]] = {"ours": ours, _YARDSTICK: bare}
        figures = measure_in_turn(ways, rounds=rounds)
        ours(pictures // 4)
    return _tell(pictures, figures, memory)


def _tell(
    pictures: int, figures: Mapping[str, float], memory: Mapping[int, float]
) -> list[Measurement]:
    return [
        Measurement(
            f"collect {pictures:,} pictures of {_BYTES // 1000} kB",
            figures["ours"],
            "images/s",
            (Yardstick(_YARDSTICK, figures[_YARDSTICK]),),
        ),
        Measurement(
            "collect, anonymous memory",
            memory[pictures],
            "MiB",
            (Yardstick("with a quarter of the pictures", memory[pictures // 4]),),
        ),
    ]


def serve_pictures() -> None:
    """Serve pictures, as many as anybody asks for, on a free port told on standard output."""
    from aiohttp import web

    drawn = _draw()

    async def answer(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        data = drawn[number % len(drawn)] + f"{number:09d}".encode()
        return web.Response(body=data, content_type="image/jpeg")

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/{number}.jpg", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def _site() -> Iterator[str]:
    command = [sys.executable, "-c", _SERVER]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def _draw() -> list[bytes]:
    """Return JPEGs that look different, of about 100 kB each."""
    generator = np.random.default_rng(0)
    return [_of_size(generator) for _ in range(_DIFFERENT)]


def _of_size(generator: np.random.Generator) -> bytes:
    coarse = generator.integers(0, 256, (24, 32, 3), np.uint8)
    large = Image.fromarray(coarse).resize((1024, 768), Image.Resampling.BICUBIC)
    grain = generator.normal(0, 7, (768, 1024, 1))
    pixels = np.clip(np.asarray(large, np.float32) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    quality = 80
    while quality > 5:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        if file.tell() <= _BYTES:
            break
        quality -= 5
    return file.getvalue().ljust(_BYTES, b"\0")


def _write_taxonomy(folder: Path, address: str, pictures: int) -> Path:
    lines = ["url,keyword,license"]
    lines += [f"{address}/{number}.jpg,word {number % _KEYWORDS},CC0" for number in range(pictures)]
    (folder / "list.csv").write_text("\n".join(lines), "utf-8")
    words = ", ".join(f'"word {number}"' for number in range(_KEYWORDS))
    file = folder / "taxonomy.toml"
    file.write_text(
        f'[[category]]\nid = "all"\nname = "all"\nkeywords = [{words}]\n'
        f'[provider.table]\npath = "{folder / "list.csv"}"\nat_once = {_AT_ONCE}\n'
        'per_second = 100000\nprivate_hosts = ["127.0.0.1"]\n',
        "utf-8",
    )
    return file


async def _download(address: str, pictures: int) -> None:
    gate = asyncio.Semaphore(_AT_ONCE)
    connector = aiohttp.TCPConnector(limit=_AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(number: int) -> None:
            async with gate, session.get(f"{address}/{number}.jpg") as response:
                await response.read()

        await asyncio.gather(*(one(number) for number in range(pictures)))
