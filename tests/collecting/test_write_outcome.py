"""What a collection writes and returns where hosts cannot be reached."""

import io
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, write_taxonomy
from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import DataError
from pixonomy.images.image_hash import LUMA_HASH
from pixonomy.verbs.collect import CollectChoices, collect

FREE_PORT = 9  # nobody listens there
CHOICES = CollectChoices(("table",), 1000, retry_policy=QUICK)

Call = Callable[..., tuple[int, Any, str]]


def image(_request: web.Request) -> web.Response:
    file = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "JPEG")
    return web.Response(body=file.getvalue(), content_type="image/jpeg")


def write_list(folder: Path, urls: list[str]) -> Path:
    """Write a list of addresses, and the taxonomy that has them collected."""
    (folder / "list.csv").write_text("\n".join(["url,keyword", *(f"{one},beach" for one in urls)]))
    hosts = [f"127.0.0.{number}" for number in range(1, 255)]
    settings = f'[provider.table]\npath = "{folder / "list.csv"}"\nprivate_hosts = {hosts}\n'
    return write_taxonomy(folder, {"travel": ["beach"]}, settings)


def test_of_many_hosts_that_were_left_those_are_named_at_which_most_images_wait(
    tmp_path: Path, serve: Serve
) -> None:
    urls = [f"{serve(Script({'/1.jpg': [image]}))}/1.jpg"]
    for number in range(2, 108):  # 106 hosts; each of the last six would be asked for three images
        wanted = 3 if number > 101 else 1
        urls += [f"http://127.0.0.{number}:{FREE_PORT}/{one}.jpg" for one in range(wanted)]
    result = collect(write_list(tmp_path, urls), tmp_path / "out", CHOICES)
    assert (result["pictures"], result["waiting"]) == (1, 118)
    assert (result["left_hosts"], len(result["left"])) == (106, 100)
    assert {f"127.0.0.{number}:{FREE_PORT}" for number in range(102, 108)} <= set(result["left"])


def test_where_no_host_can_be_reached_that_is_an_error_and_the_manifest_is_written(
    tmp_path: Path,
) -> None:
    urls = [f"http://127.0.0.{number}:{FREE_PORT}/1.jpg" for number in (2, 3)]
    with pytest.raises(DataError, match=r"No host could be reached \(2 asked\)"):
        collect(write_list(tmp_path, urls), tmp_path / "out", CHOICES)
    assert pl.read_parquet(tmp_path / "out" / "manifest.parquet").height == 0


def test_where_only_dead_hosts_are_left_of_a_collection_that_is_no_error(
    tmp_path: Path, serve: Serve
) -> None:
    urls = [f"http://127.0.0.{number}:{FREE_PORT}/1.jpg" for number in (2, 3)]
    live = write_list(tmp_path, [f"{serve(Script({'/1.jpg': [image]}))}/1.jpg", *urls])
    for _ in range(2):
        again = collect(live, tmp_path / "out", CHOICES)
        assert (again["pictures"], again["left_hosts"]) == (1, 2)


def test_the_command_ends_with_1_where_no_host_can_be_reached(call: Call, tmp_path: Path) -> None:
    urls = [f"http://127.0.0.{number}:{FREE_PORT}/1.jpg" for number in (2, 3)]
    code, result, _ = call(
        "collect", write_list(tmp_path, urls), "-o", tmp_path / "out", "--provider", "table"
    )
    assert (code, result["error"]["kind"]) == (1, "DataError")
    assert "no network" in result["error"]["message"]
    assert "nothing was marked as failed" in result["error"]["message"]


def encode(quality: int, seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    file = io.BytesIO()
    image = Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def test_a_copy_is_found_beside_a_picture_that_an_earlier_version_hashed(
    tmp_path: Path, serve: Serve
) -> None:
    script = Script({"/0.jpg": [lambda _: web.Response(body=encode(90, 1))], "/1.jpg": [404]})
    serve(script)
    (tmp_path / "list.csv").write_text(
        f"url,keyword\n{script.address}/0.jpg,beach\n{script.address}/1.jpg,beach\n"
    )
    path = tmp_path / "list.csv"
    settings = f'\n[provider.table]\npath = "{path}"\nprivate_hosts = ["127.0.0.1"]\n'
    taxonomy = write_taxonomy(tmp_path, {"travel": ["beach"]}, settings)
    out = tmp_path / "out"
    choices = CollectChoices(("table",), 5, retry_policy=QUICK)
    assert collect(taxonomy, out, choices)["pictures"] == 1
    with sqlite3.connect(out / "ledger.sqlite") as database:
        database.execute("UPDATE pictures SET perceptual_hash = 'ffeeffeeffeeffee'")
    database.close()
    script.answers["/1.jpg"] = [lambda _: web.Response(body=encode(80, 1))]
    again = collect(taxonomy, out, replace(choices, retry=("refused",)))
    rows = read_manifest(Path(again["manifest"])).rows
    assert all(one.startswith(LUMA_HASH) for one in rows["perceptual_hash"])
    assert rows["duplicate_group"].n_unique() == 1
    assert (again["kept"], again["pictures"], again["duplicates"]) == (2, 1, 1)
