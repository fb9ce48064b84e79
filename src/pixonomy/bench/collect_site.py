"""A site of this machine with any number of images, and lists of them, for the collect benchmark.

The site runs in a process of its own on the same cores. Beside it lie dead hosts of two kinds:
those that take no connection, as behind a firewall, and those that take it and never answer.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

IMAGE_BYTES = 100_000
KEYWORDS = 8
AT_ONCE = 32

_WIDTH, _HEIGHT = 1024, 768
_DEAD_HOSTS = 100
_SERVER = """
from pixonomy.bench.collect_site import serve_images
serve_images()
"""


@dataclass(frozen=True)
class Site:
    """A running site.

    Attributes:
        port: of its images, at 127.0.0.1.
        dead_ports: where no connection is taken, and where nobody answers it, at 127.2.0.*.
    """

    port: int
    dead_ports: tuple[int, int]

    def address(self, number: int) -> str:
        """Return where an image is."""
        return f"http://127.0.0.1:{self.port}/{number}.jpg"

    def write_list(self, path: Path, images: int, dead_share: float = 0.0) -> None:
        """Write a list of so many images, a share of them on dead hosts of both kinds."""
        lines = ["url,keyword,license"]
        every = round(1 / dead_share) if dead_share else 0
        for number in range(images):
            url = self.address(number)
            if every and number % every == 0:
                host = number // every % _DEAD_HOSTS
                port = self.dead_ports[host * 2 // _DEAD_HOSTS]
                url = f"http://127.2.0.{1 + host}:{port}/{number}.jpg"
            lines.append(f"{url},word {number % KEYWORDS},CC0")
        path.write_text("\n".join(lines), "utf-8")

    def write_taxonomy(self, folder: Path, images: int, dead_share: float = 0.0) -> Path:
        """Write a list, and the taxonomy file that has it collected."""
        folder.mkdir(parents=True, exist_ok=True)
        self.write_list(folder / "list.csv", images, dead_share)
        words = ", ".join(f'"word {number}"' for number in range(KEYWORDS))
        hosts = ["127.0.0.1", *(f"127.2.0.{one}" for one in range(1, _DEAD_HOSTS + 1))]
        named = ", ".join(f'"{one}"' for one in hosts)
        file = folder / "taxonomy.toml"
        file.write_text(
            f'[[category]]\nid = "all"\nname = "all"\nkeywords = [{words}]\n'
            f'[provider.table]\npath = "{folder / "list.csv"}"\nat_once = {AT_ONCE}\n'
            f"per_second = 100000\nprivate_hosts = [{named}]\n",
            "utf-8",
        )
        return file


@contextmanager
def running_site() -> Iterator[Site]:
    """Run it as long as the block does."""
    command = [sys.executable, "-c", _SERVER]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        with _missing(0) as full, _missing(1000) as silent:
            yield Site(int(process.stdout.readline()), (full, silent))
    finally:
        process.kill()
        process.wait()


def serve_images() -> None:
    """Serve images, as many as anybody asks for; see `serve`."""
    gallery = _Gallery()
    serve(lambda number: gallery.image(int(number)))


def serve(draw: Callable[[str], bytes]) -> None:
    """Serve the JPEG of each /NAME.jpg, for ever, on a free port told on standard output.

    Args:
        draw: returns the JPEG of a name.
    """
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=draw(request.match_info["name"]), content_type="image/jpeg")

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/{name}.jpg", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def _missing(free: int) -> Iterator[int]:
    """Yield a port where nobody answers: the system takes so many connections, then no more."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("0.0.0.0", 0))
        listening.listen(free)
        port = int(listening.getsockname()[1])
        for _ in range(0 if free else 4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


@dataclass
class _Gallery:
    """Images, each of which looks like no other; drawn when they are first asked for."""

    drawn: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grain = np.random.default_rng(0).normal(0, 7, (_HEIGHT, _WIDTH, 1))
        self._grain = grain.astype(np.int16)

    def image(self, number: int) -> bytes:
        """Return a JPEG of 100 kB."""
        if number not in self.drawn:
            self.drawn[number] = self._draw(number)
        return self.drawn[number]

    def _draw(self, number: int) -> bytes:
        coarse = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
        large = cv2.resize(coarse, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
        pixels = np.clip(large.astype(np.int16) + self._grain, 0, 255).astype(np.uint8)
        for quality in range(60, 5, -5):
            data: bytes = simplejpeg.encode_jpeg(pixels, quality, "RGB", "420")
            if len(data) <= IMAGE_BYTES:
                break
        return data.ljust(IMAGE_BYTES, b"\0")
