"""How far a collection is, and its manifest, at any moment: while it runs, stopped, in turn."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, write_taxonomy
from pixonomy.collecting.status import collect_status, status_lines
from pixonomy.dataset.manifest import read_manifest
from pixonomy.errors import SettingError
from pixonomy.verbs.collect import CollectChoices, collect, collect_outcome


def image_of(number: int) -> bytes:
    noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


class Slow(Script):
    """A host that gives pictures slowly; those above 40 never come."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((time.monotonic(), request.path_qs))
        if not request.path.endswith(".jpg"):
            raise web.HTTPNotFound
        number = int(request.path.strip("/").removesuffix(".jpg"))
        if number >= 40:
            while request.transport is not None:  # until nobody waits any more
                await asyncio.sleep(0.05)
        return web.Response(body=image_of(number))


@pytest.fixture
def taxonomy(tmp_path: Path, serve: Serve) -> Path:
    address = serve(Slow())
    rows = [f"{address}/{number}.jpg,beach,{'CC0' if number % 2 else ''}" for number in range(60)]
    (tmp_path / "list.csv").write_text("url,keyword,license\n" + "\n".join(rows))
    settings = (
        f'\n[provider.table]\npath = "{tmp_path / "list.csv"}"\nat_once = 2\nper_second = 40\n'
        'private_hosts = ["127.0.0.1"]\n'
    )
    return write_taxonomy(tmp_path, {"travel": ["beach", "nowhere"]}, settings)


def choose(per_keyword: int, **more: object) -> CollectChoices:
    return CollectChoices(("table",), per_keyword, retry_policy=QUICK, **more)  # type: ignore[arg-type]


def test_before_anything_is_collected_there_is_nothing_to_tell(
    tmp_path: Path, taxonomy: Path
) -> None:
    for look in (collect_status, collect_outcome):
        with pytest.raises(SettingError, match="Nothing has been collected"):
            look(taxonomy, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_is_looked_at_while_it_goes_on_and_leaves_a_manifest_when_stopped(
    tmp_path: Path, taxonomy: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pixonomy", "collect", str(taxonomy), "-o", str(out)]
    command += ["--provider", "table", "--per-keyword", "60", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.2)
            if (out / "list.sqlite").exists():
                status = collect_status(taxonomy, out)
                if status["pictures"] >= 40:
                    break
        assert (status["wanted"], status["manifest"]) == (120, None)
        assert status["waiting"] == 20
        assert [one["kept"] for one in status["keywords"]] == [40, 0]
        assert "Not full yet: nowhere (0), beach (40)." in status_lines(status)
        now = collect_outcome(taxonomy, out)
        assert (now["pictures"], now["waiting"]) == (40, 20)
        assert now["shortfall"] == {"beach": 20, "nowhere": 60}
        assert read_manifest(Path(now["manifest"])).rows.height == 40
        Path(now["manifest"]).unlink()
        os.kill(process.pid, signal.SIGINT)
        told, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert json.loads(told)["error"]["kind"] == "Interrupted"
    assert errors.startswith("Stopping with 40 pictures kept and 20 addresses waiting")
    assert len(errors.splitlines()) == 1
    assert read_manifest(out / "manifest.parquet").rows.height == 40


def test_a_policy_takes_only_what_it_names_and_can_be_widened(
    tmp_path: Path, taxonomy: Path
) -> None:
    first = collect(taxonomy, tmp_path / "out", choose(20, licenses=frozenset({"CC0-1.0"})))
    assert (first["pictures"], first["licenses"]) == (20, {"CC0-1.0": 20})
    assert list(first["refused_by_reason"]) == [
        "its licence is not named, so that no policy passes it"
    ]
    wider = collect(taxonomy, tmp_path / "out", choose(40))
    assert wider["pictures"] == 40
    assert wider["licenses"] == {"CC0-1.0": 20, "none named": 20}
    narrow = collect_outcome(
        taxonomy, tmp_path / "out", choose(40, licenses=frozenset({"CC0-1.0"}))
    )
    assert (narrow["pictures"], narrow["kept"]) == (20, 40)
    assert narrow["usable_shortfall"]["beach"] == 20
    rows = pl.read_parquet(narrow["manifest"])
    assert rows.filter(license_id="CC0-1.0")["problem"].null_count() == 20
    credits = (tmp_path / "out" / "ATTRIBUTION.html").read_text()
    assert credits.count("<li>") == 20


def test_nothing_is_asked_for_again_where_no_host_of_that_name_is_known(
    tmp_path: Path, taxonomy: Path
) -> None:
    with pytest.raises(SettingError, match="nothing from a host of that name"):
        collect(taxonomy, tmp_path / "out", choose(1, retry=("typo.example",)))
