"""A collection that is killed a hundred times: nothing lost, nothing doubled, nothing torn."""

import io
import random
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from PIL import Image

from photo_site import Script, Serve, write_taxonomy
from pixonomy.dataset.location import locate
from pixonomy.dataset.manifest import read_manifest
from pixonomy.dataset.read import read_all
from pixonomy.gallery.site_apis import COMMONS

PAGE = 50


def draw(number: int) -> bytes:
    """Draw a small picture like no other; every tenth is the same file as the one before."""
    number -= number % 10 == 9
    noise = np.random.default_rng(number).integers(0, 256, (5, 6, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((96, 80), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


class Gallery(Script):
    """A Commons of so many pictures, that remembers what it was asked for."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.images = [draw(number) for number in range(images)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((time.monotonic(), request.path))
        if request.path == COMMONS:
            return self.search(request)
        if request.path.startswith("/images/"):
            number = int(request.path.removeprefix("/images/").removesuffix(".jpg"))
            return web.Response(body=self.images[number])
        raise web.HTTPNotFound

    def search(self, request: web.Request) -> web.Response:
        start = int(request.query.get("gsroffset", 0))
        end = min(start + PAGE, len(self.images))
        pages = [
            {"pageid": number, "index": number, "title": f"File:{number}", "imageinfo": [
                {"url": f"{self.address}/images/{number}.jpg",
                 "extmetadata": {"LicenseShortName": {"value": "CC0"}}}]}
            for number in range(start, end)
        ]  # fmt: skip
        content: dict[str, object] = {"query": {"pages": pages}}
        if end < len(self.images):
            content["continue"] = {"gsroffset": end, "continue": "-||"}
        return web.json_response(content)


def collect_killed(
    folder: Path, gallery: Gallery, kills: int, per_second: int, longest: float
) -> set[str]:
    """Collect with so many kills on the way; return what was asked for although it was kept."""
    settings = (
        f'\n[provider.commons]\nbase_url = "{gallery.address}{COMMONS}"\n'
        f'per_second = {per_second}\nprivate_hosts = ["127.0.0.1"]\n'
    )
    count = len(gallery.images)
    taxonomy = write_taxonomy(folder, {"travel": ["beach"]}, settings)
    command = [
        sys.executable,
        "-m",
        "pixonomy",
        "collect",
        str(taxonomy),
        "-o",
        str(folder / "out"),
    ]
    command += ["--per-keyword", str(count)]
    chance, kept, again = random.Random(0), set[str](), set[str]()
    for turn in range(kills + 1):
        before = len(gallery.asked)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if turn == kills:
            _, errors = process.communicate()
            assert process.returncode == 0, errors
        else:
            while process.poll() is None and len(gallery.asked) == before and turn:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, longest))
            process.kill()
            process.wait()
        again |= {path for _, path in gallery.asked[before:] if path in kept}
        kept = kept_addresses(folder / "out" / "ledger.sqlite")
    return again


def kept_addresses(state_db: Path) -> set[str]:
    if not state_db.exists():
        return set()
    database = sqlite3.connect(state_db)
    try:
        rows = database.execute("SELECT url FROM images WHERE state = 'kept'").fetchall()
    except sqlite3.OperationalError:  # killed before it had begun
        rows = []
    database.close()
    return {"/" + url.split("/", 3)[3] for (url,) in rows}


def check(folder: Path, gallery: Gallery) -> None:
    """See that each different picture is there once, whole, in manifest and tar files alike."""
    wanted = Counter(set(gallery.images))
    manifest = read_manifest(folder / "out" / "manifest.parquet")
    by_manifest = Counter(data for _, data in read_all(locate(manifest.rows, manifest.base)))
    by_tar: Counter[bytes] = Counter()
    names: list[str] = []
    for shard in sorted((folder / "out" / "shards").glob("*.tar")):
        with tarfile.open(shard) as file:
            for member in file:
                names.append(member.name)
                content = file.extractfile(member)
                assert content is not None
                data = content.read()
                if member.name.endswith(".jpg"):
                    by_tar[data] += 1
    assert by_manifest == by_tar == wanted
    assert len(names) == len(set(names)) == 2 * len(wanted)


def test_a_few_kills_lose_and_repeat_nothing(tmp_path: Path, serve: Serve) -> None:
    gallery = Gallery(120)
    serve(gallery)
    assert collect_killed(tmp_path, gallery, 4, per_second=80, longest=0.5) == set()
    check(tmp_path, gallery)


@pytest.mark.parametrize(
    ("images", "kills"),
    [
        pytest.param(500, 15, marks=pytest.mark.slow),
        pytest.param(3000, 100, marks=pytest.mark.soak),
    ],
)
def test_many_kills_lose_and_repeat_nothing(
    tmp_path: Path, serve: Serve, images: int, kills: int
) -> None:
    gallery = Gallery(images)
    serve(gallery)
    assert collect_killed(tmp_path, gallery, kills, per_second=60, longest=1.0) == set()
    check(tmp_path, gallery)
