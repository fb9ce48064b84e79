"""Hashes of an earlier kind are made anew from the tar files, so that copies are found."""

import io
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, write_taxonomy
from pixonomy.dataset.manifest import read_manifest
from pixonomy.images.image_hash import LUMA_HASH
from pixonomy.verbs.collect import CollectChoices, collect


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
