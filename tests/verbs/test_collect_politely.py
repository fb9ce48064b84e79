"""Over thousands of pictures: no request that robots, opt-outs, limits or Retry-After forbid."""

import asyncio
import io
import random
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, write_taxonomy
from pixonomy.dataset.manifest import read_manifest
from pixonomy.verbs.collect import CollectChoices, collect

AT_ONCE, PER_SECOND = 4, 250
IN_FLIGHT = 0.3  # seconds in which a request may already be on its way


class Watchful(Script):
    """A host that says what it does not want, and notes everybody who does it all the same.

    Every 20th picture is forbidden by robots.txt, another one opts out by its header; now and then
    the host is busy and asks to be left alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.now = self.most = 0
        self.quiet_from, self.quiet_until = 0.0, 0.0
        self.chance = random.Random(0)
        self.times: list[float] = []
        self.image = draw()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        when = time.monotonic()
        if request.path == "/robots.txt":
            return web.Response(text="User-agent: *\nDisallow: /images/0/\nDisallow: /*~$\n")
        self.times.append(when)
        if self.quiet_from + IN_FLIGHT < when < self.quiet_until - 0.005:
            self.wrong.append("asked although told to wait")
        if request.path.startswith("/images/0/") or request.path.endswith("~"):
            self.wrong.append(f"robots.txt forbids {request.path}")
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0.002)
        finally:
            self.now -= 1
        if self.chance.random() < 0.002:
            self.quiet_from = time.monotonic()
            self.quiet_until = self.quiet_from + 1
            return web.Response(status=429, headers={"Retry-After": "1"})
        number = int(request.path.rpartition("/")[2])
        headers = {"X-Robots-Tag": "noai"} if number % 20 == 1 else {}
        return web.Response(body=self.image + str(number).encode(), headers=headers)


def draw() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((96, 80), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def run(folder: Path, host: Watchful, images: int) -> pl.DataFrame:
    """Collect so many pictures from the host; return what was kept."""
    urls = [
        f"{host.address}/images/{0 if number % 20 == 0 else 1}/{number}" for number in range(images)
    ]
    list_of = pl.DataFrame({"url": urls, "keyword": [f"word {k % 4}" for k in range(images)]})
    list_of.write_csv(folder / "list.csv")
    settings = (
        f'\n[provider.table]\npath = "{folder / "list.csv"}"\nat_once = {AT_ONCE}\n'
        f'per_second = {PER_SECOND}\nprivate_hosts = ["127.0.0.1"]\n'
    )
    taxonomy = write_taxonomy(folder, {"x": [f"word {k}" for k in range(4)]}, settings)
    choices = CollectChoices(("table",), images, retry_policy=QUICK)
    result = collect(taxonomy, folder / "out", choices)
    return read_manifest(Path(result["manifest"])).rows


def check(host: Watchful, rows: pl.DataFrame, images: int) -> None:
    assert host.wrong == []
    assert host.most <= AT_ONCE
    # Within any second no more than agreed, give or take what the network bunches together.
    times = np.array(host.times)
    in_a_second = np.searchsorted(times, times + 1.0) - np.arange(len(times))
    assert in_a_second.max() <= PER_SECOND * 1.1 + AT_ONCE
    assert all(one <= other for one, other in pairwise(host.times))
    numbers = [int(url.rpartition("/")[2]) for url in rows["image_url"]]
    assert not {number % 20 for number in numbers} & {0, 1}
    assert rows.height == images - 2 * len(range(0, images, 20))


@pytest.mark.timed
def test_hundreds_of_pictures_are_collected_politely(tmp_path: Path, serve: Serve) -> None:
    host = Watchful()
    serve(host)
    check(host, run(tmp_path, host, 400), 400)


@pytest.mark.soak
def test_five_thousand_pictures_are_collected_politely(tmp_path: Path, serve: Serve) -> None:
    host = Watchful()
    serve(host)
    check(host, run(tmp_path, host, 5000), 5000)
